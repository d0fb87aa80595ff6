//! Whether a run fits into what providers allow.

use super::finding::Finding;
use super::{Patient, models};
use crate::eval::Dataset;
use crate::text::count;

/// A run that takes longer than this is worth a word.
const LONG_MINUTES: usize = 30;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = &patient.config;
    let file = &config.eval.dataset.value;
    let Ok(dataset) = Dataset::read(&config.path(file), file) else {
        return vec![Finding::skipped("the dataset cannot be read")];
    };
    let answers = dataset.cases * config.eval.repeats as usize;
    let Some(model) = models::target(config) else {
        return vec![Finding::skipped("the application calls its models itself")];
    };
    let mut found = Vec::new();
    let daily = config.cost.models.iter().filter(|cost| cost.model.value == model.to_string());
    for allowed in daily.filter_map(|cost| cost.requests_per_day).filter(|allowed| *allowed < answers) {
        found.push(Finding::problem(
            format!("a run asks {model} {}, and [cost.models.\"{model}\"] allows {allowed} a day", times(answers)),
            "ask fewer cases at once (--shard 1/2), or go on the next day with --resume: answers that are kept are not asked for again",
        ));
    }
    let per_minute = config.limits.iter().filter(|limits| limits.provider == model.provider);
    for allowed in per_minute.filter_map(|limits| limits.requests_per_minute) {
        let minutes = answers.div_ceil(allowed.max(1));
        if minutes > LONG_MINUTES {
            found.push(Finding::warning(
                format!(
                    "with {allowed} requests a minute, as [limits.{}] says, a run takes {minutes} min",
                    model.provider
                ),
                "a matrix of shards shares the time, not the limit; see docs/runs.md of llmops",
            ));
        }
    }
    if found.is_empty() {
        found.push(Finding::ok(format!("a run asks {model} {}", times(answers))));
    }
    found
}

fn times(number: usize) -> String {
    count(number, "time")
}
