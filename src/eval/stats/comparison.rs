//! Two versions on the same cases, paired by case.
//!
//! | values | interval and bounds of the difference | p of a drop, and of any difference |
//! | --- | --- | --- |
//! | 0 and 1 only | Tango; bounds with continuity correction | exact `McNemar` |
//! | graded | padded t; where all pairs are equal, unseen share | sign flips: all up to 18, else random |
//! | in clusters | padded t of clusters (CR1, G - 1 degrees) | sign flips of whole clusters |
//!
//! The interval of graded differences held the true one in 94 % of simulated runs or more at 20, 50 and 200 pairs, for smooth
//! differences and where 3 % or 10 % of cases break; the one-sided bounds in 92 %. Plain t fell to 45 % where few cases break.
//! Tango's held it in 94.6 % or more, the corrected bounds in 95 %.
//!
//! Above 2,000 pairs or clusters the p of graded values is Student's. `estimate` says what padding and unseen share are.

use super::clusters::{Clustered, cluster_sums};
use super::estimate::{Limits, Method, clustered, count_clusters, independent};
use super::mcnemar::Discordant;
use super::permutation::{MOST_EXACT, flip_signs};
use super::power::{Noticing, detectable_difference, detectable_discordance};
use super::sample::{are_binary, is_zero, mean, standard_deviation};
use super::t_test::paired_t_test;
use super::{CONFIDENCE, Interval, float, share_of};

/// The values of two versions, of equal length; all finite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pairs<'a> {
    pub(crate) baseline: &'a [f64],
    pub(crate) current: &'a [f64],
    /// The cluster of each case, as `cluster_ids` numbers them.
    pub(crate) clusters: Option<&'a [usize]>,
    /// The ends of the scale, if it has any.
    pub(crate) range: Option<Interval>,
}

/// What the current version is to the baseline. All differences are current less baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) n: usize,
    /// How many clusters the cases fall into, if they were given and are fewer than the cases.
    pub(crate) clusters: Option<usize>,
    pub(crate) difference: f64,
    /// The standard deviation of the differences; `None` for one pair.
    pub(crate) sd: Option<f64>,
    pub(crate) wins: usize,
    pub(crate) ties: usize,
    pub(crate) losses: usize,
    /// Holds the true difference in 95 % of runs; `None` below two pairs or two clusters, or if all differences are equal on a
    /// scale without ends.
    pub(crate) interval: Option<Interval>,
    /// The true difference is above `low` with 95 % confidence, and below `high` with the same. `None` as the interval.
    pub(crate) bounds: Option<Interval>,
    pub(crate) method: Method,
    /// The chance of a difference so low if the versions were alike: one-sided. `None` below two pairs or two clusters.
    pub(crate) p_drop: Option<f64>,
    /// The chance of a difference so far from 0 if the versions were alike: two-sided. `None` as `p_drop`.
    pub(crate) p: Option<f64>,
    /// What both were computed by.
    pub(crate) test: PairedTest,
}

impl Comparison {
    /// Pairs in which the two versions differ.
    pub(crate) fn discordant(&self) -> usize {
        self.wins + self.losses
    }

    /// Whether the current version is worse by less than `margin` (above 0), with 95 % confidence. `None` if nothing can be
    /// said.
    pub(crate) fn is_not_inferior(&self, margin: f64) -> Option<bool> {
        self.bounds.map(|bounds| bounds.low > -margin)
    }
}

/// How a p was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairedTest {
    None,
    McNemar,
    AllSigns,
    RandomSigns,
    T,
}

impl PairedTest {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::McNemar => "exact McNemar",
            Self::AllSigns => "exact sign-flip permutation",
            Self::RandomSigns => "sign-flip permutation",
            Self::T => "paired t",
        }
    }
}

/// Compares; `None` without pairs, if the two have different lengths, or if a value is not finite.
pub(crate) fn compare(pairs: Pairs<'_>, seed: u64) -> Option<Comparison> {
    if pairs.baseline.len() != pairs.current.len() {
        return None;
    }
    let differences = pairs.differences();
    let difference = mean(&differences).filter(|difference| difference.is_finite())?;
    let clusters = pairs.clusters.and_then(|ids| count_clusters(&differences, ids));
    let (wins, losses) = (count(&differences, 1.0), count(&differences, -1.0));
    let limits = pairs.limits(&differences, clusters, seed);
    let (chance, test) = pairs.test(&differences, clusters, seed);
    Some(Comparison {
        n: differences.len(),
        clusters,
        difference,
        sd: standard_deviation(&differences),
        wins,
        ties: differences.len() - wins - losses,
        losses,
        interval: limits.0,
        bounds: limits.1,
        method: limits.2,
        p_drop: chance.map(|chance| chance.drop),
        p: chance.map(|chance| chance.any),
        test,
    })
}

/// How likely a difference is between versions that are alike.
#[derive(Clone, Copy)]
struct Chance {
    /// One so low.
    drop: f64,
    /// One so far from 0, either way.
    any: f64,
}

fn count(differences: &[f64], sign: f64) -> usize {
    differences.iter().filter(|difference| **difference * sign > 0.0).count()
}

impl Pairs<'_> {
    /// The smallest true drop that such pairs show in 80 % of runs, alone: it must be told from chance and be seen as larger
    /// than `allowed`. `None` on a scale without ends, or if even the largest is not seen.
    pub(crate) fn detectable(&self, compared: &Comparison, noticing: Noticing) -> Option<f64> {
        let width = self.range.map(|range| range.high - range.low)?;
        if let (Some(ids), Some(clusters)) = (self.clusters, compared.clusters) {
            // So many independent values would have the same standard error.
            let error = Clustered::new(&self.differences(), ids)?.corrected_error();
            return detectable_difference(clusters, error * float(clusters).sqrt(), Some(width), noticing);
        }
        if self.are_binary() {
            return detectable_discordance(compared.n, share_of(compared.discordant(), compared.n), noticing);
        }
        detectable_difference(compared.n, compared.sd?, Some(width), noticing)
    }

    fn differences(&self) -> Vec<f64> {
        self.current.iter().zip(self.baseline).map(|(now, before)| now - before).collect()
    }

    fn are_binary(&self) -> bool {
        self.range == Some(Interval::UNIT) && are_binary(self.baseline) && are_binary(self.current)
    }

    fn limits(&self, differences: &[f64], clusters: Option<usize>, seed: u64) -> Limits {
        let width = self.range.map(|range| range.high - range.low);
        let range = width.map(|width| Interval { low: -width, high: width });
        match (self.clusters, clusters) {
            (Some(ids), Some(_)) => clustered(differences, ids, range),
            _ if self.are_binary() && differences.len() > 1 => {
                let pairs = discordant(differences);
                let interval = pairs.interval(differences.len(), CONFIDENCE);
                (Some(interval), Some(pairs.bounds(differences.len(), CONFIDENCE)), Method::Tango)
            }
            _ => independent(differences, range, seed),
        }
    }

    fn test(&self, differences: &[f64], clusters: Option<usize>, seed: u64) -> (Option<Chance>, PairedTest) {
        let (chance, test) = match (self.clusters, clusters) {
            (Some(_), Some(0 | 1)) => return (None, PairedTest::None),
            _ if differences.len() < 2 => return (None, PairedTest::None),
            (Some(ids), Some(_)) => graded(&cluster_sums(differences, ids), seed),
            _ if self.are_binary() => {
                let pairs = discordant(differences);
                (Chance { drop: pairs.p_of_drop(), any: pairs.exact().p }, PairedTest::McNemar)
            }
            _ => graded(differences, seed),
        };
        (Some(chance), test)
    }
}

fn discordant(differences: &[f64]) -> Discordant {
    Discordant { won: count(differences, 1.0), lost: count(differences, -1.0) }
}

fn graded(differences: &[f64], seed: u64) -> (Chance, PairedTest) {
    /// Beyond, the mean of the signs is as good as normal, and flipping would take seconds.
    const MOST_FLIPPED: usize = 2_000;
    let moved = differences.iter().filter(|difference| !is_zero(**difference)).count();
    if let Some(tested) = paired_t_test(differences).filter(|_| moved > MOST_FLIPPED) {
        return (Chance { drop: tested.p_below(), any: tested.p }, PairedTest::T);
    }
    // Without variance, more of the same differences say nothing new that a p could show.
    let most = if moved <= MOST_EXACT { differences.len() } else { differences.len().min(MOST_FLIPPED * 10) };
    let flipped = flip_signs(&differences[..most], seed);
    let test = if moved <= MOST_EXACT { PairedTest::AllSigns } else { PairedTest::RandomSigns };
    (Chance { drop: flipped.below, any: flipped.two_sided() }, test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs<'a>(baseline: &'a [f64], current: &'a [f64]) -> Pairs<'a> {
        Pairs { baseline, current, clusters: None, range: Some(Interval::UNIT) }
    }

    #[test]
    fn passes_and_failures_are_compared_by_the_pairs_that_differ() {
        let baseline = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0];
        let current = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        let compared = compare(pairs(&baseline, &current), 1).unwrap();
        assert_eq!((compared.wins, compared.ties, compared.losses, compared.discordant()), (1, 2, 5, 6));
        assert_eq!((compared.method, compared.test), (Method::Tango, PairedTest::McNemar));
        // Of 64 outcomes of six pairs, seven have five or six losses.
        assert!((compared.p_drop.unwrap() - 7.0 / 64.0).abs() < 1e-12);
        assert!((compared.p.unwrap() - 14.0 / 64.0).abs() < 1e-12);
        assert_eq!(compared.is_not_inferior(0.03), Some(false));
    }

    #[test]
    fn a_drop_of_graded_values_is_tested_by_signs() {
        let baseline = [0.9, 0.8, 0.7, 0.95, 0.85];
        let current = [0.8, 0.75, 0.5, 0.9, 0.8];
        let compared = compare(pairs(&baseline, &current), 1).unwrap();
        assert_eq!((compared.method, compared.test), (Method::PaddedT, PairedTest::AllSigns));
        assert!((compared.p_drop.unwrap() - 1.0 / 32.0).abs() < 1e-12);
        assert!((compared.p.unwrap() - 2.0 / 32.0).abs() < 1e-12);
        let clustered = Pairs { clusters: Some(&[0, 0, 0, 1, 1]), ..pairs(&baseline, &current) };
        let compared = compare(clustered, 1).unwrap();
        assert_eq!((compared.method, compared.clusters), (Method::ClusteredT, Some(2)));
        assert!((compared.p_drop.unwrap() - 0.25).abs() < 1e-12);
    }

    /// The two-sided p is that of the golden row of its test, whatever way the pairs reach it.
    #[test]
    fn a_difference_either_way_is_tested_as_the_golden_rows_are() {
        let golden = include_str!("../../../data/golden/stats.jsonl");
        let rows = golden.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let mut checked = 0;
        for row in rows.filter(|row| row["metric"] == "paired_permutation_exact") {
            let values = |key: &str| -> Vec<f64> { serde_json::from_value(row["input"][key].clone()).unwrap() };
            let (current, baseline) = (values("a"), values("b"));
            let range = Some(Interval { low: -1e9, high: 1e9 });
            let compared = compare(Pairs { range, ..pairs(&baseline, &current) }, 1).unwrap();
            let expected = row["expected"]["p"].as_f64().unwrap();
            assert!((compared.p.unwrap() - expected).abs() < 1e-9, "{} {compared:?}", row["id"]);
            checked += 1;
        }
        assert!(checked > 0);
    }

    #[test]
    fn equal_versions_leave_room_for_a_difference() {
        let values = [0.25; 20];
        let compared = compare(pairs(&values, &values), 1).unwrap();
        let (interval, bounds) = (compared.interval.unwrap(), compared.bounds.unwrap());
        assert!(interval.low < -0.16 && interval.high > 0.16 && bounds.low < -0.13, "{compared:?}");
        assert!(compared.p_drop.unwrap() >= 1.0 && compared.ties == 20);
    }

    #[test]
    fn a_visible_drop_is_larger_than_allowed_and_larger_in_clusters() {
        let baseline: Vec<f64> = (0..400).map(|case| if case % 20 == 0 { 0.0 } else { 1.0 }).collect();
        let current: Vec<f64> = (0..400).map(|case| if case < 16 { 0.0 } else { 1.0 }).collect();
        let ids: Vec<usize> = (0..400).map(|case| case / 20).collect();
        let alone = pairs(&baseline, &current);
        let detectable = |pairs: Pairs<'_>, allowed| {
            let compared = compare(pairs, 1).unwrap();
            pairs.detectable(&compared, Noticing::drop(allowed)).unwrap()
        };
        let (none, some) = (detectable(alone, 0.0), detectable(alone, 0.03));
        assert!(none > 0.03 && some > none && some < 0.05, "{none} {some}");
        assert!(detectable(Pairs { clusters: Some(&ids), ..alone }, 0.0) > 1.5 * none);
    }

    #[test]
    fn what_cannot_be_compared_is_not() {
        assert_eq!(compare(pairs(&[], &[]), 1), None);
        assert_eq!(compare(pairs(&[1.0], &[1.0, 0.0]), 1), None);
        let one = compare(pairs(&[1.0], &[0.0]), 1).unwrap();
        assert_eq!((one.interval, one.bounds, one.p_drop, one.is_not_inferior(0.1)), (None, None, None, None));
        let cluster = Pairs { clusters: Some(&[0, 0]), ..pairs(&[1.0, 0.5], &[0.0, 0.5]) };
        let one = compare(cluster, 1).unwrap();
        assert_eq!((one.interval, one.p_drop, one.p), (None, None, None));
    }

    #[test]
    fn many_pairs_are_compared_by_t() {
        let baseline: Vec<f64> = (0..3_000).map(|case| f64::from(case % 10) / 10.0).collect();
        let current: Vec<f64> = (0..3_000).map(|case| f64::from(case % 7) / 10.0).collect();
        let compared = compare(pairs(&baseline, &current), 1).unwrap();
        assert_eq!(compared.test, PairedTest::T);
        assert!(
            compared.p_drop.unwrap() < 1e-10 && compared.p.unwrap() < 1e-10 && compared.interval.unwrap().high < -0.1
        );
    }
}
