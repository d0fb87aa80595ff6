//! Agreement of many raters: Fleiss' kappa, Krippendorff's alpha.

use super::float;
use super::sample::is_zero;

/// How far apart two values are, by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    Nominal,
    Ordinal,
    Interval,
}

/// Fleiss' kappa of two or more raters who all rated every item; `ratings[rater][item]` is a category's place from 0. `None`
/// if nothing was rated, the raters rated different numbers of items, or chance agrees on everything.
///
/// Source: Fleiss 1971, "Measuring nominal scale agreement among many raters".
pub(crate) fn fleiss_kappa(ratings: &[Vec<usize>]) -> Option<f64> {
    let items = ratings.first()?.len();
    if ratings.len() < 2 || items == 0 || ratings.iter().any(|rater| rater.len() != items) {
        return None;
    }
    let size = ratings.iter().flatten().max()? + 1;
    let raters = float(ratings.len());
    let mut totals = vec![0.0; size];
    let mut agreed = 0.0;
    for item in 0..items {
        let mut counts = vec![0.0; size];
        for rater in ratings {
            counts[rater[item]] += 1.0;
        }
        agreed += counts.iter().map(|count| count * (count - 1.0)).sum::<f64>() / (raters * (raters - 1.0));
        totals.iter_mut().zip(&counts).for_each(|(total, count)| *total += count);
    }
    let expected: f64 = totals.iter().map(|total| (total / (float(items) * raters)).powi(2)).sum();
    (1.0 - expected > 1e-12).then(|| (agreed / float(items) - expected) / (1.0 - expected))
}

/// Krippendorff's alpha: 1 complete agreement, 0 as by chance. Any number of raters, missing ratings allowed;
/// `ratings[rater][item]`. `None` if no item has two ratings, or all ratings are equal.
///
/// Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".
pub(crate) fn krippendorff_alpha(ratings: &[Vec<Option<f64>>], difference: Difference) -> Option<f64> {
    let table = Coincidences::new(ratings);
    let n: f64 = table.totals.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for row in 0..table.values.len() {
        for column in 0..table.values.len() {
            let distance = table.distance(row, column, difference);
            observed += table.pairs[row][column] * distance;
            expected += table.totals[row] * table.totals[column] * distance;
        }
    }
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}

/// How often two values were given to one item, each item with its pairs weighing as many as its ratings.
struct Coincidences {
    values: Vec<f64>,
    pairs: Vec<Vec<f64>>,
    totals: Vec<f64>,
}

impl Coincidences {
    fn new(ratings: &[Vec<Option<f64>>]) -> Self {
        let items = ratings.iter().map(Vec::len).max().unwrap_or(0);
        let rated = |item| ratings.iter().filter_map(move |rater| rater.get(item).copied().flatten());
        let paired = || (0..items).map(|item| rated(item).collect::<Vec<f64>>()).filter(|given| given.len() > 1);
        let mut values: Vec<f64> = paired().flatten().collect();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|left, right| is_zero(*left - *right));
        let place = |value: f64| values.partition_point(|known| *known < value);
        let mut pairs = vec![vec![0.0; values.len()]; values.len()];
        for given in paired() {
            for (rater, first) in given.iter().enumerate() {
                for (other, second) in given.iter().enumerate() {
                    if rater != other {
                        pairs[place(*first)][place(*second)] += 1.0 / float(given.len() - 1);
                    }
                }
            }
        }
        let totals = pairs.iter().map(|row| row.iter().sum()).collect();
        Self { values, pairs, totals }
    }

    fn distance(&self, row: usize, column: usize, difference: Difference) -> f64 {
        match difference {
            Difference::Nominal => f64::from(u8::from(row != column)),
            Difference::Interval => (self.values[row] - self.values[column]).powi(2),
            Difference::Ordinal => {
                let between: f64 = self.totals[row.min(column)..=row.max(column)].iter().sum();
                (between - 0.5 * (self.totals[row] + self.totals[column])).powi(2)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_disagree_on_has_no_figure() {
        assert_eq!(fleiss_kappa(&[vec![0, 0], vec![0, 0]]), None);
        assert_eq!(fleiss_kappa(&[vec![0, 1]]), None);
        assert_eq!(fleiss_kappa(&[]), None);
        let alone = [vec![Some(1.0), None], vec![None, Some(2.0)]];
        assert_eq!(krippendorff_alpha(&alone, Difference::Nominal), None);
        assert_eq!(krippendorff_alpha(&[], Difference::Interval), None);
    }
}
