//! Statistics of evaluations: how sure a figure is, whether two versions differ, how far judges agree. Pure functions
//! over slices; randomness comes from a seed, so that equal inputs give equal numbers.
//!
//! ```text
//! values of a metric ──> estimate      mean, interval, bounds          ─┐
//! pairs of two versions > comparison   difference, interval, p of a drop ├─> gate
//! values one by one ───> sequential    above, below or open             │
//! labels of a judge ───> judge         corrected rate or mean          ─┘
//! ```
//!
//! Each function is held to numbers of other implementations by `golden`.
//!
//! What cannot be said is `None`: a mean of nothing, an interval of one value. No function returns a number that is not
//! finite for finite input.

mod agreement;
mod bootstrap;
mod classification;
mod clusters;
mod comparison;
mod correlation;
mod distribution;
mod estimate;
pub(crate) mod golden;
mod judge;
mod kappa;
mod kolmogorov;
mod mcnemar;
mod multiple;
mod permutation;
mod power;
mod proportion;
mod rank_test;
mod regression;
mod repeats;
mod sample;
mod sequential;
mod t_test;
mod two_proportions;

pub(crate) use agreement::{Difference, fleiss_kappa, krippendorff_alpha};
pub(crate) use classification::{ClassReport, Confusion, Share, auroc, average_precision, brier_score, class_reports};
pub(crate) use clusters::cluster_ids;
pub(crate) use comparison::{Comparison, Pairs, compare};
pub(crate) use correlation::{kendall_tau_b, pearson, spearman};
pub(crate) use estimate::{Estimate, Sample, estimate};
pub(crate) use judge::{Calibration, Corrected, JudgedRate, Refusal, corrected_rate, powered_mean};
pub(crate) use kappa::{Kappa, Weights, cohen_kappa, graded_kappa};
pub(crate) use mcnemar::Discordant;
pub(crate) use multiple::{benjamini_hochberg, bonferroni, holm};
pub(crate) use power::{Noticing, detectable_miss};
pub(crate) use regression::{Drop, SIGNIFICANCE, judge_drop};
pub(crate) use repeats::{Repeats, pass_all, pass_at};
pub(crate) use sample::{mean, percentile};
pub(crate) use sequential::{BarWagers, Standing, settled};
pub(crate) use two_proportions::Count;

/// Where randomness begins, so that equal values always give equal figures.
pub(crate) const SEED: u64 = 1;

/// The confidence of every interval, and of every one-sided bound, that the gate reads.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// A range of values, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Interval {
    /// The range of shares and of scores.
    pub(crate) const UNIT: Self = Self { low: 0.0, high: 1.0 };

    fn around(center: f64, half_width: f64) -> Self {
        Self { low: center - half_width, high: center + half_width }
    }

    /// The part of it that lies in a scale's range.
    fn within(self, range: Option<Self>) -> Self {
        range.map_or(self, |range| Self {
            low: self.low.clamp(range.low, range.high),
            high: self.high.clamp(range.low, range.high),
        })
    }
}

/// Which results speak against the null hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alternative {
    TwoSided,
    Less,
    Greater,
}

/// A test's statistic and the chance of one at least as extreme if there were no difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tested {
    pub(crate) statistic: f64,
    pub(crate) p: f64,
}

/// The share that `part` is of `whole`; 0 of nothing.
pub(crate) fn share_of(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cases are far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}
