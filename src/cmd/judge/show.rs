//! What a calibration found, for people and for machines.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::{Value, json};

use super::{Checked, Found};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::report::calibration::{CorrectionMethod, Rate};
use crate::text::{brief, count, printable};

/// Disagreements for people; machines get all.
const SHOWN: usize = 10;

pub(super) fn text(config: &Config, checked: &Checked, found: &Found) -> String {
    let figures = &found.figures;
    let mut text = headline(checked, found);
    for (name, value) in lines(config, checked, found) {
        let _ = writeln!(text, "  {name:<16} {}", printable(&value));
    }
    let _ = writeln!(text, "\n{}", printable(&sentence(config, checked, found)));
    let apart = &figures.disagreements;
    if apart.is_empty() {
        return text;
    }
    let bold = Style::new().bold();
    let _ = writeln!(text, "\n{bold}judge and people disagree on {}{bold:#}", count(apart.len(), "answer"));
    for one in apart.iter().take(SHOWN) {
        let (file, id) = (printable(&checked.labels.file), printable(&one.id));
        let _ = writeln!(text, "  {file}:{} {id}  {}", one.line, brief(&one.question, 72));
        let reason = one.reason.as_deref().map_or_else(String::new, |reason| format!("  {}", brief(reason, 160)));
        let _ = writeln!(text, "      people {}, judge {}{reason}", grade(one.label), grade(one.judged));
    }
    if apart.len() > SHOWN {
        let _ = writeln!(text, "  ... and {} more with --json", apart.len() - SHOWN);
    }
    text
}

pub(super) fn json(config: &Config, checked: &Checked, found: &Found) -> Result<Value> {
    let failed = |error| Error::unavailable("cannot write the result as JSON").source(error);
    let of_labels = found.of_labels().map(|(value, low, high)| json!({ "value": value, "low": low, "high": high }));
    Ok(json!({
        "name": &*checked.scorer.name,
        "models": checked.judge.models(),
        "calibration": serde_json::to_value(&found.calibration).map_err(failed)?,
        "figures": serde_json::to_value(&found.figures).map_err(failed)?,
        "method": found.calibration.method(),
        "labels_corrected": of_labels,
        "min_kappa": config.judge.min_kappa,
        "gate": sentence(config, checked, found),
        "usage": found.spent.usage,
        "cost": found.spent.costs,
        "file": config.judge.calibration.value,
    }))
}

fn headline(checked: &Checked, found: &Found) -> String {
    let bold = Style::new().bold();
    let rubrics = found.calibration.rubrics.iter();
    let rubrics = rubrics.map(|rubric| format!("{} {} ({:.12})", rubric.name, rubric.version, rubric.sha256));
    let rubrics = rubrics.collect::<Vec<_>>().join(", ");
    let (name, models) = (&checked.scorer.name, checked.judge.models().join(", "));
    format!("{bold}{name}{bold:#}  {}  {rubrics}\n\n", printable(&models))
}

/// A name and a value each.
fn lines(config: &Config, checked: &Checked, found: &Found) -> Vec<(&'static str, String)> {
    let figures = &found.figures;
    let classes = figures.classes.iter().map(|class| format!("{} {}", class.labelled, class.name));
    let mut labels = vec![format!("{} in {}", checked.labels.rows.len(), checked.labels.file)];
    labels.extend(classes);
    let left = [(figures.not_applicable, "with nothing to measure"), (figures.errored, "that could not be judged")];
    labels.extend(left.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")));
    let mark = figures.pass_mark.map_or_else(String::new, |mark| format!(", a grade of {mark} is a pass"));
    let mut lines = vec![
        ("labels", labels.join(", ")),
        ("accuracy", format!("{}{mark}", rate(Some(&figures.accuracy)))),
        ("kappa", kappa(found)),
    ];
    for class in &figures.classes {
        let (precision, recall) = (rate(class.precision.as_ref()), rate(class.recall.as_ref()));
        lines.push((class.name, format!("precision {precision}; recall {recall}")));
    }
    lines.push(("means", format!("people {:.3}, judge {:.3}", figures.mean_label, figures.mean_judged)));
    lines.push(("repeats agree", rate(figures.repeats.as_ref())));
    let judged = figures.about_judge();
    if !judged.is_empty() {
        lines.push(("judged", judged.join(", ")));
    }
    lines.push(("cost", cost(found)));
    lines.push(("kept in", config.judge.calibration.value.clone()));
    lines
}

fn kappa(found: &Found) -> String {
    let Some(kappa) = found.figures.kappa else { return "none: chance alone agrees on everything".to_owned() };
    let interval = match (kappa.low, kappa.high) {
        (Some(low), Some(high)) => format!(" [{low:.3}, {high:.3}]"),
        _ => String::new(),
    };
    let weighted = if found.figures.kappa_is_weighted { ", weighted by squared distances" } else { "" };
    format!("{:.3}{interval}{weighted}", kappa.value)
}

/// `0.863 [0.770, 0.921], n = 80`
fn rate(rate: Option<&Rate>) -> String {
    rate.map_or_else(
        || "none".to_owned(),
        |Rate { value, low, high, n }| format!("{value:.3} [{low:.3}, {high:.3}], n = {n}"),
    )
}

fn cost(found: &Found) -> String {
    let (usage, costs) = (found.spent.usage, found.spent.costs);
    let price = match costs.unknown {
        0 => costs.usd.to_string(),
        unknown => format!("not known for {}", count(unknown, "call")),
    };
    format!("{price}, {} tokens in, {} out", usage.all_input(), usage.output + usage.reasoning)
}

/// What the gate makes of it.
fn sentence(config: &Config, checked: &Checked, found: &Found) -> String {
    let name = &checked.scorer.name;
    match (config.judge.min_kappa, found.figures.kappa) {
        (Some(least), None) => {
            return format!(
                "there is no kappa to hold against judge.min_kappa {least}: the gate will not decide on {name}"
            );
        }
        (Some(least), Some(kappa)) if kappa.value < least => {
            return format!(
                "kappa {:.3} is below judge.min_kappa {least}: the gate will not decide on {name}",
                kappa.value
            );
        }
        _ => {}
    }
    let Some((value, low, high)) = found.of_labels() else {
        return format!("the judge's values say nothing of people's: the gate will not decide on {name}");
    };
    let what = match found.calibration.method() {
        CorrectionMethod::RoganGladen => "pass rate by how often the judge is right on passes and on failures",
        CorrectionMethod::PredictionPowered => "mean by the judge's mean error",
    };
    let judged = found.figures.mean_judged;
    format!(
        "the gate will correct the {what}: that of these answers from {judged:.3} to {value:.3} [{low:.3}, {high:.3}]"
    )
}

/// As few digits as say it.
fn grade(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
