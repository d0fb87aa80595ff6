//! Costs and tokens as the golden data asks for them, so that they can be compared with other implementations' numbers.

use serde_json::{Value, json};

use super::encoding::Encoding;
use super::{Mode, Prices, Usage};

/// The metrics that [`compute`] knows.
pub(crate) const NAMES: &[&str] = &["cost_usd", "token_count"];

/// What we say to a golden row's input; `None` if the metric is not ours, an error if the input asks for a price that
/// we do not know.
pub(crate) fn compute(metric: &str, input: &Value) -> Option<Result<Value, String>> {
    match metric {
        "cost_usd" => Some(cost_usd(input)),
        "token_count" => Some(token_count(input)),
        _ => None,
    }
}

fn text<'a>(input: &'a Value, key: &str) -> Result<&'a str, String> {
    input[key].as_str().ok_or_else(|| format!("the input has no {key}"))
}

/// `ids_head` are the first eight.
fn token_count(input: &Value) -> Result<Value, String> {
    let (name, text) = (text(input, "encoding")?, text(input, "text")?);
    let ids = Encoding::named(name).ok_or_else(|| format!("there is no encoding {name}"))?.encode(text);
    Ok(json!({ "count": ids.len(), "ids_head": &ids[..ids.len().min(8)], "ids": ids }))
}

fn cost_usd(input: &Value) -> Result<Value, String> {
    let (model, mode) = (text(input, "model")?, text(input, "mode")?);
    let price = Prices::embedded().named(model).ok_or_else(|| format!("there is no price for {model}"))?;
    let mode = Mode::named(mode).ok_or_else(|| format!("there is no mode {mode}"))?;
    let bill = price
        .bill(&usage(&input["usage"]), mode)
        .ok_or_else(|| format!("the price of {model} does not cover this call"))?;
    Ok(json!({
        "input_cost": bill.input.to_f64(),
        "output_cost": bill.output.to_f64(),
        "total": bill.total().to_f64(),
    }))
}

/// Here a prompt's tokens include those that were read from and written to a cache, and a completion's the reasoning.
fn usage(given: &Value) -> Usage {
    let count = |key: &str| given[key].as_u64().unwrap_or(0);
    let (cached_input, reasoning) = (count("cached_tokens"), count("reasoning_tokens"));
    let (cache_write, cache_write_1h) = (count("cache_write_tokens"), count("cache_write_1h_tokens"));
    Usage {
        input: count("prompt_tokens").saturating_sub(cached_input + cache_write + cache_write_1h),
        cached_input,
        cache_write,
        cache_write_1h,
        output: count("completion_tokens").saturating_sub(reasoning),
        reasoning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `check` is given: where in the data, our value, the expected one and the tolerance.
    fn each_value(file: &str, check: impl Fn(&str, &Value, &Value, f64)) {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/golden").join(file);
        let rows = std::fs::read_to_string(file).unwrap();
        assert!(!rows.is_empty());
        for line in rows.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let ours = compute(row["metric"].as_str().unwrap(), &row["input"]).unwrap();
            let ours = ours.unwrap_or_else(|error| panic!("{}: {error}", row["id"]));
            for (key, expected) in row["expected"].as_object().unwrap() {
                let tolerance = row["tolerance"].as_f64().unwrap();
                check(&format!("{} {key}", row["id"]), &ours[key], expected, tolerance);
            }
        }
    }

    /// Reference: litellm 1.106.2 over the same price map.
    #[test]
    fn every_golden_cost_is_met() {
        each_value("cost.jsonl", |place, ours, expected, tolerance| {
            let deviation = (ours.as_f64().unwrap() - expected.as_f64().unwrap()).abs();
            assert!(deviation <= tolerance, "{place}: {ours}, not {expected}");
        });
    }

    /// Reference: tiktoken 0.14.0, which lists the ids of short texts only.
    #[test]
    fn every_golden_token_is_met() {
        each_value("tokens.jsonl", |place, ours, expected, _| {
            assert!(expected.is_null() || ours == expected, "{place}: {ours}, not {expected}");
        });
    }

    #[test]
    fn what_is_not_known_is_an_error_and_other_metrics_are_not_ours() {
        let input = |model: &str, mode: &str| json!({"model": model, "mode": mode, "usage": {"prompt_tokens": 1}});
        let error = |input: &Value| compute("cost_usd", input).unwrap().unwrap_err();
        assert_eq!(error(&input("no-such-model", "standard")), "there is no price for no-such-model");
        assert_eq!(error(&input("gpt-4o", "by-mail")), "there is no mode by-mail");
        assert_eq!(
            error(&input("gpt-4o-2024-05-13", "flex")),
            "the price of gpt-4o-2024-05-13 does not cover this call"
        );
        assert_eq!(error(&json!({})), "the input has no model");
        let tokens = compute("token_count", &json!({"encoding": "gpt2", "text": ""})).unwrap();
        assert_eq!(tokens, Err("there is no encoding gpt2".to_owned()));
        assert!(NAMES.iter().all(|name| compute(name, &json!({})).is_some()));
        assert!(compute("ndcg@10", &json!({})).is_none());
    }
}
