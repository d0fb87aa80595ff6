//! `llmops compare --promote`: the better version becomes what a label means.

use std::path::Path;

use super::super::prompt::label::{Moved, promote as move_label};
use super::super::{evaluation, output};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::prompt::DRAFT;
use crate::report::PromptFacts;
use crate::report::experiment::{Experiment, Experiments, Variant};

/// Lets the label mean the better version of each comparison. `file` holds the comparison. What is not moved is said; only a
/// label that refuses a better version is an error.
pub(super) fn promote(config: &Config, experiments: &Experiments, (label, file): (&str, &Path)) -> Result<Vec<Moved>> {
    let mut moved = Vec::new();
    let mut failures = Vec::new();
    for experiment in &experiments.comparisons {
        let (variant, facts) = match better(experiment) {
            Ok(found) => found,
            Err(why) => {
                output::note(&format!("{label} is not moved: {why}"));
                continue;
            }
        };
        let Some(evaluation) = evaluation::of(&variant.report, file)? else { continue };
        let which = (facts.name.as_str(), facts.version.as_str(), facts.digest.as_str());
        match move_label(config, which, Some(evaluation.evidence), (label, &reason(experiment, variant))) {
            Ok(done) => moved.push(done),
            Err(error) => failures.push(error),
        }
    }
    Error::all(failures).map_or(Ok(moved), Err)
}

/// The better variant, if it is a version that a label could mean; else why it is not.
fn better(experiment: &Experiment) -> std::result::Result<(&Variant, &PromptFacts), String> {
    let Some(name) = &experiment.recommendation.variant else {
        return Err("these cases cannot tell which is better".to_owned());
    };
    let models = |variant: &Variant| variant.report.target.model.clone();
    if experiment.variants.windows(2).any(|two| models(&two[0]) != models(&two[1])) {
        return Err("the variants differ in their models, which a label of a prompt does not choose".to_owned());
    }
    let winner = experiment.variants.iter().find(|variant| variant.name == *name);
    match winner.and_then(|variant| Some((variant, variant.report.prompt.as_ref()?))) {
        None => Err(format!("{name} is no version of a prompt")),
        Some((_, facts)) if facts.version == DRAFT => Err(format!(
            "{name} is better and no release; release it, compare that, or move the label with `llmops prompt label`"
        )),
        Some(found) => Ok(found),
    }
}

/// What the history will say of it.
fn reason(experiment: &Experiment, variant: &Variant) -> String {
    let cases = variant.report.estimates.get(&experiment.metric).map_or(variant.report.cases.finished, |known| known.n);
    format!("llmops compare: {} (n = {cases})", experiment.recommendation.reasons.join("; "))
}
