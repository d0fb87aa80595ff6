//! litellm's price map as lines of ours.
//!
//! ```text
//! {"name": {"mode": "chat", "input_cost_per_token": 1e-06, ...}} -> name, who bills, in:0.000001 ...
//! ```
//!
//! `data/README.md` says what is kept. Source: `model_prices_and_context_window.json` of <https://github.com/BerriAI/litellm>.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::money::Cost;

/// One model. Where a field is there twice, the last one counts.
type Fields<'a> = BTreeMap<String, &'a RawValue>;
/// By kind, first prompt token of the tier, and mode, in the map's words.
type Rates = BTreeMap<(&'static str, u64, &'static str), Cost>;

/// What is billed by tokens.
const MODES: &[&str] = &["chat", "completion", "responses", "embedding"];

const KINDS: &[(&str, &str)] = &[
    ("input_cost_per_token", "in"),
    ("output_cost_per_token", "out"),
    ("cache_read_input_token_cost", "read"),
    ("cache_creation_input_token_cost", "write"),
    ("cache_creation_input_token_cost_above_1hr", "write1h"),
    ("output_cost_per_reasoning_token", "reason"),
    ("input_cost_per_request", "request"),
];
/// What a kind costs where a tier of a table leaves it out.
const STANDS_IN: &[(&str, &str)] = &[("read", "in"), ("write", "in"), ("reason", "out")];
/// How the rates of a mode end.
const ENDINGS: &[(&str, &str)] = &[("", ""), ("_batches", "batch"), ("_flex", "flex"), ("_priority", "priority")];
/// Providers whose tier begins at its number of tokens, not after it.
const FROM_THRESHOLD: &[&str] = &["xai"];

/// The models that are billed by tokens, a line each, by name.
pub(super) fn lines(json: &str) -> Result<Vec<String>, String> {
    let models: BTreeMap<String, &RawValue> =
        serde_json::from_str(json).map_err(|error| format!("it is not litellm's map of models: {error}"))?;
    let mut lines = Vec::new();
    for (name, entry) in models {
        // What is no object is no model.
        let Ok(fields) = serde_json::from_str::<Fields<'_>>(entry.get()) else { continue };
        lines.extend(line(&name, &fields).map_err(|what| format!("{name:?}: {what}"))?);
    }
    Ok(lines)
}

fn line(name: &str, fields: &Fields<'_>) -> Result<Option<String>, String> {
    let provider = fields.get("litellm_provider").and_then(|value| text(value));
    let rates = priced(fields, provider.as_deref().unwrap_or_default())?;
    if rates.is_empty() {
        return Ok(None);
    }
    let provider = provider.ok_or("it has prices and no litellm_provider")?;
    if [name, &provider].iter().any(|text| text.contains(char::is_control)) {
        return Err("a control character is in its name or its provider's".to_owned());
    }
    let mut words: Vec<String> = rates
        .iter()
        .map(|((kind, first, mode), price)| {
            let tier = if *first > 0 { format!(">={first}") } else { String::new() };
            let mode = if mode.is_empty() { String::new() } else { format!("@{mode}") };
            format!("{kind}{tier}{mode}:{}", short(*price))
        })
        .collect();
    let most = fields.get("max_output_tokens").and_then(|value| whole(value)).filter(|most| *most > 0);
    if let Some(most) = most
        && rates.keys().any(|(kind, ..)| *kind == "out")
    {
        words.push(format!("most:{most}"));
    }
    Ok(Some(format!("{name}\t{provider}\t{}", words.join(" "))))
}

/// The rates of a model that is billed by tokens; empty for others.
fn priced(fields: &Fields<'_>, provider: &str) -> Result<Rates, String> {
    let mode = fields.get("mode").and_then(|value| text(value));
    if !mode.is_some_and(|mode| MODES.contains(&mode.as_str())) {
        return Ok(Rates::new());
    }
    let mut rates = flat_rates(fields, provider)?;
    rates.append(&mut table_rates(fields)?);
    // Zero a token, and a price for something else: a picture, a second, a query.
    let is_elsewhere = || {
        fields.iter().any(|(field, value)| field.contains("cost") && kind_of(field).is_none() && says_something(value))
    };
    let is_priced =
        rates.contains_key(&("in", 0, "")) && (rates.values().any(|price| *price != Cost::ZERO) || !is_elsewhere());
    Ok(if is_priced { rates } else { Rates::new() })
}

/// The rates that fields of the model say.
fn flat_rates(fields: &Fields<'_>, provider: &str) -> Result<Rates, String> {
    let mut rates = Rates::new();
    for (field, value) in fields {
        let Some((kind, thousands, mode)) = rate_of(field) else { continue };
        let Some(price) = number(value)? else { continue };
        let after = u64::from(!FROM_THRESHOLD.contains(&provider));
        let first = thousands.map_or(Some(0), |thousands| thousands.checked_mul(1000)?.checked_add(after));
        rates.insert((kind, first.ok_or_else(|| format!("{field} begins at no number of tokens"))?, mode), price);
    }
    Ok(rates)
}

/// `KIND[_above_THOUSANDSk_tokens][_MODE]`
fn rate_of(field: &str) -> Option<(&'static str, Option<u64>, &'static str)> {
    KINDS.iter().find_map(|(name, kind)| {
        let rest = field.strip_prefix(name)?;
        let tier = rest.strip_prefix("_above_").and_then(|rest| rest.split_once("k_tokens"));
        let (thousands, ending) = match tier {
            Some((thousands, ending)) => (Some(thousands.parse().ok()?), ending),
            None => (None, rest),
        };
        let (_, mode) = ENDINGS.iter().find(|(name, _)| *name == ending)?;
        Some((*kind, thousands, *mode))
    })
}

/// The rates of a table of tiers, each of which prices every kind that the table prices anywhere.
fn table_rates(fields: &Fields<'_>) -> Result<Rates, String> {
    let table = fields.get("tiered_pricing").map(|table| table.get());
    let tiers: Vec<Fields<'_>> = table.and_then(|table| serde_json::from_str(table).ok()).unwrap_or_default();
    let mut named: Vec<(u64, BTreeMap<&str, Cost>)> = Vec::new();
    for tier in tiers {
        let (Some(range), true) = (tier.get("range"), tier.contains_key("input_cost_per_token")) else { continue };
        let ends: Vec<&RawValue> = serde_json::from_str(range.get()).unwrap_or_default();
        let first = ends.first().and_then(|first| whole(first)).ok_or("a tier begins at no number of tokens")?;
        let mut prices = BTreeMap::new();
        for (field, value) in &tier {
            if let Some((kind, price)) = kind_of(field).zip(number(value)?) {
                prices.insert(kind, price);
            }
        }
        named.push((first, prices));
    }
    named.sort_by_key(|(first, _)| *first);
    let kinds: Vec<&'static str> = KINDS
        .iter()
        .map(|(_, kind)| *kind)
        .filter(|kind| named.iter().any(|(_, prices)| prices.contains_key(kind)))
        .collect();
    let mut rates = Rates::new();
    for (index, (first, prices)) in named.iter().enumerate() {
        let first = if index > 0 { first.saturating_add(1) } else { 0 };
        for kind in &kinds {
            let other = STANDS_IN.iter().find(|(name, _)| name == kind).and_then(|(_, other)| prices.get(other));
            if let Some(price) = prices.get(kind).or(other) {
                rates.insert((kind, first, ""), *price);
            }
        }
    }
    Ok(rates)
}

fn kind_of(field: &str) -> Option<&'static str> {
    KINDS.iter().find(|(name, _)| *name == field).map(|(_, kind)| *kind)
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// The amount that a number says; `None` for what is no number.
fn number(value: &RawValue) -> Result<Option<Cost>, String> {
    let text = value.get();
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(None);
    }
    Cost::parse(text).map(Some).ok_or_else(|| format!("{text} is too large or too fine for a price"))
}

/// A number of tokens, without what is behind its point.
fn whole(value: &RawValue) -> Option<u64> {
    number(value).ok()??.decimal().split('.').next()?.parse().ok()
}

/// Whether a value is there and is not zero, empty or false.
fn says_something(value: &RawValue) -> bool {
    match value.get() {
        "null" | "false" | "\"\"" => false,
        text if text.starts_with(['[', '{']) => !text[1..text.len() - 1].trim().is_empty(),
        _ => !matches!(number(value), Ok(Some(Cost::ZERO))),
    }
}

/// A price in few characters, as Python's decimals are written: `0.0000025`, `2.5E-7`.
fn short(price: Cost) -> String {
    /// Behind the point, before it is written with an exponent.
    const MOST_ZEROS: usize = 5;
    let text = price.decimal();
    let Some(fraction) = text.strip_prefix("0.") else { return text };
    let digits = fraction.trim_start_matches('0');
    let zeros = fraction.len() - digits.len();
    if zeros <= MOST_ZEROS {
        return text;
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{first}{point}{rest}E-{}", zeros + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of a model "m" with these fields beside who bills and the mode.
    fn converted(fields: &str) -> Option<String> {
        let json = format!(r#"{{"m": {{"litellm_provider": "p", "mode": "chat", {fields}}}}}"#);
        let mut lines = lines(&json).unwrap();
        lines.pop().map(|line| line.strip_prefix("m\tp\t").unwrap().to_owned())
    }

    /// Reference: the same rules with Python's json and decimal.
    #[test]
    fn fields_become_rates_with_tiers_and_modes() {
        let cases = [
            (r#""input_cost_per_token": 2.5e-06"#, Some("in:0.0000025")),
            (r#""input_cost_per_token": 2.5e-07, "output_cost_per_token": 0.00001000"#, Some("in:2.5E-7 out:0.00001")),
            (r#""input_cost_per_token": 1e-06, "max_output_tokens": 8192"#, Some("in:0.000001")),
            (
                r#""input_cost_per_token": 1e-06, "output_cost_per_token": 0, "max_output_tokens": 8192.0"#,
                Some("in:0.000001 out:0 most:8192"),
            ),
            (
                r#""input_cost_per_token": 1, "output_cost_per_token": 2, "max_output_tokens": "8192""#,
                Some("in:1 out:2"),
            ),
            (
                r#""input_cost_per_token": 1, "input_cost_per_token_above_200k_tokens": 2, "input_cost_per_token_batches": 0.5,
                "input_cost_per_token_above_200k_tokens_priority": 4, "input_cost_per_token_flex": 0.25"#,
                Some("in:1 in@batch:0.5 in@flex:0.25 in>=200001:2 in>=200001@priority:4"),
            ),
            (
                r#""input_cost_per_token": 1, "cache_read_input_token_cost": 0.1, "cache_creation_input_token_cost": 1.25,
                "cache_creation_input_token_cost_above_1hr": 2, "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 4,
                "output_cost_per_reasoning_token": 3, "input_cost_per_request": 0.5"#,
                Some("in:1 read:0.1 reason:3 request:0.5 write:1.25 write1h:2 write1h>=200001:4"),
            ),
            // Of what we do not know, nothing is kept.
            (
                r#""input_cost_per_token": 1, "input_cost_per_token_balanced": 3, "input_cost_per_image": 4"#,
                Some("in:1"),
            ),
            (r#""input_cost_per_token": "1""#, None),
            (r#""input_cost_per_token": null, "output_cost_per_token": 1"#, None),
            (r#""output_cost_per_token": 1"#, None),
            // Zero, and something else that is billed.
            (r#""input_cost_per_token": 0.0, "output_cost_per_token": 0"#, Some("in:0 out:0")),
            (r#""input_cost_per_token": 0.0, "output_cost_per_image": 0.0"#, Some("in:0")),
            (r#""input_cost_per_token": 0.0, "output_cost_per_image": 0.04"#, None),
            (r#""input_cost_per_token": 0.0, "search_context_cost_per_query": {"low": 0}"#, None),
            (r#""input_cost_per_token": 0.0, "search_context_cost_per_query": {}"#, Some("in:0")),
        ];
        for (fields, expected) in cases {
            assert_eq!(converted(fields).as_deref(), expected, "{fields}");
        }
    }

    #[test]
    fn a_table_of_tiers_becomes_rates_of_every_kind() {
        let table = r#""tiered_pricing": [
            {"range": [32000.0, 128000], "input_cost_per_token": 2, "output_cost_per_token": 20},
            {"range": [0, 32000], "input_cost_per_token": 1, "output_cost_per_token": 10, "output_cost_per_reasoning_token": 30,
             "cache_read_input_token_cost": 0.5},
            {"range": [128000, 1e6], "output_cost_per_token": 9}]"#;
        let rates = "in:1 in>=32001:2 out:10 out>=32001:20 read:0.5 read>=32001:2 reason:30 reason>=32001:20";
        assert_eq!(converted(table).as_deref(), Some(rates));
        assert_eq!(converted(&format!(r#""input_cost_per_token": 7, {table}"#)).as_deref(), Some(rates));
    }

    #[test]
    fn a_tier_of_xai_begins_at_its_number() {
        let json = r#"{"xai/g": {"litellm_provider": "xai", "mode": "chat", "input_cost_per_token": 1,
            "input_cost_per_token_above_128k_tokens": 2}}"#;
        assert_eq!(lines(json).unwrap(), ["xai/g\txai\tin:1 in>=128000:2"]);
    }

    #[test]
    fn lines_are_in_the_order_of_names_and_what_is_no_model_is_left_out() {
        let model = |mode: &str| format!(r#"{{"litellm_provider": "p", "mode": "{mode}", "input_cost_per_token": 1}}"#);
        let (chat, image) = (model("chat"), model("image_generation"));
        let json = format!(
            r#"{{"b": {chat}, "sample_spec": {{"mode": "one of: chat"}}, "B": {chat}, "c": {image}, "é": {chat}, "n": 1}}"#
        );
        assert_eq!(lines(&json).unwrap(), ["B\tp\tin:1", "b\tp\tin:1", "é\tp\tin:1"]);
    }

    #[test]
    fn what_is_damaged_or_hostile_is_said() {
        let price = |price: &str| {
            format!(r#"{{"m": {{"mode": "chat", "litellm_provider": "p", "input_cost_per_token": {price}}}}}"#)
        };
        let deep = format!(r#"{{"m": {}1{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
        let cases = [
            (r#"{"m": {"mode""#, "it is not litellm's map of models: EOF while parsing"),
            ("[1]", "it is not litellm's map of models: invalid type: sequence"),
            (&price("1e-30"), r#""m": 1e-30 is too large or too fine for a price"#),
            (&price("1e300"), r#""m": 1e300 is too large or too fine for a price"#),
            (&price("1").replace("\"p\"", "7"), r#""m": it has prices and no litellm_provider"#),
            (&price("1").replace("\"m\"", r#""m\tn""#), r#""m\tn": a control character is in its name"#),
        ];
        for (json, expected) in cases {
            let error = lines(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
        assert_eq!(lines(&deep), Ok(Vec::new()));
        assert_eq!(lines(&"[".repeat(1_000_000)).unwrap_err().lines().count(), 1);
    }
}
