//! Kolmogorov and Smirnov's test of whether two samples come from one distribution.

use std::f64::consts::PI;

use super::{Tested, float};

/// Two-sided; the statistic is the largest distance between the two distributions. Its p is that of one sample of
/// n m / (n + m) values, as scipy's asymptotic method has it. `None` for an empty sample.
pub(crate) fn ks_two_sample(first: &[f64], second: &[f64]) -> Option<Tested> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let distance = distance(first, second);
    let (one, two) = (float(first.len()), float(second.len()));
    let n = (one * two / (one + two)).round_ties_even().max(1.0);
    Some(Tested { statistic: distance, p: (1.0 - chance_below(distance, n)).clamp(0.0, 1.0) })
}

fn distance(first: &[f64], second: &[f64]) -> f64 {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let (first, second) = (sorted(first), sorted(second));
    let share = |values: &[f64], at: f64| float(values.partition_point(|value| *value <= at)) / float(values.len());
    let gaps = first.iter().chain(&second).map(|at| (share(&first, *at) - share(&second, *at)).abs());
    gaps.fold(0.0, f64::max)
}

/// The chance that the largest distance of a sample of `n` values from its own distribution is below `d`.
fn chance_below(d: f64, n: f64) -> f64 {
    /// Up to here the exact chance costs less than a millisecond.
    const MOST_EXACT: f64 = 140.0;
    if d >= 1.0 {
        1.0
    } else if n * d * d > 18.0 {
        // What remains is below 1e-15.
        1.0
    } else if n <= MOST_EXACT {
        exactly_below(d, n)
    } else {
        approximately_below(d, n)
    }
}

/// Source: Marsaglia, Tsang and Wang 2003, "Evaluating Kolmogorov's Distribution".
fn exactly_below(d: f64, n: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "n is at most 140 and d at most 1")]
    let (k, times) = ((n * d).floor() as usize + 1, n as usize);
    let gap = float(k) - n * d;
    let powered = Matrix::of_steps(2 * k - 1, gap).power(times);
    let mut chance = powered.at(k - 1, k - 1);
    for step in 1..=times {
        chance *= float(step) / n;
    }
    chance
}

struct Matrix {
    size: usize,
    cells: Vec<f64>,
}

impl Matrix {
    fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.size + column]
    }

    fn build(size: usize, cell: impl Fn(usize, usize) -> f64) -> Self {
        let cells = (0..size * size).map(|place| cell(place / size, place % size)).collect();
        Self { size, cells }
    }

    fn of_steps(size: usize, gap: f64) -> Self {
        let factorial = |count: usize| (1..=count).map(float).product::<f64>();
        let power = |exponent: usize| (0..exponent).fold(1.0, |product, _| product * gap);
        Self::build(size, |row, column| {
            let Some(steps) = (row + 1).checked_sub(column) else { return 0.0 };
            let corner = row + 1 == size && column == 0;
            let mut cell = 1.0;
            if column == 0 {
                cell -= power(row + 1);
            }
            if row + 1 == size {
                cell -= power(size - column);
            }
            if corner {
                cell += (2.0 * gap - 1.0).max(0.0).powf(float(size));
            }
            cell / factorial(steps)
        })
    }

    fn times(&self, other: &Self) -> Self {
        let size = self.size;
        Self::build(size, |row, column| (0..size).map(|inner| self.at(row, inner) * other.at(inner, column)).sum())
    }

    fn power(self, exponent: usize) -> Self {
        let mut result = Self::build(self.size, |row, column| if row == column { 1.0 } else { 0.0 });
        let (mut base, mut left) = (self, exponent);
        while left > 0 {
            if left % 2 == 1 {
                result = result.times(&base);
            }
            base = base.times(&base);
            left /= 2;
        }
        result
    }
}

/// Kolmogorov's limit with its first corrections in powers of 1 / sqrt(n).
///
/// Source: Pelz and Good 1976, "Approximating the Lower Tail-Areas of the Kolmogorov-Smirnov One-Sample Statistic".
fn approximately_below(d: f64, n: f64) -> f64 {
    let z = n.sqrt() * d;
    let square = PI * PI;
    // Below, the chance is less than 1e-100.
    if z < 0.08 {
        return 0.0;
    }
    let (z2, z4, z6) = (z.powi(2), z.powi(4), z.powi(6));
    let (mut k0, mut k1, mut k2, mut k3) = (0.0, 0.0, 0.0, 0.0);
    for k in 0..=40 {
        let m = f64::from(2 * k + 1);
        let weight = (-square * m * m / (8.0 * z2)).exp();
        let (m2, m4, m6) = (square * m.powi(2), square.powi(2) * m.powi(4), square.powi(3) * m.powi(6));
        k0 += weight;
        k1 += weight * (m2 / 4.0 - z2);
        k2 += weight * (6.0 * z6 + 2.0 * z4 + m2 * (2.0 * z4 - 5.0 * z2) / 4.0 + m4 * (1.0 - 2.0 * z2) / 16.0);
        k3 += weight
            * (-30.0 * z6 - 90.0 * z.powi(8)
                + m2 * (135.0 * z4 - 96.0 * z6) / 4.0
                + m4 * (212.0 * z4 - 60.0 * z2) / 16.0
                + m6 * (5.0 - 30.0 * z2) / 64.0);
    }
    let (mut also2, mut also3) = (0.0, 0.0);
    for k in 1..=40 {
        let k2 = square * f64::from(k).powi(2);
        let weight = (-k2 / (2.0 * z2)).exp();
        also2 += k2 * weight;
        also3 += (3.0 * k2 * z2 - k2 * k2) * weight;
    }
    let root = (2.0 * PI).sqrt();
    let second = k2 / (72.0 * z.powi(7)) - also2 / (36.0 * z.powi(3));
    let third = k3 / (6480.0 * z.powi(10)) + also3 / (216.0 * z6);
    root * (k0 / z + k1 / (6.0 * z4 * n.sqrt()) + second / n + third / n.powf(1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected numbers are scipy 1.17.1's `kstwo.sf`.
    #[test]
    fn tails_agree_with_scipy() {
        let cases = [
            (0.1, 100.0, 0.252_692_757_006_387_4, 1e-10),
            (0.05, 500.0, 0.158_662_602_238_153_87, 1e-6),
            (0.03, 2000.0, 0.053_546_947_939_325_57, 1e-7),
            (0.02, 150.0, 0.999_999_926_028_168_5, 1e-6),
        ];
        for (d, n, expected, tolerance) in cases {
            let above = 1.0 - chance_below(d, n);
            assert!((above - expected).abs() < tolerance, "{d} {n}: {above} is not {expected}");
        }
    }

    #[test]
    fn samples_apart_differ_and_equal_ones_do_not() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let apart: Vec<f64> = values.iter().map(|value| value + 10.0).collect();
        assert!(ks_two_sample(&values, &apart).unwrap().p < 0.05);
        assert!(ks_two_sample(&values, &values).unwrap().p >= 1.0);
        assert_eq!(ks_two_sample(&values, &[]), None);
    }
}
