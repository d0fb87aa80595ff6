use std::fmt::Write as _;
use std::path::PathBuf;

use super::*;
use crate::rag::fake_embedder::FakeEmbedder;
use crate::rag::{Retriever, every_document, ingest};

/// A project in a folder of its own.
struct Project {
    folder: tempfile::TempDir,
    embedder: Option<Arc<FakeEmbedder>>,
    extra: &'static str,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), embedder: None, extra: "" };
        std::fs::create_dir(project.documents()).unwrap();
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    fn with_embedder(files: &[(&str, &str)]) -> Self {
        Self { embedder: Some(Arc::new(FakeEmbedder::new("words", 64))), ..Self::new(files) }
    }

    fn documents(&self) -> PathBuf {
        self.folder.path().join("documents")
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join(".llmops/store.db")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.documents().join(name), text).unwrap();
    }

    fn config(&self) -> Config {
        let text = format!("[retrieval]\n{}\n[gate]\noverall = 0.5", self.extra);
        Config::of_text(self.folder.path().to_owned(), &text, &[]).unwrap()
    }

    fn retriever(&self) -> Retriever {
        let embedder = self.embedder.clone().map(|embedder| embedder as Arc<dyn Embedder>);
        Retriever::with_embedder(&self.config(), embedder).unwrap()
    }

    async fn ingest(&self) -> IngestSummary {
        ingest(&self.config(), &self.retriever(), every_document(), &mut |_| {}).await.unwrap()
    }

    /// The ids that a search finds, best first.
    async fn search(&self, question: &str) -> Vec<String> {
        let passages = self.retriever().search(question, 5).await.unwrap();
        passages.into_iter().map(|passage| passage.document).collect()
    }
}

/// Added, changed, unchanged, removed.
fn counts(summary: &IngestSummary) -> [usize; 4] {
    [summary.added, summary.changed, summary.unchanged, summary.removed]
}

#[tokio::test]
async fn only_what_changed_is_written() {
    let project = Project::new(&[("a.md", "apples"), ("b.md", "bananas"), ("c.md", "cherries")]);
    assert_eq!(counts(&project.ingest().await), [3, 0, 0, 0]);
    let digest = project.retriever().digest().await.unwrap();
    assert_eq!(counts(&project.ingest().await), [0, 0, 3, 0]);
    assert_eq!(project.retriever().digest().await.unwrap(), digest);

    project.write("b.md", "blueberries");
    project.write("d.md", "dates");
    std::fs::remove_file(project.documents().join("c.md")).unwrap();
    let summary = project.ingest().await;
    assert_eq!((counts(&summary), summary.documents, summary.chunks), ([1, 1, 1, 1], 3, 3));
    assert_ne!(project.retriever().digest().await.unwrap(), digest);
    for (question, found) in
        [("apples", vec!["a.md"]), ("bananas", vec![]), ("blueberry", vec!["b.md"]), ("cherries", vec![])]
    {
        assert_eq!(project.search(question).await, found, "{question}");
    }
}

#[tokio::test]
async fn every_language_is_found() {
    let project = Project::new(&[
        ("ja.md", "東京都の人口は約千四百万人です。"),
        ("th.md", "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย"),
        ("hi.md", "दिल्ली भारत की राजधानी है"),
        ("de.md", "Die Straße über die Brücke"),
        ("ar.md", "القاهرة عاصمة مصر"),
        ("en.md", "The gates were opening"),
    ]);
    project.ingest().await;
    for (question, found) in [
        ("東京の人口は?", "ja.md"),
        ("เมืองหลวง", "th.md"),
        ("राजधानी", "hi.md"),
        ("STRASSE", "de.md"),
        ("brucke", "de.md"),
        ("عاصمة", "ar.md"),
        ("which gate opened", "en.md"),
    ] {
        assert_eq!(project.search(question).await.first().map(String::as_str), Some(found), "{question}");
    }
}

#[tokio::test]
async fn equal_scores_are_in_the_order_of_the_ids_however_they_came() {
    let project = Project::new(&[("b.md", "# Same\n\nsame words")]);
    project.ingest().await;
    project.write("c.md", "# Same\n\nsame words");
    project.ingest().await;
    project.write("a.md", "# Same\n\nsame words");
    project.ingest().await;
    assert_eq!(project.search("same words").await, ["a.md", "b.md", "c.md"]);
    let two = project.retriever().search("same words", 2).await.unwrap();
    assert_eq!(two.iter().map(|passage| passage.document.as_str()).collect::<Vec<_>>(), ["a.md", "b.md"]);
}

#[tokio::test]
async fn no_question_breaks_the_query() {
    let project = Project::new(&[("a.md", "text about NEAR and OR")]);
    project.ingest().await;
    let long = "word ".repeat(20_000)
        + &(0..5_000).fold(String::new(), |mut text, number| {
            let _ = write!(text, "w{number} ");
            text
        });
    for question in ["\"", "NEAR(a b)", "a* OR *", "-", "body:text", "'); drop table chunks; --", "\u{0}", "?", &long] {
        project.retriever().search(question, 5).await.unwrap_or_else(|error| panic!("{question:.40}: {error}"));
    }
    assert_eq!(project.search("near").await, ["a.md"]);
}

#[tokio::test]
async fn a_passage_says_where_it_is_from() {
    let text = format!("# Guide\n\n{}\n\n## Tickets\n\n{}", "intro ".repeat(240), "tickets cost much ".repeat(20));
    let project = Project::new(&[("guide.md", &text)]);
    project.ingest().await;
    let passages = project.retriever().search("what do tickets cost", 1).await.unwrap();
    let passage = &passages[0];
    assert_eq!(
        (passage.document.as_str(), passage.title.as_str(), passage.heading.as_str()),
        ("guide.md", "Guide", "Tickets")
    );
    assert!(passage.score > 0.0);
    assert!(passage.text.starts_with("## Tickets\n\ntickets cost"));
}

#[tokio::test]
async fn names_are_known_by_id_and_by_title() {
    let project = Project::new(&[("a.md", "# Apples\n\ntext")]);
    project.ingest().await;
    let names = ["a.md", "Apples", "Pears"].map(str::to_owned).into();
    assert_eq!(project.retriever().missing(&names).await.unwrap(), ["Pears".to_owned()].into());
}

#[tokio::test]
async fn an_empty_store_is_an_error_and_not_an_empty_answer() {
    let project = Project::new(&[]);
    let error = project.retriever().search("anything", 3).await.unwrap_err();
    assert_eq!(error.to_string(), "the store is empty");
    assert_eq!(error.problems[0].hint.as_deref(), Some("run `llmops ingest`"));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_a_configuration_error() {
    let mut project = Project::new(&[]);
    project.extra = "documents = \"nowhere\"";
    let error = ingest(&project.config(), &project.retriever(), every_document(), &mut |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "llmops.toml:2: nowhere does not exist");
}

#[tokio::test]
async fn unchanged_text_is_never_embedded_again() {
    let long = |word: &str| format!("{} {}", word.repeat(3), "filler words here. ".repeat(90));
    let mut project = Project::with_embedder(&[("a.md", &long("apples ")), ("b.md", "bananas")]);
    let embedder = project.embedder.clone().unwrap();
    let mut events = Vec::new();
    ingest(&project.config(), &project.retriever(), every_document(), &mut |event| events.push(event)).await.unwrap();
    assert_eq!(embedder.take_count(), 3);
    let expected = [
        IngestEvent::Reading { done: 0, total: 2 },
        IngestEvent::Reading { done: 1, total: 2 },
        IngestEvent::Embedding { done: 3, total: 3 },
        IngestEvent::Stored { done: 2, total: 2 },
    ];
    assert_eq!(events, expected);

    assert_eq!(project.ingest().await.embedded, 0);
    // A file under another name; other chunk settings and back.
    std::fs::rename(project.documents().join("b.md"), project.documents().join("B.md")).unwrap();
    project.write("B.md", "---\ntitle: b\n---\nbananas");
    project.ingest().await;
    assert_eq!(embedder.take_count(), 0);
    project.extra = "chunk_words = 90";
    project.ingest().await;
    assert!(embedder.take_count() > 0);
    project.extra = "";
    project.ingest().await;
    assert_eq!(embedder.take_count(), 0);
    // Another embedder is another space.
    project.embedder = Some(Arc::new(FakeEmbedder::new("other", 32)));
    assert_eq!(project.ingest().await.embedded, 3);
    assert_eq!(project.search("bananas").await[0], "B.md");
}

#[tokio::test]
async fn a_hybrid_search_fuses_both_legs_and_notices_new_documents() {
    let project = Project::with_embedder(&[("a.md", "apples and pears"), ("b.md", "bananas and pears")]);
    let retriever = project.retriever();
    ingest(&project.config(), &retriever, every_document(), &mut |_| {}).await.unwrap();
    let passages = retriever.search("bananas", 5).await.unwrap();
    assert_eq!(passages[0].document, "b.md");
    assert!((passages[0].score - 2.0 / 61.0).abs() < 1e-12, "{passages:?}");
    // Another process writes; this one has its vectors in memory.
    project.write("c.md", "cherries");
    project.ingest().await;
    assert_eq!(retriever.search("cherries", 5).await.unwrap()[0].document, "c.md");
}

#[tokio::test]
async fn a_damaged_file_or_one_of_another_version_is_made_anew() {
    let project = Project::new(&[("a.md", "apples")]);
    project.ingest().await;
    let good = std::fs::read(project.store()).unwrap();
    let mut broken = good.clone();
    broken[4096 * 2..].fill(0xA5);
    for damage in [b"not a database, but quite long".repeat(100), Vec::new(), good[..good.len() / 2].to_vec(), broken] {
        std::fs::write(project.store(), &damage).unwrap();
        project.ingest().await;
        assert_eq!(project.search("apples").await, ["a.md"], "{} bytes", damage.len());
    }
    Connection::open(project.store()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(counts(&project.ingest().await), [1, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_at_once_neither_fail_nor_spoil_anything() {
    let project = Arc::new(Project::with_embedder(&[]));
    for number in 0..40 {
        project.write(&format!("{number}.md"), &format!("document number{number} about apples"));
    }
    let runs = (0..4).map(|_| {
        let project = Arc::clone(&project);
        tokio::spawn(async move { project.ingest().await })
    });
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(run.await.unwrap().documents, 40);
    }
    let retriever = Arc::new(project.retriever());
    let searches = (0..40).map(|number| {
        let retriever = Arc::clone(&retriever);
        tokio::spawn(async move { (number, retriever.search(&format!("number{number}"), 1).await.unwrap()) })
    });
    for search in searches.collect::<Vec<_>>() {
        let (number, passages) = search.await.unwrap();
        assert_eq!(passages[0].document, format!("{number}.md"));
    }
    assert_eq!(project.ingest().await.chunks, 40);
}

#[tokio::test]
async fn an_unreadable_document_leaves_the_store_as_it_was() {
    let project = Project::new(&[("a.md", "apples")]);
    project.ingest().await;
    std::fs::write(project.documents().join("b.md"), b"\xFF\xFF\xFF").unwrap();
    ingest(&project.config(), &project.retriever(), every_document(), &mut |_| {}).await.unwrap_err();
    assert_eq!(project.search("apples").await, ["a.md"]);
}
