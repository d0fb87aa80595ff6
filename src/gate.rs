//! The gate: a pure function from a report to a verdict. The same report always gives the same verdict.
//!
//! It passes only on what was measured: no cases, too many errors, an interrupted run, a gated metric that no case
//! measured or a baseline whose cases are gone are undecided, never a pass and never a fail.

mod cost;
mod regression;

use crate::config::Rule;
use crate::error::ExitStatus;
use crate::eval::metrics::{self, Scale};
use crate::report::calibration::Compared;
use crate::report::{Breach, Cause, Decision, Estimate, Report, Verdict};

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
        unknown.extend(unmeasured(report, name, &estimate));
        if let Some(reason) = report.distrust(name) {
            unknown.push(reason);
            continue;
        }
        let Some(compared) = estimate.compared() else { continue };
        let Compared { value, judged, .. } = compared;
        if !estimate.scale.meets(value, *threshold) {
            let (metric, threshold, n) = (name.clone(), *threshold, estimate.n);
            breaches.push(Breach { metric, value, threshold, n, judged, baseline: None });
        } else if report.rule == Rule::Strict {
            unknown.extend(unsure(name, &estimate, compared, *threshold));
        }
    }
    let regression = regression::check(report);
    unknown.extend(regression.unknown);
    breaches.extend(regression.breaches);
    let mut failed: Vec<String> =
        breaches.iter().map(|breach| breach_reason(breach, report.scale(&breach.metric))).collect();
    let costs = cost::check(report);
    unknown.extend(costs.unknown);
    breaches.extend(costs.breaches);
    failed.extend(costs.failed);
    let (decision, reasons) = match (unknown.is_empty(), failed.is_empty()) {
        (true, true) => (Decision::Pass, Vec::new()),
        (true, false) => (Decision::Fail, failed),
        (false, _) => (Decision::Undecided, unknown),
    };
    let notes = regression.notes.into_iter().chain(report.unused_calibrations()).collect();
    Verdict { decision, reasons, notes, breaches }
}

/// Why too little was measured of a gated metric.
fn unmeasured(report: &Report, name: &str, estimate: &Estimate) -> Vec<String> {
    let mut reasons = Vec::new();
    let errors = share(estimate.errored, estimate.n + estimate.errored);
    if errors > report.max_error_rate && error_rate(report) <= report.max_error_rate {
        let (errored, of) = (estimate.errored, estimate.n + estimate.errored);
        reasons.push(format!("{name} could not be measured in {errored} of its {of} cases"));
    }
    let (nothing, of) = (estimate.not_applicable, estimate.n + estimate.not_applicable);
    if estimate.mean.is_none_or(|mean| !mean.is_finite()) {
        reasons.push(match (estimate.errored, nothing) {
            (0, 0) => format!("{name} has a threshold, but no case measures it"),
            (0, _) => format!("{name} has a threshold, but no answer gave it anything to measure"),
            _ => format!("{name} could not be measured in any case"),
        });
    } else if share(nothing, of) > report.max_not_applicable {
        let allowed = report.max_not_applicable * 100.0;
        reasons.push(format!("{name} had nothing to measure in {nothing} of {of} answers (allowed: {allowed} %)"));
    }
    reasons
}

/// Why a mean that clears its bar does not do so surely.
fn unsure(name: &str, estimate: &Estimate, compared: Compared, threshold: f64) -> Option<String> {
    let scale = estimate.scale;
    let mean = format!("{}{}", scale.show(compared.value), corrected(compared.judged, scale));
    let (bar, n) = (scale.show(threshold), estimate.n);
    match compared.bound {
        Some(bound) if scale.meets(bound, threshold) => None,
        Some(bound) => Some(format!(
            "{name} is {mean}, but its 95 % bound is {}, on the wrong side of the bar of {bar} (n = {n})",
            scale.show(bound)
        )),
        None => Some(format!("{name} is {mean}, but there are too few cases for a bound (n = {n})")),
    }
}

/// What the process says of a report: the verdict, but for a shard only whether it was measured, since the jobs of a CI
/// matrix must not fail because none of them can decide alone.
pub(crate) fn exit_status(report: &Report) -> ExitStatus {
    let measured = incomplete(report).is_none() && error_rate(report) <= report.max_error_rate;
    if report.shard.is_some() && measured { ExitStatus::Pass } else { report.verdict.exit_status() }
}

/// Whether this is a run as a whole, of which few enough cases failed to say anything of what it tested.
pub(crate) fn is_whole(report: &Report) -> bool {
    report.shard.is_none() && incomplete(report).is_none() && error_rate(report) <= report.max_error_rate
}

/// What is missing of the run as a whole.
fn incomplete(report: &Report) -> Option<String> {
    let counts = report.cases;
    let why = report.ended_early.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let may_be_fewer = report.stopped.is_some() && counts.finished > 0;
    if (counts.finished < counts.total && !may_be_fewer) || report.ended_early.is_some() {
        return Some(format!("the run ended after {} of {} cases{why}", counts.finished, counts.total));
    }
    // A shard of a small dataset may be empty; the whole run must not be.
    (counts.total == 0 && report.shard.is_none()).then(|| "there are no cases".to_owned())
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

/// What is said behind a value that is not the judge's own.
fn corrected(judged: Option<f64>, scale: Scale) -> String {
    judged
        .map_or_else(String::new, |judged| format!(" corrected for the judge's errors (judged {})", scale.show(judged)))
}

fn breach_reason(breach: &Breach, scale: Scale) -> String {
    let Breach { metric, value, threshold, n, judged, baseline } = breach;
    let corrected = corrected(*judged, scale);
    let (value, threshold) = (scale.show(*value), scale.show(*threshold));
    if let Some(before) = baseline {
        let before = scale.show(*before);
        return format!("{metric} dropped from {before} to {value}, more than the {threshold} allowed (n = {n})");
    }
    let missed = if scale.lower_is_better() { "above its limit" } else { "under its bar" };
    format!("{metric} is {value}{corrected}, {missed} of {threshold} (n = {n})")
}

#[cfg(test)]
mod tests;
