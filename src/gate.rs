//! The gate: a pure function from a report to a verdict. The same report always gives the same verdict.
//!
//! It passes only on what was measured: no cases, too many errors, an interrupted run or a gated metric that no case
//! measured are undecided, never a pass and never a fail.

use crate::error::ExitStatus;
use crate::eval::metrics::{self, Scale};
use crate::report::{Breach, Cause, Decision, Report, Verdict};

/// The verdict on a report; its own `verdict` and `passed` are not looked at.
pub(crate) fn check(report: &Report) -> Verdict {
    let mut unknown = Vec::new();
    let counts = report.cases;
    if let Some(facts) = report.shard {
        unknown.push(format!("this is shard {} of a run; `llmops merge` decides on all of them", facts.shard));
    }
    unknown.extend(incomplete(report));
    if counts.finished > 0 && error_rate(report) > report.max_error_rate {
        unknown.push(errors_reason(report));
    }
    if report.thresholds.is_empty() {
        unknown.push("no metric has a threshold".to_owned());
    }
    let mut breaches = Vec::new();
    // In the order of the metrics, so that a miss of retrieval is named before what follows from it.
    let mut thresholds: Vec<(&String, &f64)> = report.thresholds.iter().collect();
    thresholds.sort_by_key(|(name, _)| report.estimates.get(*name).map(|known| metrics::position(&known.kind)));
    for (name, threshold) in thresholds {
        let estimate = report.estimates.get(name).cloned().unwrap_or_default();
        let errors = share(estimate.errored, estimate.n + estimate.errored);
        if errors > report.max_error_rate && error_rate(report) <= report.max_error_rate {
            let (errored, of) = (estimate.errored, estimate.n + estimate.errored);
            unknown.push(format!("{name} could not be measured in {errored} of its {of} cases"));
        }
        match estimate.mean.filter(|mean| mean.is_finite()) {
            None if estimate.errored > 0 => unknown.push(format!("{name} could not be measured in any case")),
            None => unknown.push(format!("{name} has a threshold, but no case measures it")),
            Some(value) if !meets(estimate.scale, value, *threshold) => {
                breaches.push(Breach { metric: name.clone(), value, threshold: *threshold, n: estimate.n });
            }
            Some(_) => {}
        }
    }
    let failed: Vec<String> =
        breaches.iter().map(|breach| breach_reason(breach, report.scale(&breach.metric))).collect();
    let (decision, reasons) = match (unknown.is_empty(), failed.is_empty()) {
        (true, true) => (Decision::Pass, Vec::new()),
        (true, false) => (Decision::Fail, failed),
        (false, _) => (Decision::Undecided, unknown),
    };
    Verdict { decision, reasons, breaches }
}

/// What the process says of a report: the verdict, but for a shard only whether it was measured, since the jobs of a CI
/// matrix must not fail because none of them can decide alone.
pub(crate) fn exit_status(report: &Report) -> ExitStatus {
    let measured = incomplete(report).is_none() && error_rate(report) <= report.max_error_rate;
    if report.shard.is_some() && measured { ExitStatus::Pass } else { report.verdict.exit_status() }
}

/// What is missing of the run as a whole.
fn incomplete(report: &Report) -> Option<String> {
    let counts = report.cases;
    let why = report.ended_early.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    if counts.finished < counts.total || report.ended_early.is_some() {
        return Some(format!("the run ended after {} of {} cases{why}", counts.finished, counts.total));
    }
    // A shard of a small dataset may be empty; the whole run must not be.
    (counts.total == 0 && report.shard.is_none()).then(|| "there are no cases".to_owned())
}

fn meets(scale: Scale, value: f64, threshold: f64) -> bool {
    // The mean of equal values can end a hair beside them; a bar is never missed by rounding alone.
    const ROUNDING: f64 = 1e-9;
    if scale.lower_is_better() { value <= threshold } else { value >= threshold - ROUNDING }
}

fn error_rate(report: &Report) -> f64 {
    share(report.cases.errored, report.cases.finished)
}

/// 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "numbers of cases are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Says the most frequent error, since it is usually the only one.
fn errors_reason(report: &Report) -> String {
    let counts = report.cases;
    let allowed = report.max_error_rate * 100.0;
    let summary =
        format!("{} of {} cases failed with an error (allowed: {allowed} %)", counts.errored, counts.finished);
    match report.errors.first() {
        Some(Cause { message, cases }) if *cases > 1 => format!("{summary}; {cases} times: {message}"),
        Some(Cause { message, .. }) => format!("{summary}; for example: {message}"),
        None => summary,
    }
}

fn breach_reason(breach: &Breach, scale: Scale) -> String {
    let Breach { metric, value, threshold, n } = breach;
    let (value, threshold) = (scale.show(*value), scale.show(*threshold));
    let missed = if scale.lower_is_better() { "above its limit" } else { "under its bar" };
    format!("{metric} is {value}, {missed} of {threshold} (n = {n})")
}

#[cfg(test)]
mod tests;
