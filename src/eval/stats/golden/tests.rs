use serde_json::json;

use super::*;

const STATS: &str = include_str!("../../../../data/golden/stats.jsonl");
const AGREEMENT: &str = include_str!("../../../../data/golden/agreement.jsonl");

fn golden() -> impl Iterator<Item = Value> {
    STATS.lines().chain(AGREEMENT.lines()).map(|line| serde_json::from_str(line).unwrap())
}

#[test]
fn every_golden_row_is_met_within_its_tolerance() {
    let mut wrong = Vec::new();
    for row in golden() {
        let computed = compute(row["metric"].as_str().unwrap(), &row["input"]);
        let met = match &computed {
            Some(Ok(value)) => {
                let tolerance = row["tolerance"].as_f64().unwrap();
                deviation(&row["expected"], value).is_some_and(|deviation| deviation <= tolerance)
            }
            _ => false,
        };
        if !met {
            wrong.push(format!("{}: {} is not {computed:?}", row["id"], row["expected"]));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_name_has_golden_rows() {
    let metrics: Vec<Value> = golden().map(|row| row["metric"].clone()).collect();
    for name in names() {
        assert!(metrics.iter().any(|metric| metric == name), "{name} has no row");
    }
}

#[test]
fn missing_and_null_input_is_an_error_and_never_a_number() {
    assert_eq!(compute("no_such_metric", &json!({})), None);
    let unusable = [json!(null), json!({}), json!([1])];
    for name in names() {
        for input in &unusable {
            assert!(compute(name, input).unwrap().is_err(), "{name} {input}");
        }
    }
    for name in names() {
        let row = golden().find(|row| row["metric"] == name).unwrap();
        for key in row["input"].as_object().unwrap().keys().filter(|key| *key != "missing") {
            for spoilt in [json!(null), json!([]), json!([null]), json!("x"), json!(-1), json!({})] {
                let mut input = row["input"].clone();
                input[key] = spoilt;
                if let Ok(value) = compute(name, &input).unwrap() {
                    assert!(is_complete(&value), "{name} {key}");
                }
            }
        }
    }
}

#[test]
fn an_error_says_what_is_wrong() {
    let error = |metric, input| compute(metric, &input).unwrap().unwrap_err();
    assert_eq!(error("holm_adjusted_p", json!({})), "\"p_values\" of the input is not an array of numbers");
    assert_eq!(
        error("wilson_interval", json!({"successes": 3, "n": 2, "confidence": 0.9})),
        "3 successes of 2 cases make no share"
    );
    let less = json!({"a": [1, 2], "b": [2, 1], "alternative": "less"});
    assert_eq!(error("paired_t_test", less), "\"alternative\" is \"less\"; only \"two-sided\" is computed");
    let flat = json!({"labels": [1, 1], "scores": [0.1, 0.2]});
    assert_eq!(error("auroc", flat), "the figure does not exist for this input");
}
