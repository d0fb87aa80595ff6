//! The HTML report in a real browser.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::chromium::{Shown, open};
use crate::support::{Project, small_project};

const HOSTILE: [&str; 8] = [
    "<script>document.title = 'hacked'</script>",
    "</script><script>document.title = 'hacked'</script>",
    "<!--<script>",
    "<img src=\"http://evil.invalid/x\" onerror=\"document.title = 'hacked'\">",
    "<style>@import url(http://evil.invalid/y)</style><link rel=stylesheet href=http://evil.invalid/z>",
    "\u{2028}\u{2029}\u{0}\u{202e}]]>&amp;&lt;b&gt;",
    "\"};document.title='hacked';//",
    "\\u003cscript>@script@ @data@ $& ${document.title='hacked'}",
];

/// A finished run whose report holds these rows, made of the real ones by `change`.
fn page(rows: usize, change: impl Fn(usize, &mut Value)) -> (Project, PathBuf) {
    page_of(small_project(), rows, change)
}

fn page_of(project: Project, rows: usize, change: impl Fn(usize, &mut Value)) -> (Project, PathBuf) {
    project.run(&["eval", "-q"]).ends(0);
    let mut report = project.report();
    let real = report["results"][0].clone();
    let rows = (0..rows).map(|index| {
        let mut row = real.clone();
        row["id"] = json!(format!("case-{index}"));
        row["index"] = json!(index);
        row["line"] = json!(index + 1);
        change(index, &mut row);
        row
    });
    report["results"] = rows.collect();
    project.write("llmops/eval_report.json", &report.to_string());
    let ran = project.run(&["report", "--format", "html"]);
    project.write("page.html", &ran.stdout);
    let path = project.path("page.html");
    (project, path)
}

#[test]
fn text_of_models_and_documents_stays_text() {
    // As repeats of one case, so that one page shows them all.
    let (_project, path) = page(HOSTILE.len(), |index, row| {
        let text = HOSTILE[index];
        row["id"] = json!("<b>same</b>\"'");
        row["repeat"] = json!(index);
        for field in ["question", "answer", "category"] {
            row[field] = json!(text);
        }
        row["passages"][0]["text"] = json!(text);
        row["passages"][0]["title"] = json!(text);
        row["outcomes"]["answer_relevancy"] = json!({"outcome": "scored", "value": 0.1, "reason": text});
    });
    let shown = open(&path, "#open=%3Cb%3Esame%3C%2Fb%3E%22%27");
    assert!(shown.title().contains("llmops report"), "{}", shown.title());
    assert_eq!(shown.dom.matches("<script").count(), 4, "of the page's own");
    assert!(!shown.dom.contains("<img") && !shown.dom.contains("<link"), "{}", shown.dom);
    // In the answer, the score's reason, and the passage's title and text.
    assert_eq!(shown.dom.matches("&lt;img src=").count(), 4, "{}", shown.dom);
    assert!(!shown.network.contains("evil.invalid"));
}

#[test]
fn the_page_asks_nobody_and_runs_no_other_script() {
    let (project, path) = page(1, |_, _| {});
    let text = project.read("page.html");
    for wanted in ["src=", "href=\"http", "@import", "url("] {
        assert!(!text.contains(wanted), "{wanted}");
    }
    // What would be if hostile text got into the page as markup after all.
    let attack = "<img src=\"http://evil.invalid/x\"><script>document.title = 'hacked'</script></body>";
    project.write("page.html", &text.replace("</body>", attack));
    let shown = open(&path, "");
    assert!(shown.title().contains("llmops report"), "{}", shown.title());
    assert!(!shown.network.contains("evil.invalid"));
    // The same without the policy, which shows that the browser's log would have told.
    let (head, tail) = text.split_once("<meta http-equiv").unwrap();
    let without = format!("{head}{}", tail.split_once('\n').unwrap().1).replace("</body>", attack);
    project.write("page.html", &without);
    let shown = open(&path, "");
    assert_eq!(shown.title(), "hacked");
    assert!(shown.network.contains("evil.invalid"));
}

#[test]
fn thousands_of_cases_are_filtered_sorted_and_paged_by_the_address() {
    let (_project, path) = page(5000, |index, row| {
        row["answer"] = json!(format!("answer {index}"));
        row["category"] = json!(if index % 2 == 0 { "even" } else { "odd" });
        let value = f64::from(u32::try_from(index % 10).unwrap()) / 10.0;
        row["outcomes"]["answer_relevancy"] = json!({"outcome": "scored", "value": value});
        if index == 17 {
            row["error"] = json!("the provider is down");
            row["answer"] = Value::Null;
        }
    });
    let first = |shown: &Shown, number: usize| -> Vec<String> {
        shown.cases().iter().take(number).map(|id| (*id).to_owned()).collect()
    };
    let shown = open(&path, "#q=ANSWER+4999");
    assert_eq!((shown.cases(), shown.inner("count")), (vec!["case-4999"], "1 of 5,000 cases"));
    let shown = open(&path, "#sort=m:answer_relevancy&dir=desc&page=1");
    assert_eq!((shown.cases().len(), shown.inner("count")), (100, "5,000 cases"));
    assert_eq!(first(&shown, 2), ["case-1009", "case-1019"]);
    let shown = open(&path, "#show=error");
    assert_eq!(shown.cases(), ["case-17"]);
    let shown = open(&path, "#category=odd&sort=line&dir=desc");
    assert_eq!(first(&shown, 2), ["case-4999", "case-4997"]);
    let shown = open(&path, "#open=case-1234");
    assert!(shown.cases().contains(&"case-1234") && shown.dom.contains("class=\"detail\""), "{:?}", shown.cases());
}

#[test]
fn repeats_that_disagree_are_listed_with_what_they_show() {
    let project = small_project();
    project.write("llmops.toml", "[gate]\nanswer_relevancy = 0.5\n");
    project.run(&["eval", "-q", "--repeats", "2"]).ends(0);
    let mut report = project.report();
    report["flaky"] = json!([{"id": "key", "line": 1, "metric": "answer_relevancy", "passed": 1, "of": 2}]);
    project.write("llmops/eval_report.json", &report.to_string());
    project.write("page.html", &project.run(&["report", "--format", "html"]).stdout);
    let shown = open(&project.path("page.html"), "");
    assert!(shown.dom.contains("pass@2 1.000, pass^2 1.000") && shown.dom.contains("1 of 2"), "{}", shown.dom);
}

#[test]
fn repeats_are_one_case_with_every_answer() {
    let (_project, path) = page(3, |index, row| {
        row["id"] = json!("same");
        row["repeat"] = json!(index);
        row["answer"] = json!(format!("answer number {index}"));
    });
    let shown = open(&path, "#open=same");
    assert_eq!(shown.cases(), ["same"]);
    assert!(shown.dom.contains("Answer 3 of 3") && shown.dom.contains("answer number 2"), "{}", shown.dom);
}

#[test]
fn a_cost_is_money_and_less_of_it_is_better() {
    let project = small_project();
    project.write("llmops.toml", "[gate]\nanswer_relevancy = 0.5\ncost = \"0.001 USD\"\n");
    let (_project, path) = page_of(project, 2, |index, row| {
        let cost = if index == 0 { 0.0005 } else { 0.002 };
        row["outcomes"]["cost"] = json!({"outcome": "scored", "value": cost});
    });
    let shown = open(&path, "#show=under");
    assert_eq!(shown.cases(), ["case-1"]);
    for text in ["≤ $0.0010", "$0.0020"] {
        assert!(shown.dom.contains(text), "{text} in {}", shown.dom);
    }
}
