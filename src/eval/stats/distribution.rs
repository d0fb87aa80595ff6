//! Probabilities and quantiles of the distributions that the tests rest on, over the special functions of `statrs`.
//!
//! The incomplete beta function is our own: the library's stops after 140 terms of its fraction, which is too early for
//! proportions of some ten thousand cases.

use std::f64::consts::SQRT_2;

use statrs::function::{erf, gamma};

use super::float;

/// The chance that a standard normal value is above `z`.
pub(super) fn normal_above(z: f64) -> f64 {
    0.5 * erf::erfc(z / SQRT_2)
}

/// The chance that a standard normal value is below `z`.
pub(super) fn normal_below(z: f64) -> f64 {
    normal_above(-z)
}

/// The value that a standard normal one is below with probability `p`, which lies inside (0, 1).
pub(super) fn normal_quantile(p: f64) -> f64 {
    -SQRT_2 * erf::erfc_inv(2.0 * p)
}

/// The chance that a value of chi-squared with one degree of freedom is above `x`.
pub(super) fn chi_squared_above(x: f64) -> f64 {
    erf::erfc((0.5 * x.max(0.0)).sqrt())
}

/// The chance that a value of Student's t is above `t`.
pub(super) fn t_above(t: f64, df: f64) -> f64 {
    let outside = beta_below(df / (df + t * t), 0.5 * df, 0.5);
    if t >= 0.0 { 0.5 * outside } else { 1.0 - 0.5 * outside }
}

/// The value that one of Student's t is below with probability `p`, which lies inside (0, 1).
pub(super) fn t_quantile(p: f64, df: f64) -> f64 {
    if p < 0.5 {
        return -t_quantile(1.0 - p, df);
    }
    let mut high = normal_quantile(p).max(1.0);
    while t_above(high, df) > 1.0 - p {
        high *= 2.0;
    }
    bisect(0.0, high, |t| t_above(t, df) > 1.0 - p)
}

/// The regularised incomplete beta function `I_x(a, b)`: the chance that a value of Beta(a, b) is below `x`.
///
/// Source: NIST Digital Library of Mathematical Functions, 8.17.22, evaluated by Lentz's method.
pub(super) fn beta_below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_front = gamma::ln_gamma(a + b) - gamma::ln_gamma(a) - gamma::ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    // The fraction converges fast below the mean, and slowly above it.
    if x < (a + 1.0) / (a + b + 2.0) {
        (ln_front.exp() * beta_fraction(x, a, b) / a).min(1.0)
    } else {
        (1.0 - ln_front.exp() * beta_fraction(1.0 - x, b, a) / b).max(0.0)
    }
}

#[expect(clippy::many_single_char_names, reason = "the names of the formula")]
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const MAX_TERMS: u32 = 100_000;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..MAX_TERMS {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            fraction *= c * d;
        }
        if (fraction - before).abs() <= f64::EPSILON * fraction.abs() {
            break;
        }
    }
    fraction
}

/// The value that one of Beta(a, b) is below with probability `p`.
pub(super) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    bisect(0.0, 1.0, |x| beta_below(x, a, b) < p)
}

/// The place in [low, high] at which `is_before` turns from true to false, to the last digit.
pub(super) fn bisect(low: f64, high: f64, is_before: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (low, high);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if is_before(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The logarithm of the number of ways to choose `k` of `n`; `k` is at most `n`.
fn ln_choose(n: usize, k: usize) -> f64 {
    let ln_factorial = |count: usize| gamma::ln_gamma(float(count) + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// The chance of exactly `k` successes in `n` trials.
pub(super) fn binomial_exactly(k: usize, n: usize, p: f64) -> f64 {
    let power = |base: f64, exponent: usize| if exponent == 0 { 0.0 } else { float(exponent) * base };
    (ln_choose(n, k) + power(p.ln(), k) + power((-p).ln_1p(), n - k)).exp()
}

/// The chance of at most `k` successes in `n` trials.
pub(super) fn binomial_at_most(k: usize, n: usize, p: f64) -> f64 {
    if k >= n { 1.0 } else { beta_below(1.0 - p, float(n - k), float(k) + 1.0) }
}

/// The chance of at least `k` successes in `n` trials.
pub(super) fn binomial_at_least(k: usize, n: usize, p: f64) -> f64 {
    if k == 0 { 1.0 } else { beta_below(p, float(k), float(n - k) + 1.0) }
}

/// The chance that `k` of `drawn` are marked, drawn without replacement from `n` of which `marked` are.
pub(super) fn hypergeometric_exactly(k: usize, drawn: usize, marked: usize, n: usize) -> f64 {
    (ln_choose(marked, k) + ln_choose(n - marked, drawn - k) - ln_choose(n, drawn)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64, tolerance: f64) {
        assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
    }

    // The expected numbers are scipy 1.17.1's.
    #[test]
    fn tails_agree_with_scipy() {
        close(normal_above(6.0), 9.865_876_450_377e-10, 1e-19);
        close(t_above(2.5, 7.0), 0.020_496_109_292_876_44, 1e-14);
        close(t_above(-1.0, 1.0), 0.75, 1e-14);
        close(beta_below(0.5, 50_000.0, 50_000.0), 0.5, 1e-9);
        close(beta_below(0.899, 90_000.0, 10_000.0), 0.145_988_500_609_658, 1e-10);
        close(binomial_at_most(2, 10, 0.3), 0.382_782_786_4, 1e-12);
        close(binomial_at_least(1, 10, 0.5), 1.0 - 0.5_f64.powi(10), 1e-14);
        close(binomial_exactly(0, 3, 0.0), 1.0, 1e-14);
        close(hypergeometric_exactly(1, 2, 2, 4), 2.0 / 3.0, 1e-14);
    }

    #[test]
    fn quantiles_agree_with_scipy() {
        close(normal_quantile(0.975), 1.959_963_984_540_054, 1e-14);
        close(t_quantile(0.975, 4.0), 2.776_445_105_197_793_4, 1e-12);
        close(t_quantile(0.05, 1.0), -6.313_751_514_675_043, 1e-11);
        close(t_quantile(0.95, 1e6), 1.644_855_150_722_040_4, 1e-8);
        close(beta_quantile(0.025, 0.5, 20.5), 2.424_647_845_924_273e-5, 1e-14);
    }
}
