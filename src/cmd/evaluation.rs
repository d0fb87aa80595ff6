//! What a report proves of a prompt: kept by every whole run, and asked for by protected labels.

use std::fs::File;
use std::path::Path;

use super::output;
use crate::config::Config;
use crate::cost::Cost;
use crate::digest::sha256_of;
use crate::error::{Error, Result};
use crate::gate;
use crate::prompt::{Evaluation, Evidence, Score};
use crate::report::json;
use crate::report::{Decision, Report};

/// Keeps what a whole run says of the prompt that it tested. That it cannot be kept is said, and the run is as good as before.
pub(super) fn keep(root: &Path, report: &Report, file: &Path) {
    if !gate::is_whole(report) {
        return;
    }
    let kept = of(report, file).and_then(|evaluation| evaluation.map_or(Ok(()), |known| known.keep(root)));
    if let Err(error) = kept {
        output::note(&format!("what was measured of the prompt is not kept for `llmops prompt`: {error}"));
    }
}

/// What the last whole evaluation on this machine says of a content.
pub(super) fn last(config: &Config, digest: &str) -> Option<Evidence> {
    Evaluation::last(&config.root, digest).map(|evaluation| evaluation.evidence)
}

/// What a report's file says of a content, by the bars that the project has now. It must be of exactly that content, and whole.
pub(super) fn of_file(config: &Config, path: &Path, digest: &str) -> Result<Evidence> {
    let refuse = |message: String| Error::config(message).at(path.display(), None);
    let report = json::read(path)?;
    match &report.prompt {
        Some(facts) if facts.digest == digest => {}
        Some(facts) => {
            let message = format!("the report is of {}@{}, content {}", facts.name, facts.version, facts.digest);
            return Err(refuse(message).hint(format!("a report of content {digest} is needed")));
        }
        None => return Err(refuse("the report is of an application, not of a prompt".to_owned())),
    }
    if !gate::is_whole(&report) {
        return Err(refuse("the report is of a part of a run".to_owned()).hint("`llmops merge` joins shards"));
    }
    // A file can be edited and bars change; the gate is a function of what was measured.
    let mut report = report;
    report.thresholds.extend(config.gate.thresholds.iter().map(|(name, bar)| (name.value.clone(), *bar)));
    report.max_error_rate = report.max_error_rate.min(config.gate.max_error_rate);
    report.max_not_applicable = report.max_not_applicable.min(config.gate.max_not_applicable);
    report.rule = config.gate.rule;
    let verdict = gate::check(&report);
    if verdict.decision != Decision::Pass {
        return Err(refuse(format!("the report does not pass the gate: {}", verdict.reasons.join("; "))));
    }
    let evaluation = of(&report.decided(verdict), path)?;
    evaluation.map(|evaluation| evaluation.evidence).ok_or_else(|| refuse("the report names no prompt".to_owned()))
}

/// What a report, which stands in a file, says of its prompt; `None` if the target brings its own.
pub(super) fn of(report: &Report, file: &Path) -> Result<Option<Evaluation>> {
    let Some(facts) = &report.prompt else { return Ok(None) };
    let opened = File::open(file).and_then(sha256_of).map_err(|error| Error::io("read", file, error))?;
    let evidence = Evidence {
        report: opened,
        time: report.timestamp.clone(),
        verdict: word(report.verdict.decision).to_owned(),
        metrics: report.metrics.clone(),
        dataset: report.digests.dataset.clone(),
        cases: report.cases.finished,
        model: report.target.model.clone(),
        cost_usd: report.cost.answer_usd.map(Cost::decimal),
    };
    let name = format!("{}@{}", facts.name, facts.version);
    Ok(Some(Evaluation::new(name, facts.digest.clone(), score(report), evidence)))
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "pass",
        Decision::Fail => "fail",
        Decision::Undecided => "undecided",
    }
}

/// `overall`, or else the first metric that has a bar.
fn score(report: &Report) -> Option<Score> {
    let gated = report.in_order().into_iter().map(|(name, _)| name.as_str());
    let gated = gated.filter(|name| report.thresholds.contains_key(*name));
    let of = |name: &str| {
        let estimate = report.estimates.get(name)?;
        let value = estimate.mean?;
        Some(Score { metric: name.to_owned(), value, shown: estimate.show(Some(value)) })
    };
    ["overall"].into_iter().chain(gated).find_map(of)
}
