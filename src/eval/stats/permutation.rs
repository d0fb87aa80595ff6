//! Sign-flip permutation of paired differences: if the versions are exchangeable, a difference is as likely with the
//! opposite sign.

use fastrand::Rng;

use super::float;

/// The chances of a mean of differences at least as extreme as the observed one, over signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Flipped {
    /// Of a mean at most the observed one.
    pub(crate) below: f64,
    /// Of a mean at least the observed one.
    pub(crate) above: f64,
}

impl Flipped {
    pub(crate) fn two_sided(self) -> f64 {
        (2.0 * self.below.min(self.above)).min(1.0)
    }
}

/// All signs are tried up to this many differences that are not zero.
pub(super) const MOST_EXACT: usize = 18;
/// Random signs beyond; the smallest p is then one in so many.
const DRAWS: usize = 9_999;

/// Differences that are zero do not count: no sign changes them.
struct Flips {
    sizes: Vec<f64>,
    observed: f64,
    /// Sums closer than this are equal but for rounding.
    rounding: f64,
}

impl Flips {
    fn new(differences: &[f64]) -> Self {
        let sizes: Vec<f64> = differences.iter().map(|value| value.abs()).filter(|size| *size > 0.0).collect();
        let rounding = 1e-12 * sizes.iter().sum::<f64>();
        Self { sizes, observed: differences.iter().sum(), rounding }
    }

    fn exact(&self) -> Flipped {
        let mut sum: f64 = self.sizes.iter().sum();
        let mut negative = vec![false; self.sizes.len()];
        let (mut below, mut above) = (0, 0);
        let all = 1_usize << self.sizes.len();
        for step in 1..=all {
            below += usize::from(sum <= self.observed + self.rounding);
            above += usize::from(sum >= self.observed - self.rounding);
            // In Gray's order each set of signs differs from the one before in one sign.
            let place = step.trailing_zeros() as usize;
            if let Some(size) = self.sizes.get(place) {
                sum += if negative[place] { 2.0 * size } else { -2.0 * size };
                negative[place] = !negative[place];
            }
        }
        Flipped { below: float(below) / float(all), above: float(above) / float(all) }
    }

    fn drawn(&self, seed: u64) -> Flipped {
        let mut random = Rng::with_seed(seed);
        let (mut below, mut above) = (1, 1);
        for _ in 0..DRAWS {
            let sum = self.draw(&mut random);
            below += usize::from(sum <= self.observed + self.rounding);
            above += usize::from(sum >= self.observed - self.rounding);
        }
        Flipped { below: float(below) / float(DRAWS + 1), above: float(above) / float(DRAWS + 1) }
    }

    fn draw(&self, random: &mut Rng) -> f64 {
        let mut sum = 0.0;
        for sizes in self.sizes.chunks(64) {
            let mut signs = random.u64(..);
            for size in sizes {
                // Without a branch, which the processor could not foresee: the bit becomes the sign.
                sum += f64::from_bits(size.to_bits() ^ (signs << 63));
                signs >>= 1;
            }
        }
        sum
    }
}

/// Flips the signs of differences: all of them where few are not zero, otherwise at random with (b + 1) / (m + 1), which is
/// never zero. For whole clusters, give the sum of each cluster's differences.
///
/// Source: Phipson and Smyth 2010, "Permutation P-values should never be zero".
pub(crate) fn flip_signs(differences: &[f64], seed: u64) -> Flipped {
    let flips = Flips::new(differences);
    if flips.sizes.len() <= MOST_EXACT { flips.exact() } else { flips.drawn(seed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_signs_are_counted() {
        let flipped = flip_signs(&[-0.1, -0.2, 0.0, -0.3], 1);
        assert!((flipped.below - 0.125).abs() < 1e-15 && flipped.above >= 1.0);
        assert!((flipped.two_sided() - 0.25).abs() < 1e-15);
        assert!(flip_signs(&[], 1).below >= 1.0);
    }

    #[test]
    fn many_signs_are_drawn_alike_for_one_seed_and_never_give_zero() {
        let drop = [-0.5; 40];
        let flipped = flip_signs(&drop, 7);
        assert!((flipped.below - 1e-4).abs() < 1e-12, "{flipped:?}");
        let mixed: Vec<f64> = (0..MOST_EXACT).map(|place| f64::from(u8::try_from(place).unwrap()) - 11.0).collect();
        let flips = Flips::new(&mixed);
        assert_eq!(flips.drawn(3), flips.drawn(3));
        assert!((flips.drawn(3).below - flips.exact().below).abs() < 0.02);
    }
}
