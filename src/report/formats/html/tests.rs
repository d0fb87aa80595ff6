use super::*;
use crate::report::cases::tests::{report, rows, written};

/// The JSON of a data element.
fn data(page: &str, id: &str) -> serde_json::Value {
    let (_, rest) = page.split_once(&format!("id=\"{id}\">")).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn data_ends_no_element_and_comes_back_as_it_was() {
    let text = "</script><!-- <script> \u{2028} < <<";
    let case = serde_json::json!({"refusal": 0.5, "answer": text, "question": text}).to_string();
    let page = written(write, &report(&["refusal"]), &rows(&[&case]));
    assert_eq!(page.matches("<script").count(), 4);
    let row = &data(&page, "rows")[0];
    assert_eq!((&row["answer"], &row["question"]), (&text.into(), &text.into()));
    assert_eq!(data(&page, "report")["order"], serde_json::json!(["refusal"]));
}

#[test]
fn text_that_is_no_unicode_goes_through_as_it_stands() {
    let row = rows(&[r#"{"answer": "X"}"#])[0].replace("\"X\"", r#""\ud800 <b>""#);
    let page = written(write, &report(&["refusal"]), &[row]);
    assert!(page.contains(r#""answer":"\ud800 \u003cb>""#));
}

#[test]
fn a_passage_stands_in_the_page_once() {
    let passage =
        |text: &str, score: f64| serde_json::json!({"document": "d", "title": "D", "text": text, "score": score});
    let mut cases = rows(&[r#"{"refusal": 1}"#, r#"{"refusal": 1}"#]);
    for (row, passages) in
        cases.iter_mut().zip([vec![passage("one", 2.0), passage("two", 1.0)], vec![passage("two", 0.5)]])
    {
        let mut value: serde_json::Value = serde_json::from_str(row).unwrap();
        value["passages"] = passages.into();
        value["refusal"] = 1.0.into();
        *row = value.to_string();
    }
    let page = written(write, &report(&["refusal"]), &cases);
    let rows = data(&page, "rows");
    let numbers: Vec<&serde_json::Value> = rows.as_array().unwrap().iter().map(|row| &row["passages"]).collect();
    assert_eq!(numbers, [&serde_json::json!([[0, 2.0], [1, 1.0]]), &serde_json::json!([[1, 0.5]])]);
    assert_eq!((page.matches("\"two\"").count(), rows[0].get("refusal")), (1, None));
}

#[test]
fn a_page_of_very_many_cases_leaves_the_passages_out() {
    let mut report = report(&["refusal"]);
    report.cases.total = MOST_ROWS_WITH_PASSAGES + 1;
    let page = written(write, &report, &rows(&[r#"{"refusal": 1}"#]));
    assert_eq!(data(&page, "report")["without_passages"], true);
    assert_eq!(data(&page, "rows")[0]["passages"], serde_json::Value::Null);
}

#[test]
fn the_policy_names_the_digests_of_what_the_page_brings() {
    let page = written(write, &report(&["refusal"]), &[]);
    let between = |start: &str, end: &str| page.rsplit_once(start).unwrap().1.split_once(end).unwrap().0;
    for (content, kind) in
        [(between("<style>", "</style>"), "style-src"), (between("<script>", "</script>"), "script-src")]
    {
        let digest = STANDARD.encode(raw_sha256(content.as_bytes()));
        assert!(page.contains(&format!("{kind} 'sha256-{digest}'")), "{kind}");
    }
}
