//! Against a real server; see `tests/servers/pgvector.sh`.

use std::path::PathBuf;

use super::*;
use crate::error::ErrorKind;
use crate::rag::fake_embedder::FakeEmbedder;
use crate::rag::{Retriever, every_document, ingest};
use crate::test_support::postgres::{database, execute};

/// The table of many a tutorial.
const TUTORIAL: &str = "create extension vector;
    create table documents (
        id serial primary key, title text, body text, category text,
        created_at timestamptz default now(), embedding vector(768));
    insert into documents (title, body) values ('Apples', 'apples are red'), ('Plums', 'plums are blue'), ('', null)";

struct Project {
    folder: tempfile::TempDir,
    url: String,
    extra: String,
    embedder: Arc<FakeEmbedder>,
}

impl Project {
    /// On a database of its own, in which `sql` has run.
    fn new(dimensions: usize, sql: &str) -> Self {
        let url = database();
        execute(&url, sql);
        let embedder = Arc::new(FakeEmbedder::new("words", dimensions));
        Self { folder: tempfile::tempdir().unwrap(), url, extra: String::new(), embedder }
    }

    fn documents(&self) -> PathBuf {
        self.folder.path().join("documents")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.documents()).unwrap();
        std::fs::write(self.documents().join(name), text).unwrap();
    }

    fn config(&self) -> Config {
        let text = format!(
            "[retrieval]\nstore = \"pgvector\"\nembedder = \"fake/words\"\n{}\n[gate]\noverall = 0.5",
            self.extra
        );
        Config::of_text(self.folder.path().to_owned(), &text, &[("DATABASE_URL", &self.url)]).unwrap()
    }

    fn retriever(&self) -> Retriever {
        Retriever::with_embedder(&self.config(), Some(self.embedder.clone())).unwrap()
    }

    async fn try_ingest(&self) -> Result<IngestSummary> {
        ingest(&self.config(), &self.retriever(), every_document(), &mut |_| {}).await
    }

    async fn ingest(&self) -> IngestSummary {
        self.try_ingest().await.unwrap()
    }

    /// The ids that a search finds, best first.
    async fn search(&self, question: &str) -> Vec<String> {
        let passages = self.retriever().search(question, 3).await.unwrap();
        passages.into_iter().map(|passage| passage.document).collect()
    }

    fn sql(&self, sql: &str) -> Vec<String> {
        execute(&self.url, sql)
    }
}

/// Added, changed, unchanged, removed, embedded.
fn counts(summary: &IngestSummary) -> [usize; 5] {
    [summary.added, summary.changed, summary.unchanged, summary.removed, summary.embedded]
}

#[tokio::test]
async fn everything_is_made_once_and_kept_equal_to_the_documents() {
    let project = Project::new(64, "select 1");
    project.write("a.md", "# Apples\n\napples are red");
    project.write("b.md", "---\ntitle: Plums\ncategory: fruit\n---\nplums are blue");
    assert_eq!(counts(&project.ingest().await), [2, 0, 0, 0, 2]);
    let rows = "select id, title, category, embedding is not null from documents order by id";
    assert_eq!(project.sql(rows), ["a.md#0|Apples|null|t", "b.md#0|Plums|fruit|t"]);
    let indexes = "select indexdef from pg_indexes where tablename = 'documents' and indexdef like '%hnsw%'";
    let index = project.sql(indexes);
    assert!(
        index.len() == 1
            && index[0].ends_with("USING hnsw (embedding vector_cosine_ops) WITH (m='16', ef_construction='64')"),
        "{index:?}"
    );
    assert_eq!(project.search("which plums").await, ["b.md", "a.md"]);
    let digest = project.retriever().digest().await.unwrap();

    assert_eq!(counts(&project.ingest().await), [0, 0, 2, 0, 0]);
    assert_eq!(project.retriever().digest().await.unwrap(), digest);
    assert_eq!(project.sql(indexes).len(), 1);

    project.write("c.md", "cherries");
    project.write("b.md", "# Pears\n\npears are green");
    std::fs::remove_file(project.documents().join("a.md")).unwrap();
    assert_eq!(counts(&project.ingest().await), [1, 1, 0, 1, 2]);
    assert_eq!(project.sql("select id from documents order by id"), ["b.md#0", "c.md#0"]);
    assert_ne!(project.retriever().digest().await.unwrap(), digest);
    let names = ["c.md", "Pears", "c", "b.md#0", "Apples", "a.md"].map(str::to_owned).into();
    let missing = project.retriever().missing(&names).await.unwrap();
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), ["Apples", "a.md"]);
}

#[tokio::test]
async fn the_rows_of_a_tutorial_table_get_their_vectors_and_nothing_else_changes() {
    let project = Project::new(768, TUTORIAL);
    let before = project.sql("select id, title, body, category, created_at from documents order by id");
    assert_eq!(counts(&project.ingest().await), [0, 0, 0, 0, 2]);
    assert_eq!(project.sql("select id, title, body, category, created_at from documents order by id"), before);
    assert_eq!(project.search("plums").await, ["2", "1"]);
    assert_eq!(counts(&project.ingest().await), [0, 0, 0, 0, 0]);

    // Our rows live beside them; the database makes their ids.
    project.write("guide.md", &format!("# Guide\n\n{}\n\n## Pears\n\n{}", "words ".repeat(240), "pears ".repeat(30)));
    assert_eq!(counts(&project.ingest().await), [1, 0, 0, 0, 2]);
    let passages = project.retriever().search("pears", 1).await.unwrap();
    assert_eq!((passages[0].document.as_str(), passages[0].heading.as_str()), ("guide.md", "Pears"));
    assert!(passages[0].score > 0.8 && passages[0].score <= 1.0, "{passages:?}");
    std::fs::remove_file(project.documents().join("guide.md")).unwrap();
    project.write("other.md", "other");
    assert_eq!(counts(&project.ingest().await), [1, 0, 0, 1, 1]);
    assert_eq!(project.sql("select title from documents order by id"), ["Apples", "Plums", "", "other"]);

    // Another embedder of the same length: our vectors are made anew, those of others are not touched.
    project.sql("insert into documents (title, body, embedding) select 'Foreign', 'foreign', embedding from documents where id = 1");
    let other = Project { embedder: Arc::new(FakeEmbedder::new("others", 768)), ..project };
    assert_eq!(counts(&other.ingest().await), [0, 1, 0, 0, 3]);
}

#[tokio::test]
async fn rows_of_others_are_never_deleted_even_under_ids_that_were_ours() {
    let project = Project::new(768, TUTORIAL);
    project.write("a.md", "ours");
    project.ingest().await;
    project.sql("truncate documents restart identity");
    project.sql("insert into documents (title, body) select 'Theirs', 'theirs ' || n from generate_series(1, 9) n");
    assert_eq!(counts(&project.ingest().await), [0, 1, 0, 0, 10]);
    project.write("a.md", "ours again");
    project.ingest().await;
    assert_eq!(project.sql("select count(*) from documents where title = 'Theirs'"), ["9"]);
    assert_eq!(project.sql("select body from documents where title = 'a'"), ["ours again"]);
}

#[tokio::test]
async fn other_names_schemas_and_id_types_work() {
    let mut project = Project::new(
        64,
        "create extension vector; create schema \"kb \"\"1\"\"\"; create table \"kb \"\"1\"\"\".\"My Docs\" (
            key uuid primary key default gen_random_uuid(), name varchar(80) not null, \"select\" text,
            vec vector(64))",
    );
    project.extra = "[retrieval.pgvector]\ntable = 'kb \"1\".My Docs'\nid = 'key'\ntitle = 'name'\nbody = 'select'\n\
                     embedding = 'vec'"
        .to_owned();
    project.write("a.md", "apples");
    project.write("b.md", "plums");
    project.ingest().await;
    project.write("b.md", "plums and pears");
    assert_eq!(counts(&project.ingest().await), [0, 1, 1, 0, 1]);
    assert_eq!(project.search("pears").await, ["b.md", "a.md"]);
}

#[tokio::test]
async fn japanese_rows_are_found() {
    let project = Project::new(768, TUTORIAL);
    project.sql("insert into documents (title, body) values ('料金', '月額料金は千円です。'), ('解約', '解約はいつでもできます。')");
    project.ingest().await;
    let passages = project.retriever().search("解約できますか", 1).await.unwrap();
    assert_eq!((passages[0].title.as_str(), passages[0].text.as_str()), ("解約", "解約はいつでもできます。"));
}

#[tokio::test]
async fn long_vectors_get_an_index_of_half_precision() {
    let project = Project::new(3072, "select 1");
    project.write("a.md", "apples");
    project.write("b.md", "plums");
    project.ingest().await;
    let index = project.sql("select indexdef from pg_indexes where indexdef like '%halfvec(3072)%'");
    assert_eq!(index.len(), 1);
    assert_eq!(project.search("plums").await, ["b.md", "a.md"]);
    let plan = project.sql(
        "set enable_seqscan = off; set enable_sort = off; explain select id from documents where embedding is not null
         order by embedding::halfvec(3072) <=> (select embedding::halfvec(3072) from documents limit 1) limit 3",
    );
    assert!(plan.iter().any(|line| line.contains("documents_embedding_idx")), "{plan:#?}");
}

#[tokio::test]
async fn as_many_passages_come_back_as_were_asked_for() {
    let project = Project::new(64, "select 1");
    project.sql(
        "create extension vector; create table documents (id bigserial primary key, title text, body text, embedding vector(64));
         select setseed(0.5);
         insert into documents (title, body, embedding) select 't' || n, 'b' || n,
            (select array_agg(random()) from generate_series(1, 64) i where i + n > 0)::vector from generate_series(1, 2000) n;
         create index on documents using hnsw (embedding vector_cosine_ops)",
    );
    for top_k in [1, 100, 1500] {
        assert_eq!(project.retriever().search("anything", top_k).await.unwrap().len(), top_k);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_said_with_what_is_there() {
    let project = Project::new(384, TUTORIAL);
    let mismatch = "table documents has vector(768), the embedder fake/words@384 gives 384";
    let errors = [project.try_ingest().await.unwrap_err(), project.retriever().search("x", 1).await.unwrap_err()];
    for error in errors {
        assert_eq!((error.kind, error.to_string().as_str()), (ErrorKind::Config, mismatch));
    }
    let missing = "table documents has no column \"text\"; it has: id, title, body, category, created_at, embedding";
    let cases = [
        ("body = 'text'", missing),
        ("embedding = 'body'", "column \"body\" of table documents is text, not vector"),
        ("table = 'nowhere'", "table nowhere does not exist"),
    ];
    for (line, expected) in cases {
        let project = Project { extra: format!("[retrieval.pgvector]\n{line}"), ..Project::new(768, TUTORIAL) };
        let error = project.retriever().search("x", 1).await.unwrap_err();
        assert_eq!((error.kind, error.to_string().as_str()), (ErrorKind::Config, expected));
    }
}

#[tokio::test]
async fn a_missing_address_folder_or_database_is_a_clear_error() {
    let project = Project::new(64, "select 1");
    assert!(project.try_ingest().await.is_ok(), "without documents, an empty table is made");
    assert_eq!(project.search("anything").await, [] as [&str; 0]);
    let set = Project { extra: "documents = 'docs/'".into(), ..project };
    assert_eq!(set.try_ingest().await.unwrap_err().to_string(), "llmops.toml:4: docs/ does not exist");
    let absent = Project { url: format!("{}_not", set.url), extra: String::new(), ..set };
    let error = absent.try_ingest().await.unwrap_err();
    assert!(error.kind == ErrorKind::Unavailable && error.to_string().ends_with("does not exist"), "{error}");
    let text = "[retrieval]\nstore = \"pgvector\"\nembedder = \"fake/words\"\n[gate]\noverall = 0.5";
    let config = Config::of_text(absent.folder.path().to_owned(), text, &[]);
    let error = Retriever::with_embedder(&config.unwrap(), Some(absent.embedder.clone())).err().unwrap();
    assert_eq!(error.to_string(), "the store pgvector needs the address of a database");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_at_once_neither_fail_nor_double_anything() {
    let project = Arc::new(Project::new(64, "select 1"));
    for number in 0..30 {
        project.write(&format!("{number}.md"), &format!("document number{number}"));
    }
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let project = Arc::clone(&project);
            tokio::spawn(async move { project.ingest().await })
        })
        .collect();
    for run in runs {
        run.await.unwrap();
    }
    assert_eq!(project.sql("select count(*), count(distinct id) from documents"), ["30|30"]);
    let retriever = Arc::new(project.retriever());
    let searches: Vec<_> = (0..40)
        .map(|_| {
            let retriever = Arc::clone(&retriever);
            tokio::spawn(async move { retriever.search("number7", 3).await.unwrap().len() })
        })
        .collect();
    for search in searches {
        assert_eq!(search.await.unwrap(), 3);
    }
}
