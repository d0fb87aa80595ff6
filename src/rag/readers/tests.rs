use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn read_files(files: &[(&str, &[u8])]) -> Result<Reading> {
    read(folder(files).path(), "documents/", &|_, _| ())
}

fn problems(files: &[(&str, &[u8])]) -> Vec<String> {
    let error = read_files(files).err().expect("there are problems");
    error.problems.iter().map(ToString::to_string).collect()
}

fn document(id: &str, title: &str, body: &str, category: Option<&str>) -> Document {
    Document {
        id: id.into(),
        title: title.into(),
        body: body.into(),
        category: category.map(str::to_owned),
        ..Document::default()
    }
}

#[test]
fn every_format_becomes_documents_in_the_order_of_the_paths() {
    let reading = read_files(&[
        ("b.md", b"---\ntitle: Bee\ncategory: insects\n---\nbuzz"),
        ("a/deep.markdown", b"# The *deep* one\n\ntext"),
        ("a/plain.TXT", b"\xEF\xBB\xBFfirst\r\nsecond"),
        ("c.html", b"<title>See</title><p>sea</p>"),
        ("d.jsonl", b"{\"id\": 7, \"title\": \"Seven\", \"body\": \"b\"}\n\n{\"text\": \"t\", \"category\": \"x\", \"more\": []}\n"),
        ("e.csv", b"ID,Title,Content\n1,One,\"two\nlines\"\n,,\n2,,x\n"),
        ("image.png", b"\x89PNG"),
        (".hidden.md", b"hidden"),
        (".llmops/state.md", b"state"),
        ("empty.md", b" \n"),
    ])
    .unwrap();
    let expected = [
        document("a/deep.markdown", "The deep one", "# The *deep* one\n\ntext", None),
        document("a/plain.TXT", "plain", "first\nsecond", None),
        document("b.md", "Bee", "buzz", Some("insects")),
        document("c.html", "See", "sea", None),
        document("7", "Seven", "b", None),
        document("d.jsonl#3", "d.jsonl#3", "t", Some("x")),
        document("1", "One", "two\nlines", None),
        document("2", "2", "x", None),
    ];
    assert_eq!(reading.documents, expected);
    assert_eq!(reading.skipped_files, 1);
}

#[test]
fn one_file_can_be_the_documents() {
    let folder = folder(&[("faq.md", b"text")]);
    let reading = read(&folder.path().join("faq.md"), "docs/faq.md", &|_, _| ()).unwrap();
    assert_eq!(reading.documents, [document("faq.md", "faq", "text", None)]);
}

#[test]
fn all_problems_come_at_once_with_their_places() {
    let found = problems(&[
        ("a.jsonl", b"{\"id\":\"x\",\"body\":\"1\"}\nnot json\n{\"id\":\"y\"}\n{\"body\": 1}\n{\"body\": []}\n{\"id\":\"x\",\"body\":\"2\"}\n"),
        ("b.csv", b"id,body\n1,a,b\nx,again\n"),
        ("c.csv", b"id,words\n1,a\n"),
        ("d.txt", b"ok\nbad \xFF\n"),
        ("e.md", b"\xFF\xFEh\x00i\x00"),
        ("f.pdf", b"%PDF-1.4 broken"),
    ]);
    let expected = [
        "documents/a.jsonl:2: not a JSON object: expected ident at column 2",
        "documents/a.jsonl:3: there is no body, text, content",
        "documents/a.jsonl:5: \"body\" is not a string",
        "documents/a.jsonl:6: the id \"x\" is taken by documents/a.jsonl:1",
        "documents/b.csv:2: the row has 3 fields, the header has 2",
        "documents/b.csv:3: the id \"x\" is taken by documents/a.jsonl:1",
        "documents/c.csv:1: no column is named body, text, content; there are: id, words",
        "documents/d.txt:2: this is not UTF-8",
        "documents/e.md: this file is UTF-16, only UTF-8 can be read",
    ];
    assert_eq!(found[..expected.len()], expected);
    assert!(found[expected.len()].starts_with("documents/f.pdf: cannot read this PDF: "), "{found:?}");
    assert_eq!(found.len(), expected.len() + 1);
}

#[test]
fn a_folder_without_text_is_an_error() {
    for files in [&[][..], &[("a.md", b"  " as &[u8])], &[("a.png", b"x")]] {
        assert_eq!(problems(files), ["no document with text in documents/"]);
    }
}

#[test]
fn a_pdf_is_read_and_a_picture_of_text_is_named() {
    let text: &[u8] = include_bytes!("../../../tests/it/fixtures/text.pdf");
    let blank: &[u8] = include_bytes!("../../../tests/it/fixtures/blank.pdf");
    let reading = read_files(&[("manual.pdf", text)]).unwrap();
    let [manual] = &reading.documents[..] else { panic!("{:?}", reading.documents) };
    assert_eq!((manual.id.as_str(), manual.title.as_str()), ("manual.pdf", "manual"));
    let words: Vec<_> = manual.body.split_whitespace().collect();
    assert_eq!(words.join(" "), "The gate opens at eight. The second page is about tickets.");
    assert_eq!(problems(&[("scan.pdf", blank)]), ["documents/scan.pdf: this PDF holds no text"]);
}

#[test]
fn a_damaged_pdf_is_a_problem_and_nothing_worse() {
    let whole: &[u8] = include_bytes!("../../../tests/it/fixtures/text.pdf");
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        let mut bytes = whole.to_vec();
        for _ in 0..random.usize(1..40) {
            let index = random.usize(0..bytes.len());
            bytes[index] = random.u8(..);
        }
        bytes.truncate(random.usize(1..=bytes.len()));
        if let Err(error) = read_files(&[("a.pdf", &bytes)]) {
            assert!(error.to_string().starts_with("documents/a.pdf: "), "{error}");
        }
    }
}

#[test]
fn deeply_nested_html_does_not_overflow_the_stack() {
    let html = format!("{}text{}", "<div>".repeat(2_000), "</div>".repeat(2_000));
    assert_eq!(read_files(&[("a.html", html.as_bytes())]).unwrap().documents[0].body, "text");
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let folder = folder(&[("docs/a.md", b"a"), ("elsewhere/b.md", b"b")]);
    let docs = folder.path().join("docs");
    std::os::unix::fs::symlink("../elsewhere", docs.join("linked")).unwrap();
    std::os::unix::fs::symlink("..", docs.join("circle")).unwrap();
    let reading = read(&docs, "docs", &|_, _| ()).unwrap();
    let ids: Vec<_> = reading.documents.iter().map(|document| document.id.as_str()).collect();
    assert_eq!(ids, ["a.md", "linked/b.md"]);
}
