use super::*;
use crate::report::cases::tests::{report, rows, written};
use crate::report::{Comparison, Flaky, Flip};

#[test]
fn the_verdict_comes_first_then_the_numbers_then_the_worst_cases() {
    let cases = [r#"{"refusal": 0.25, "context_recall": 1}"#, r#"{"refusal": 0.1}"#, r#"{"refusal": 1}"#];
    let text = written(write, &report(&["refusal"]), &rows(&cases));
    let expected = "\
<!-- llmops report -->
### llmops: Fail

<code>p</code> · <code>rag target</code> · <code>0 cases in 0 ms</code>

- <code>refusal is low the second reason</code>

| metric | value | bar | | cases |
| --- | ---: | ---: | --- | --- |
| <code>refusal</code> | 0.100 | < 0.500 | **missed** | n = 3 |

<details open><summary>2 cases under a bar or with an error; 1: the documents were retrieved, but the answer does not use them</summary>

| case | question | what is wrong |
| --- | --- | --- |
| <code>c1</code><br><code>evals/d&#46;jsonl&#58;2</code> | <code>Q1</code> | <code>refusal is 0.100, under its bar of 0.500&#58; because</code> |
| <code>c0</code><br><code>evals/d&#46;jsonl&#58;1</code> | <code>Q0</code> | <code>refusal is 0.250, under its bar of 0.500&#58; because</code><br>the documents were retrieved, but the answer does not use them |

</details>

<sub>llmops <code>0</code></sub>
";
    assert_eq!(text, expected);
}

#[test]
fn text_of_others_is_neither_markup_nor_a_mention_nor_a_link() {
    let cases = [
        ("a|b `c` **d**", "<code>a&#124;b &#96;c&#96; &#42;&#42;d&#42;&#42;</code>"),
        ("@team see #12 :smile:", "<code>&#64;team see &#35;12 &#58;smile&#58;</code>"),
        ("</code><script>", "<code>&#60;/code&#62;&#60;script&#62;</code>"),
        ("http://x.de www.x.de", "<code>http&#58;//x&#46;de www&#46;x&#46;de</code>"),
        ("one\r\ntwo\u{202e}\u{1b}", "<code>one  two</code>"),
        (
            "&amp; \\ ~~x~~ [a](b) 0.5",
            "<code>&#38;amp; &#92; &#126;&#126;x&#126;&#126; &#91;a&#93;&#40;b&#41; 0.5</code>",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(code(text), expected, "{text}");
    }
}

#[test]
fn it_fits_into_a_comment_whatever_is_in_it() {
    let mut report = report(&["refusal", "overall"]);
    report.project = "@".repeat(100_000);
    report.verdict.reasons = vec!["|".repeat(100_000); 100];
    let id = "|".repeat(100_000);
    report.flaky = vec![Flaky { id: id.clone(), line: 1, metric: id, passed: 1, of: 2 }; 50];
    let case = format!(r#"{{"refusal": 0, "overall": 0, "question": "{}"}}"#, "`😀".repeat(1_000));
    let cases: Vec<&str> = vec![case.as_str(); 60];
    let text = written(write, &report, &rows(&cases));
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("more in the report") && text.ends_with("</sub>\n"), "{text}");
}

#[test]
fn what_changed_since_the_baseline_is_a_column_and_a_list() {
    let mut report = report(&["refusal"]);
    let difference = Difference {
        change: -0.25,
        low: Some(-0.4),
        high: Some(-0.1),
        wins: 1,
        losses: 4,
        drop: Some(DropFinding::Shown),
        ..Difference::default()
    };
    let flip =
        Flip { id: "c|0".into(), line: 1, question: "Q @x".into(), metric: "refusal".into(), before: 1.0, after: None };
    report.comparison = Some(Comparison {
        metrics: [("refusal".to_owned(), difference)].into(),
        flips: vec![flip],
        fell: 30,
        ..Comparison::default()
    });
    let text = written(write, &report, &rows(&[]));
    for expected in [
        "| **missed** | -0.250 [-0.400, -0.100], 1 better, 4 worse **dropped** | n = 3 |",
        "<summary>30 cases fell under a bar since the baseline, 0 rose over one</summary>",
        "| <code>c&#124;0</code> | <code>refusal</code> | 1.000 | not measured | <code>Q &#64;x</code> |",
        "29 more in the report.",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn cases_whose_repeats_disagree_are_a_list() {
    let mut report = report(&["refusal"]);
    report.flaky = vec![Flaky { id: "c|0".into(), line: 1, metric: "refusal".into(), passed: 2, of: 3 }; 26];
    let text = written(write, &report, &rows(&[]));
    for expected in ["| <code>c&#124;0</code> | <code>refusal</code> | 2 of 3 |", "1 more in the report."] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}
