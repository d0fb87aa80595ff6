//! Golden rows of agreement, correlation and classification.

use serde_json::{Value, json};

use super::Compute;
use super::input::Input;
use crate::eval::stats::correlation::Correlation;
use crate::eval::stats::{
    Confusion, Difference, Weights, auroc, average_precision, brier_score, cohen_kappa, fleiss_kappa, kendall_tau_b,
    krippendorff_alpha, pearson, spearman,
};

pub(super) const ROWS: &[(&str, Compute)] = &[
    ("cohen_kappa", |input| kappa(input, None, Weights::Plain)),
    ("cohen_kappa_linear", |input| kappa(input, Some("categories"), Weights::Linear)),
    ("cohen_kappa_quadratic", |input| kappa(input, Some("categories"), Weights::Quadratic)),
    ("fleiss_kappa", |input| {
        let categories = input.list("categories")?;
        let raters: Result<Vec<_>, String> =
            raters(input)?.into_iter().map(|rater| places(rater.iter(), categories)).collect();
        Ok(json!(fleiss_kappa(&raters?)))
    }),
    ("krippendorff_alpha_nominal", |input| alpha(input, Difference::Nominal)),
    ("krippendorff_alpha_ordinal", |input| alpha(input, Difference::Ordinal)),
    ("krippendorff_alpha_interval", |input| alpha(input, Difference::Interval)),
    ("pearson", |input| correlation(input, "r", pearson)),
    ("spearman", |input| correlation(input, "rho", spearman)),
    ("kendall_tau_b", |input| {
        let (first, second) = input.pairs("a", "b")?;
        Ok(json!(kendall_tau_b(&first, &second)))
    }),
    ("auroc", |input| Ok(json!(auroc(&input.labels("labels")?, &input.numbers("scores")?)))),
    ("average_precision", |input| Ok(json!(average_precision(&input.labels("labels")?, &input.numbers("scores")?)))),
    ("binary_classification", |input| {
        let (labels, predictions) = (input.labels("labels")?, input.labels("predictions")?);
        if labels.len() != predictions.len() {
            return Err("\"labels\" and \"predictions\" differ in length".to_owned());
        }
        let confusion = Confusion::new(labels.into_iter().zip(predictions));
        Ok(json!({
            "accuracy": confusion.accuracy(),
            "balanced_accuracy": confusion.balanced_accuracy(),
            "precision": confusion.precision(),
            "recall": confusion.recall(),
            "f1": confusion.f1(),
            "macro_f1": confusion.macro_f1(),
            "mcc": confusion.mcc(),
        }))
    }),
    ("brier_score", |input| Ok(json!(brier_score(&input.labels("labels")?, &input.numbers("probabilities")?)))),
];

fn kappa(input: &Input<'_>, categories: Option<&str>, weights: Weights) -> Result<Value, String> {
    let (first, second) = (input.list("a")?, input.list("b")?);
    if first.len() != second.len() {
        return Err("\"a\" and \"b\" differ in length".to_owned());
    }
    // Categories without an order come as they appear.
    let known: Vec<Value> = match categories {
        Some(key) => input.list(key)?.to_vec(),
        None => first.iter().chain(second).cloned().collect(),
    };
    let kappa = cohen_kappa(&places(first.iter(), &known)?, &places(second.iter(), &known)?, weights);
    Ok(json!(kappa.map(|kappa| kappa.value)))
}

/// The place of each label among the categories.
fn places<'a>(labels: impl Iterator<Item = &'a Value>, categories: &[Value]) -> Result<Vec<usize>, String> {
    let place = |label: &Value| match categories.iter().position(|category| category == label) {
        Some(place) if !label.is_null() => Ok(place),
        _ => Err(format!("{label} is none of the categories")),
    };
    labels.map(place).collect()
}

fn raters<'a>(input: &Input<'a>) -> Result<Vec<&'a Vec<Value>>, String> {
    let lists = input.list("raters")?.iter().map(Value::as_array);
    lists.collect::<Option<_>>().ok_or_else(|| "\"raters\" of the input is not an array of arrays".to_owned())
}

fn alpha(input: &Input<'_>, difference: Difference) -> Result<Value, String> {
    let rating = |value: &Value| match value {
        Value::Null => Ok(None),
        value => value.as_f64().map(Some).ok_or_else(|| format!("{value} is not a rating")),
    };
    let ratings: Result<Vec<Vec<Option<f64>>>, String> =
        raters(input)?.into_iter().map(|rater| rater.iter().map(rating).collect()).collect();
    Ok(json!(krippendorff_alpha(&ratings?, difference)))
}

fn correlation(input: &Input<'_>, name: &str, of: fn(&[f64], &[f64]) -> Option<Correlation>) -> Result<Value, String> {
    let (first, second) = input.pairs("a", "b")?;
    let found = of(&first, &second).ok_or("values without variance do not correlate")?;
    Ok(json!({name: found.value, "p": found.p}))
}
