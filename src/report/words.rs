//! How every format says the facts and the numbers of a report.

use super::calibration::Correction;
use super::{Decision, Estimate, RepeatFigures, Report};
use crate::eval::Stopped;
use crate::eval::metrics::Scale;
use crate::text::count;

/// A metric's line in a table.
pub(super) struct Numbers<'a> {
    pub(super) name: &'a str,
    pub(super) estimate: &'a Estimate,
    pub(super) bar: Option<f64>,
    pub(super) is_breached: bool,
    /// Whether the gate decides nothing by it, since the judge is not known to be good enough.
    pub(super) is_distrusted: bool,
}

/// Where the true difference is with 95 % confidence: `[-0.070, -0.010]`; empty if that cannot be said.
pub(super) fn range_of_change(scale: Scale, low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("[{}, {}]", scale.show_change(low), scale.show_change(high)),
        _ => String::new(),
    }
}

/// The chance of a difference if there were none.
pub(super) fn show_p(p: Option<f64>) -> String {
    match p {
        None => "not tested".to_owned(),
        Some(p) if p < 0.001 => "p < 0.001".to_owned(),
        Some(p) => format!("p = {p:.3}"),
    }
}

/// The metrics of a report in their order.
pub(super) fn numbers(report: &Report) -> impl Iterator<Item = Numbers<'_>> {
    report.in_order().into_iter().map(|(name, estimate)| Numbers {
        name,
        estimate,
        bar: report.thresholds.get(name).copied(),
        is_breached: report.misses_bar(name),
        is_distrusted: report.distrust(name).is_some(),
    })
}

impl Numbers<'_> {
    /// What is held against the bar: the mean, corrected for a judge's errors where they are known.
    pub(super) fn compared(&self) -> Option<f64> {
        self.estimate.compared().map(|compared| compared.value)
    }

    pub(super) fn value(&self) -> String {
        self.estimate.show(self.compared().or(self.estimate.mean))
    }

    /// `≥ 0.800`, turned round where the value does not meet it.
    pub(super) fn bar(&self) -> Option<String> {
        let (bar, scale) = (self.bar?, self.estimate.scale);
        let meets = !self.is_breached && self.compared().is_some_and(|value| scale.meets(value, bar));
        let sign = match (scale.lower_is_better(), meets) {
            (false, true) => "≥",
            (false, false) => "<",
            (true, true) => "≤",
            (true, false) => ">",
        };
        Some(format!("{sign} {}", scale.show(bar)))
    }

    /// Where the true mean is with 95 % confidence: `[0.702, 0.811]`.
    pub(super) fn interval(&self) -> Option<String> {
        let known = self.estimate.calibration.as_ref().filter(|correction| correction.value.is_some());
        let (low, high) = known.map_or((self.estimate.low, self.estimate.high), |known| (known.low, known.high));
        self.range(low, high)
    }

    fn range(&self, low: Option<f64>, high: Option<f64>) -> Option<String> {
        Some(format!("[{}, {}]", self.estimate.scale.show(low?), self.estimate.scale.show(high?)))
    }

    /// How many cases the value rests on, what their repeats showed, and how many it leaves out.
    pub(super) fn cases(&self) -> String {
        let estimate = self.estimate;
        let mut about = vec![format!("n = {}", estimate.n)];
        about.extend(estimate.clusters.map(|clusters| format!("{clusters} clusters")));
        about.extend(estimate.repeats.map(|repeats| {
            let RepeatFigures { k, spread, pass_at_k, pass_all_k, flaky } = repeats;
            format!("pass@{k} {pass_at_k:.3}, pass^{k} {pass_all_k:.3}, spread {spread:.3}, {flaky} flaky")
        }));
        let left = [("skipped", estimate.skipped), ("n/a", estimate.not_applicable), ("errored", estimate.errored)];
        about.extend(left.iter().filter(|(_, number)| *number > 0).map(|(name, number)| format!("{number} {name}")));
        about.extend(estimate.judged.about());
        about.extend(self.correction());
        about.join(", ")
    }

    /// Where the value is corrected, what the judge gave: `judged 0.842 [0.779, 0.901], corrected by 80 labels, kappa 0.71`.
    fn correction(&self) -> Option<String> {
        let Correction { kappa, n_labels, value, .. } = self.estimate.calibration.as_ref()?;
        let kappa = kappa.map_or_else(|| "no kappa".to_owned(), |kappa| format!("kappa {kappa:.2}"));
        if value.is_none() {
            return Some(format!("{n_labels} labels cannot correct it, {kappa}"));
        }
        let range =
            self.range(self.estimate.low, self.estimate.high).map_or_else(String::new, |range| format!(" {range}"));
        let judged = self.estimate.show(self.estimate.mean);
        Some(format!("judged {judged}{range}, corrected by {n_labels} labels, {kappa}"))
    }
}

impl Decision {
    /// What the run is.
    pub(super) fn adjective(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Fail => "failed",
            Self::Undecided => "undecided",
        }
    }
}

impl Report {
    /// What was tested and how much of it, a few words each.
    pub(super) fn about(&self) -> Vec<String> {
        let mut about = vec![self.project.clone()];
        about.extend(self.shard.map(|facts| facts.shard.to_string()));
        about.extend(self.prompt.as_ref().map(|prompt| format!("{}@{}", prompt.name, prompt.version)));
        about.push(self.target.model.clone().unwrap_or_else(|| format!("{} target", self.target.kind)));
        let counts = self.cases;
        let cases = if let (true, Some(stopped)) = (counts.finished < counts.total, self.stopped) {
            let why = match stopped {
                Stopped::Decided => "the rest could not change the verdict",
                Stopped::Confident => "95 % confident",
            };
            format!("{} of {} cases ({why})", counts.finished, counts.total)
        } else if counts.finished == counts.total {
            count(counts.total, "case")
        } else {
            format!("{} of {} cases", counts.finished, counts.total)
        };
        let repeats = if self.repeats > 1 { format!(" × {}", self.repeats) } else { String::new() };
        about.push(format!("{cases}{repeats} in {}", seconds(self.duration_ms)));
        about
    }

    /// Whether the mean misses its bar; a drop since the baseline is another breach.
    pub(super) fn misses_bar(&self, metric: &str) -> bool {
        self.verdict.breaches.iter().any(|breach| breach.metric == metric && breach.baseline.is_none())
    }

    /// The dataset's file as the repository's tools name it.
    pub(super) fn dataset_in_repository(&self) -> String {
        let folder = self.git.as_ref().map_or("", |git| git.folder.as_str());
        format!("{folder}{}", self.dataset.trim_start_matches("./"))
    }
}

fn seconds(milliseconds: f64) -> String {
    if milliseconds < 1000.0 { format!("{milliseconds:.0} ms") } else { format!("{:.1} s", milliseconds / 1000.0) }
}
