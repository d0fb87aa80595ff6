//! Two variants, case by case.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Variant;
use super::values::{COST, CaseValues, LATENCY, Values};
use crate::eval::metrics::Scale;
use crate::eval::stats::{self, Pairs, cluster_ids, holm};
use crate::report::Difference;
use crate::report::summary::range;

/// Two variants over the cases; differences are the second less the first.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Pair {
    /// Places in the list of variants.
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) metrics: BTreeMap<String, Contrast>,
    /// Cases that the second fails and the first does not, the worst first, then those the other way; the first of each.
    pub(crate) flips: Vec<Flip>,
    /// How many there are each way.
    pub(crate) fell: usize,
    pub(crate) rose: usize,
}

/// A metric of two variants over the cases that either measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Contrast {
    /// The second less the first.
    #[serde(flatten)]
    pub(crate) difference: Difference,
    /// Cases that only the second measured; as those that are `lost` are only of the first.
    pub(crate) gained: usize,
}

/// A case that one variant passes and the other fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Flip {
    pub(crate) id: String,
    pub(crate) line: usize,
    pub(crate) question: String,
    pub(crate) metric: String,
    /// `None` if it could not be measured.
    pub(crate) first: Option<f64>,
    pub(crate) second: Option<f64>,
}

/// Flips of each direction that are listed; all are counted.
const LISTED: usize = 100;
/// What a case must reach to pass a metric that has no bar.
const HALF: f64 = 0.5;

impl Contrast {
    /// Whether the second is better as measured.
    pub(crate) fn is_better(&self) -> bool {
        let Difference { scale, change, .. } = self.difference;
        if scale.lower_is_better() { change < 0.0 } else { change > 0.0 }
    }

    /// Whether the two differ beyond chance.
    pub(crate) fn is_significant(&self) -> bool {
        self.difference.p_adjusted.is_some_and(|p| p <= stats::SIGNIFICANCE)
    }
}

impl Pair {
    pub(super) fn new((first, second): (usize, usize), measured: &[(Variant, Values)], deciding: &str) -> Self {
        let ((variant, one), (_, other)) = (&measured[first], &measured[second]);
        let cases = together(one, other);
        let mut pair = Self { first, second, ..Self::default() };
        // As many tests decide as there are pairs of variants.
        let tests = measured.len() * (measured.len() - 1) / 2;
        for (name, scale) in compared(variant) {
            let contrast = Side { name: &name, scale }.contrast(&cases, tests);
            pair.metrics.extend(contrast.map(|contrast| (name, contrast)));
        }
        pair.find_flips(&cases, variant, deciding);
        pair
    }

    fn find_flips(&mut self, cases: &[Together<'_>], variant: &Variant, deciding: &str) {
        let report = &variant.report;
        let shares = report.thresholds.iter().filter(|(name, _)| report.scale(name) == Scale::Share);
        let mut bars: Vec<(&str, f64)> = shares.map(|(name, bar)| (name.as_str(), *bar)).collect();
        if bars.is_empty() && report.scale(deciding) == Scale::Share {
            bars.push((deciding, HALF));
        }
        let (mut fallen, mut risen) = (Vec::new(), Vec::new());
        for (case, (name, bar)) in cases.iter().flat_map(|case| bars.iter().map(move |bar| (case, bar))) {
            let (first, second) = case.values(name);
            let passes = |value: Option<f64>| value.is_some_and(|value| Scale::Share.meets(value, *bar));
            match (passes(first), passes(second)) {
                (true, false) => fallen.push(case.flip(name)),
                (false, true) => risen.push(case.flip(name)),
                _ => {}
            }
        }
        (self.fell, self.rose) = (fallen.len(), risen.len());
        for flips in [&mut fallen, &mut risen] {
            flips.sort_by(|one, other| size(other).total_cmp(&size(one)));
            flips.truncate(LISTED);
        }
        self.flips = fallen.into_iter().chain(risen).collect();
    }
}

fn size(flip: &Flip) -> f64 {
    (flip.first.unwrap_or_default() - flip.second.unwrap_or_default()).abs()
}

/// The metrics of the report, and time and cost.
fn compared(variant: &Variant) -> Vec<(String, Scale)> {
    let report = &variant.report;
    let mut names: Vec<(String, Scale)> =
        variant.metrics().into_iter().map(|(name, estimate)| (name.clone(), estimate.scale)).collect();
    for (name, scale) in [(COST, Scale::Dollars), (LATENCY, Scale::Milliseconds)] {
        if !report.estimates.contains_key(name) {
            names.push((name.to_owned(), scale));
        }
    }
    names
}

/// One case of both variants.
struct Together<'a> {
    id: &'a str,
    first: Option<&'a CaseValues>,
    second: Option<&'a CaseValues>,
    cluster: usize,
}

impl Together<'_> {
    fn values(&self, metric: &str) -> (Option<f64>, Option<f64>) {
        let value = |case: Option<&CaseValues>| case.and_then(|case| case.values.get(metric).copied());
        (value(self.first), value(self.second))
    }

    fn flip(&self, metric: &str) -> Flip {
        let (first, second) = self.values(metric);
        let case = self.first.or(self.second);
        Flip {
            id: self.id.to_owned(),
            line: case.map(|case| case.line).unwrap_or_default(),
            question: case.map(|case| case.question.clone()).unwrap_or_default(),
            metric: metric.to_owned(),
            first,
            second,
        }
    }
}

/// The cases of either; without clusters, each is its own.
fn together<'a>(one: &'a Values, other: &'a Values) -> Vec<Together<'a>> {
    let only_other = other.order.iter().filter(|id| !one.cases.contains_key(*id));
    let mut clusters: BTreeMap<&str, usize> = BTreeMap::new();
    let cases = one.order.iter().chain(only_other).enumerate();
    let pair = |(place, id): (usize, &'a String)| {
        let (first, second) = (one.cases.get(id), other.cases.get(id));
        let name = first.or(second).and_then(|case| case.cluster.as_deref());
        let cluster = name.map_or(place, |name| *clusters.entry(name).or_insert(place));
        Together { id, first, second, cluster }
    };
    cases.map(pair).collect()
}

struct Side<'a> {
    name: &'a str,
    scale: Scale,
}

impl Side<'_> {
    fn contrast(&self, cases: &[Together<'_>], tests: usize) -> Option<Contrast> {
        let worst = range(self.scale).map(|range| range.low);
        let (mut first, mut second, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
        let (mut lost, mut gained) = (0, 0);
        for case in cases {
            let values = case.values(self.name);
            let (one, other) = match values {
                (Some(one), Some(other)) => (one, other),
                (None, None) => continue,
                _ => {
                    gained += usize::from(values.0.is_none());
                    lost += usize::from(values.1.is_none());
                    let Some(worst) = worst else { continue };
                    (values.0.unwrap_or(worst), values.1.unwrap_or(worst))
                }
            };
            first.push(one);
            second.push(other);
            clusters.push(case.cluster);
        }
        let ids = cluster_ids(&clusters);
        let pairs = Pairs { baseline: &first, current: &second, clusters: Some(&ids), range: range(self.scale) };
        let compared = stats::compare(pairs, stats::SEED)?;
        let tested = (compared.p, stats::Noticing::either_way(tests));
        let difference = Difference::of(self.scale, pairs, &compared, tested)?;
        Some(Contrast { difference: Difference { lost, ..difference }, gained })
    }
}

/// Corrects p by Holm's method in three families: the deciding metric over all pairs of variants; the other metrics over their
/// pairs with the reference; time and cost over all pairs.
pub(super) fn correct(pairs: &mut [Pair], deciding: &str) {
    /// By the pair's first variant, the metric's name and its scale.
    type Belongs<'a> = &'a dyn Fn(usize, &str, Scale) -> bool;
    let decides: Belongs<'_> = &|_, name, _| name == deciding;
    let quality: Belongs<'_> = &|first, name, scale| first == 0 && name != deciding && scale == Scale::Share;
    let spent: Belongs<'_> = &|_, name, scale| name != deciding && scale != Scale::Share;
    for belongs in [decides, quality, spent] {
        let mut family: Vec<&mut Difference> = Vec::new();
        for Pair { first, metrics, .. } in pairs.iter_mut() {
            let members =
                metrics.iter_mut().filter(|(name, contrast)| belongs(*first, name, contrast.difference.scale));
            let members = members.map(|(_, contrast)| &mut contrast.difference);
            family.extend(members.filter(|difference| difference.p.is_some()));
        }
        let p: Vec<f64> = family.iter().filter_map(|difference| difference.p).collect();
        for (difference, adjusted) in family.into_iter().zip(holm(&p)) {
            difference.p_adjusted = Some(adjusted);
        }
    }
}
