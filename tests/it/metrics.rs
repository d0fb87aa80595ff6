//! Metrics with options, under the project's own names and asserted of single cases.

use crate::support::{Project, small_project};

const ROW: &str = r#"{"id": "key", "question": "Where is the key?", "expected_docs": ["Keys"], "reference_answer": "The key is under the blue flowerpot.""#;

fn project(config: &str, assertions: &str) -> Project {
    let project = small_project();
    project.write("llmops.toml", config);
    project.write("evals/dataset.jsonl", &format!("{ROW}, \"assert\": [{assertions}]}}\n"));
    project
}

#[test]
fn retrieval_text_and_assertions_are_measured_together() {
    let config = "\
[metrics.names_the_pot]
type = \"regex\"
value = \"(?i)flower ?pot\"
[metrics.no_promises]
type = \"contains_any\"
value = [\"guarantee\", \"promise\"]
negate = true
[eval]
metrics = [\"recall@1\", \"ndcg@10\", \"mrr\", \"exact_match\", \"token_f1\", \"rouge_l\", \"bleu\", \"chrf\", \"levenshtein\"]
[gate]
names_the_pot = 1.0
no_promises = 1.0
\"precision@1\" = 1.0
";
    let assertions = r#"{"type": "contains", "value": "blue"}, {"type": "starts_with", "value": "The key"},
        {"type": "max_words", "value": 3, "negate": true}, {"type": "rouge_l", "min": 0.9}"#
        .replace('\n', " ");
    let project = project(config, &assertions);
    let ran = project.run(&["eval", "-q"]).ends(0);
    let metrics = &project.report()["metrics"];
    for name in ["recall@1", "ndcg@10", "mrr", "token_f1", "rouge_l", "precision@1", "names_the_pot", "assertions"] {
        assert_eq!(metrics[name], 1.0, "{name}\n{}", ran.stdout);
    }
}

#[test]
fn what_cannot_be_measured_is_said_before_any_call() {
    let cases = [
        ("[gate]\nrecall = 0.5\n", "llmops.toml:2: unknown metric \"recall\""),
        ("[gate]\n\"recall@0\" = 0.5\n", "llmops.toml:2: unknown metric \"recall@0\""),
        ("[gate]\nrouge_l = 1.5\n", "llmops.toml:2: gate.rouge_l is 1.5, but must be from 0 to 1"),
        ("[gate]\nrefusal = 0.5\n", "llmops.toml:2: refusal measures no case of the dataset"),
        ("[metrics.a]\ntype = \"regex\"\nvalue = \"(\"\n[gate]\na = 1\n", "llmops.toml:1: [metrics.a]: "),
        (
            "[metrics.a]\ntype = \"contains\"\n[gate]\na = 1\n",
            "llmops.toml:1: [metrics.a]: the option \"value\" is missing",
        ),
        ("[metrics.mrr]\ntype = \"refusal\"\n[gate]\nmrr = 1\n", "llmops.toml:1: there is a metric \"mrr\" already"),
    ];
    for (config, expected) in cases {
        let ran = project(config, "").run(&["eval", "-q"]).ends(3);
        let first = ran.stderr.lines().next().unwrap();
        assert!(first.starts_with(&format!("error: {expected}")), "{config}\n{}", ran.stderr);
    }
    let ran = project("[gate]\nmrr = 0.5\n", r#"{"type": "is_json", "schema": {"type": 3}}"#).run(&["eval"]).ends(3);
    assert!(ran.stderr.starts_with("error: evals/dataset.jsonl:1: assertion "), "{}", ran.stderr);
}
