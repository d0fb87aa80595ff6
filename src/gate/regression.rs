//! Whether the run is worse than its baseline. Cases that are gone, and a baseline that is not there, leave it undecided.

use crate::config::Rule;
use crate::eval::metrics::Scale;
use crate::report::{Breach, Comparison, Difference, DropFinding, Report};

/// What the comparison adds to a verdict.
#[derive(Default)]
pub(super) struct Regression {
    pub(super) breaches: Vec<Breach>,
    /// Why nothing can be decided.
    pub(super) unknown: Vec<String>,
    /// What somebody who relies on a pass should know.
    pub(super) notes: Vec<String>,
}

/// Looks at the comparison if the configuration lets it decide.
pub(super) fn check(report: &Report) -> Regression {
    let mut found = Regression::default();
    let Some((facts, max_drop)) = report.regression.as_ref().and_then(|facts| Some((facts, facts.max_drop?))) else {
        return found;
    };
    // A part of a run has part of the baseline's cases; the whole is compared once it is merged.
    // A run that was stopped has failed already, and has not asked all cases.
    if report.shard.is_some() || report.stopped.is_some() {
        return found;
    }
    let Some(comparison) = &report.comparison else {
        let file = &facts.baseline;
        found.unknown.push(format!("there is no baseline {file}; `llmops baseline` accepts this run as the baseline"));
        return found;
    };
    found.unknown.extend(pairing(comparison));
    for (name, _) in report.thresholds.iter().filter(|(name, _)| report.scale(name) == Scale::Share) {
        match comparison.metrics.get(name) {
            None => found.unknown.push(format!("{name} is not in the baseline, or measures something else there")),
            Some(difference) => found.judge(name, difference, max_drop, report.rule),
        }
    }
    found
}

/// What stands in the way of a comparison of all that the baseline has.
fn pairing(comparison: &Comparison) -> Option<String> {
    const SHOWN: usize = 5;
    let counts = comparison.cases;
    let gone = counts.vanished + counts.changed;
    if gone == 0 {
        return (counts.paired == 0).then(|| "the baseline has no cases".to_owned());
    }
    let mut ids = comparison.gone.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if gone > SHOWN {
        ids.push_str(", ...");
    }
    Some(format!(
        "of the baseline's cases {} are gone and {} were changed ({ids}); restore them, or accept the new dataset with \
         `llmops baseline`",
        counts.vanished, counts.changed
    ))
}

impl Regression {
    fn judge(&mut self, name: &str, difference: &Difference, max_drop: f64, rule: Rule) {
        match difference.drop {
            Some(DropFinding::Shown) => self.breaches.push(Breach {
                metric: name.to_owned(),
                value: difference.current,
                threshold: max_drop,
                n: difference.n,
                judged: None,
                baseline: Some(difference.baseline),
            }),
            Some(DropFinding::Excluded) => {}
            Some(DropFinding::Open) if rule == Rule::Point => self.notes.push(open(name, difference, max_drop)),
            Some(DropFinding::Open) => self.unknown.push(open(name, difference, max_drop)),
            None => self.unknown.push(format!("{name} was not compared with the baseline")),
        }
    }
}

fn open(name: &str, difference: &Difference, max_drop: f64) -> String {
    let Difference { n, change, detectable, .. } = difference;
    let seen = match detectable {
        Some(drop) => format!("{n} cases show drops over {drop:.3}"),
        None => format!("{n} cases are too few to show any drop"),
    };
    format!("{name} changed by {change:+.3}: a drop of more than {max_drop:.3} is neither shown nor excluded; {seen}")
}
