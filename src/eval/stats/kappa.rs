//! Cohen's kappa: how far two raters agree beyond chance.

use super::proportion::critical;
use super::{CONFIDENCE, Interval, float};

/// How much a disagreement counts, by the distance of the two categories in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weights {
    /// Every disagreement alike: categories without an order.
    Plain,
    Linear,
    Quadratic,
}

impl Weights {
    fn disagreement(self, first: usize, second: usize) -> f64 {
        let distance = float(first.abs_diff(second));
        match self {
            Self::Plain => distance.min(1.0),
            Self::Linear => distance,
            Self::Quadratic => distance * distance,
        }
    }
}

/// Agreement beyond chance: 1 complete, 0 as by chance, below 0 worse than chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kappa {
    pub(crate) value: f64,
    /// The large-sample standard error; 0 where the raters agree on everything.
    pub(crate) error: f64,
    /// At 95 %; `None` for a single item.
    pub(crate) interval: Option<Interval>,
}

/// `first` and `second` are two raters' categories of the same items, as places from 0 in their order. `None` without items,
/// or if both raters only ever use one and the same category: then chance agrees on everything.
///
/// The interval is the large-sample one after two items are added that agree by chance only, because without them complete
/// agreement on a few items would look certain.
///
/// Source: Cohen 1968, "Weighted kappa"; Fleiss, Cohen and Everitt 1969, "Large sample standard errors of kappa and weighted
/// kappa".
pub(crate) fn cohen_kappa(first: &[usize], second: &[usize], weights: Weights) -> Option<Kappa> {
    let distance = |row, column| weights.disagreement(row, column);
    kappa_by(&Table::new(first, second), &distance)
}

/// The same for grades from 0 to 1, with the squares of their distances as weights. Grades are told apart to a thousandth.
///
/// Source: Cohen 1968; of grades on an even scale it is the quadratic kappa of their places.
pub(crate) fn graded_kappa(first: &[f64], second: &[f64]) -> Option<Kappa> {
    const FINENESS: f64 = 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "a thousandth of a grade from 0 to 1 is a small whole number")]
    let step = |grade: &f64| (grade * FINENESS).round() as i32;
    let mut levels: Vec<i32> = first.iter().chain(second).map(step).collect();
    levels.sort_unstable();
    levels.dedup();
    let places = |grades: &[f64]| -> Vec<usize> {
        grades.iter().map(|grade| levels.partition_point(|level| *level < step(grade))).collect()
    };
    let table = Table::new(&places(first), &places(second));
    kappa_by(&table, &|row, column| (f64::from(levels[row] - levels[column]) / FINENESS).powi(2))
}

/// How much it counts if two raters choose these two categories.
type Disagreement<'a> = &'a dyn Fn(usize, usize) -> f64;

fn kappa_by(table: &Table, disagreement: Disagreement<'_>) -> Option<Kappa> {
    const ADDED: f64 = 2.0;
    let (value, error) = table.kappa(disagreement)?;
    let (center, widened) = table.with_chance(ADDED).kappa(disagreement)?;
    let range = Interval { low: -1.0, high: 1.0 };
    let interval = Interval::around(center, critical(CONFIDENCE) * widened).within(Some(range));
    // The added items must not push the interval off the value itself.
    let interval = Interval { low: interval.low.min(value), high: interval.high.max(value) };
    Some(Kappa { value, error, interval: (table.n > 1.0).then_some(interval) })
}

/// The shares of items by the two raters' categories, and how many items they stand for.
struct Table {
    shares: Vec<Vec<f64>>,
    rows: Vec<f64>,
    columns: Vec<f64>,
    n: f64,
}

impl Table {
    fn new(first: &[usize], second: &[usize]) -> Self {
        let size = first.iter().chain(second).max().map_or(0, |last| last + 1);
        let n = float(first.len());
        let mut shares = vec![vec![0.0; size]; size];
        for (row, column) in first.iter().zip(second) {
            shares[*row][*column] += 1.0 / n;
        }
        Self::of_shares(shares, n)
    }

    fn of_shares(shares: Vec<Vec<f64>>, n: f64) -> Self {
        let rows = shares.iter().map(|row| row.iter().sum()).collect();
        let columns = (0..shares.len()).map(|column| shares.iter().map(|row| row[column]).sum()).collect();
        Self { shares, rows, columns, n }
    }

    /// With some items more, which fall as chance has it.
    fn with_chance(&self, items: f64) -> Self {
        let n = self.n + items;
        let mix = |(row, column): (usize, usize)| {
            (self.shares[row][column] * self.n + self.rows[row] * self.columns[column] * items) / n
        };
        let size = self.shares.len();
        let shares = (0..size).map(|row| (0..size).map(|column| mix((row, column))).collect()).collect();
        Self::of_shares(shares, n)
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize)> {
        let size = self.shares.len();
        (0..size).flat_map(move |row| (0..size).map(move |column| (row, column)))
    }

    /// Kappa and its standard error.
    fn kappa(&self, disagreement: Disagreement<'_>) -> Option<(f64, f64)> {
        let most = disagreement(0, self.shares.len().checked_sub(1)?);
        let agreement = |row, column| 1.0 - disagreement(row, column) / most;
        if most <= 0.0 {
            return None;
        }
        let (mut observed, mut expected) = (0.0, 0.0);
        let mut of_rows = vec![0.0; self.rows.len()];
        let mut of_columns = vec![0.0; self.rows.len()];
        for (row, column) in self.cells() {
            let agreed = agreement(row, column);
            observed += agreed * self.shares[row][column];
            expected += agreed * self.rows[row] * self.columns[column];
            of_rows[row] += agreed * self.columns[column];
            of_columns[column] += agreed * self.rows[row];
        }
        if 1.0 - expected < 1e-12 {
            return None;
        }
        let spread = |(row, column): (usize, usize)| {
            let chance = (of_rows[row] + of_columns[column]) * (1.0 - observed);
            self.shares[row][column] * (agreement(row, column) * (1.0 - expected) - chance).powi(2)
        };
        let center = observed * expected - 2.0 * expected + observed;
        let variance = (self.cells().map(spread).sum::<f64>() - center * center).max(0.0) / self.n;
        Some(((observed - expected) / (1.0 - expected), variance.sqrt() / (1.0 - expected).powi(2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_agreement_on_few_items_is_not_certain() {
        let labels = [0, 1, 0, 1, 1, 0, 1, 0, 1, 0];
        let kappa = cohen_kappa(&labels, &labels, Weights::Plain).unwrap();
        let interval = kappa.interval.unwrap();
        assert!((kappa.value - 1.0).abs() < 1e-12 && kappa.error < 1e-6);
        assert!(interval.low < 0.7 && interval.high >= 1.0, "{interval:?}");
    }

    #[test]
    fn one_category_alone_has_no_kappa() {
        assert_eq!(cohen_kappa(&[0, 0], &[0, 0], Weights::Plain), None);
        assert_eq!(cohen_kappa(&[1, 1], &[1, 1], Weights::Linear), None);
        assert_eq!(cohen_kappa(&[], &[], Weights::Plain), None);
    }

    #[test]
    fn standard_errors_agree_with_statsmodels() {
        // statsmodels 0.15.0, `cohens_kappa`.
        let table = [[20, 5, 1], [3, 15, 4], [0, 2, 10]];
        let cells = (0..3).flat_map(|row| (0..3).map(move |column| (row, column)));
        let items = cells.flat_map(|(row, column)| std::iter::repeat_n((row, column), table[row][column]));
        let (first, second): (Vec<usize>, Vec<usize>) = items.unzip();
        let expected = [
            (Weights::Plain, 0.615_055_603_079_555_1, 0.085_839_382_319_260_24),
            (Weights::Linear, 0.680_426_098_535_286_3, 0.075_867_851_593_827_74),
            (Weights::Quadratic, 0.750_922_509_225_092_3, 0.071_465_018_297_244_29),
        ];
        for (weights, value, error) in expected {
            let kappa = cohen_kappa(&first, &second, weights).unwrap();
            assert!((kappa.value - value).abs() < 1e-12 && (kappa.error - error).abs() < 1e-12, "{kappa:?}");
        }
        // Grades on an even scale are categories in their order.
        let grade = |places: &[usize]| -> Vec<f64> { places.iter().map(|place| 0.25 + 0.3 * float(*place)).collect() };
        let kappa = graded_kappa(&grade(&first), &grade(&second)).unwrap();
        let (_, value, error) = expected[2];
        assert!((kappa.value - value).abs() < 1e-12 && (kappa.error - error).abs() < 1e-12, "{kappa:?}");
        assert_eq!(graded_kappa(&[0.5, 0.5], &[0.5, 0.5001]), None);
    }
}
