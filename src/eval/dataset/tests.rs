use super::*;

/// The cases of a file with this text, which messages call `d`.
fn parse(text: &str, extension: &str) -> Result<Vec<Case>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("dataset.{extension}"));
    std::fs::write(&path, text).unwrap();
    let dataset = Dataset::read(&path, "d")?;
    let mut cases = Vec::new();
    dataset.each(&mut |case| {
        cases.push(case);
        ControlFlow::Continue(())
    })?;
    assert_eq!(dataset.cases, cases.len());
    Ok(cases)
}

fn problems(text: &str, extension: &str) -> Vec<String> {
    match parse(text, extension) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems.iter().map(ToString::to_string).collect(),
    }
}

const ROW: &str = r#"{"id": "a", "question": "Why?", "expected_docs": ["One"], "answerable": true, "owner": "x"}"#;

#[test]
fn every_format_gives_the_same_case() {
    let csv = "id,question,expected_docs,answerable,owner\na,Why?,One,true,x\n";
    let yaml = "- id: a\n  question: Why?\n  expected_docs: [One]\n  answerable: true\n  owner: x\n";
    let expected = parse(ROW, "jsonl").unwrap();
    assert_eq!(expected[0].metadata["owner"], "x");
    for (text, extension) in [(format!("[{ROW}]"), "json"), (csv.to_owned(), "csv"), (yaml.to_owned(), "yaml")] {
        let cases = parse(&text, extension).unwrap();
        assert_eq!(Case { line: 1, ..cases[0].clone() }, expected[0], "{extension}");
    }
}

#[test]
fn rows_know_their_lines() {
    let line = |text: &str, extension: &str| parse(text, extension).unwrap()[1].line;
    assert_eq!(line("{\"id\":1,\"question\":\"q\"}\n\n{\"id\":2,\"question\":\"q\"}", "jsonl"), 3);
    assert_eq!(line("[\n{\"id\":1,\"question\":\"q\"},\n{\"id\":2,\"question\":\"q\"}]", "json"), 3);
    assert_eq!(line("id,question\n1,\"two\nlines\"\n2,q", "csv"), 4);
    assert_eq!(line("- id: 1\n  question: q\n- id: 2\n  question: q\n", "yaml"), 3);
}

#[test]
fn all_bad_rows_come_at_once_with_their_lines() {
    let text = [
        r#"{"id": "a", "question": "Why?"}"#,
        r#"{"id": "a", "question": "Again?"}"#,
        r#"{"id": "b", "question": " "}"#,
        r#"{"question": "Who?"}"#,
        r#"{"id": "c", "question": "Q", "expected_doc": ["x"]}"#,
        r#"{"id": "d", "question": "Q", "expected_docs": [{}], "answerable": "perhaps"}"#,
        r#"{"id": "e", "#,
        r"[1]",
        r#"{"id": "f", "question": "Q", "expected_docs": ["x"], "expected_grades": {"y": 2}}"#,
    ];
    let expected = [
        "d:2: the id \"a\" is already used on line 1",
        "d:3: the question is empty",
        "d:4: the case has no id",
        "d:5: unknown field \"expected_doc\"",
        "d:6: expected_docs must be an array of strings",
        "d:6: answerable must be true or false",
        "d:7: not valid JSON: EOF while parsing a value",
        "d:8: a case must be an object",
        "d:9: expected_grades has \"y\", which is not in expected_docs",
    ];
    assert_eq!(problems(&text.join("\n"), "jsonl"), expected);
}

#[test]
fn a_field_that_is_almost_a_known_one_is_an_error_and_any_other_is_metadata() {
    let message = |field: &str| problems(&format!(r#"{{"id": "a", "question": "Q", "{field}": "x"}}"#), "jsonl");
    for field in ["expected_doc", "expectedDocs", "awnserable", "expected_keywords", "Question", "Reference"] {
        assert_eq!(message(field), [format!("d:1: unknown field \"{field}\"")]);
    }
    for field in ["answers", "answer", "article", "owner", "keywords", "questions_asked"] {
        assert_eq!(message(field), [] as [&str; 0], "{field}");
    }
}

#[test]
fn csv_lists_are_arrays_or_semicolons() {
    let text = "id,question,expected_docs\n1,q,A; B\n2,q,\"[\"\"A; B\"\"]\"\n";
    let cases = parse(text, "csv").unwrap();
    assert_eq!(cases[0].expected_docs, ["A", "B"]);
    assert_eq!(cases[1].expected_docs, ["A; B"]);
}

#[test]
fn a_dataset_without_cases_cannot_decide_anything() {
    for (text, extension) in
        [("", "jsonl"), ("\n\n", "jsonl"), ("[]", "json"), ("id,question\n", "csv"), ("[]", "yaml")]
    {
        let error = parse(text, extension).unwrap_err();
        assert_eq!(error.exit_status(), crate::error::ExitStatus::Undecided, "{extension}");
        assert_eq!(error.to_string(), "d: the dataset has no cases, so there is nothing to decide");
    }
}

#[test]
fn a_file_that_changes_during_a_run_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.jsonl");
    std::fs::write(&path, "{\"id\": 1, \"question\": \"q\"}\n").unwrap();
    let dataset = Dataset::read(&path, "d").unwrap();
    for changed in ["{\"id\": 2, \"question\": \"q\"}\n", "{\"id\": 1, \"question\": \"q\"}\n\n", "", "broken"] {
        std::fs::write(&path, changed).unwrap();
        let error = dataset.each(&mut |_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(error.to_string(), "d: the dataset was changed while the run was under way", "{changed}");
    }
}

#[test]
fn very_many_problems_are_counted_not_kept() {
    let rows: Vec<String> = (0..1000).map(|id| format!("{{\"id\": {id}}}")).collect();
    let problems = problems(&rows.join("\n"), "jsonl");
    assert_eq!(problems.len(), MAX_PROBLEMS + 1);
    assert_eq!(problems[MAX_PROBLEMS], "d: and 800 more problems");
}

#[test]
fn a_byte_order_mark_and_foreign_bytes_are_told_apart() {
    for (text, extension) in [(ROW.to_owned(), "jsonl"), ("id,question\na,q\n".to_owned(), "csv")] {
        assert_eq!(parse(&format!("\u{feff}{text}"), extension).unwrap()[0].id, "a");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.jsonl");
    std::fs::write(&path, b"{\"id\": \"a\", \"question\": \"\xff\"}\n").unwrap();
    assert_eq!(Dataset::read(&path, "d").err().unwrap().to_string(), "d:1: the dataset is not UTF-8");
}
