//! Learns the weights: a support vector machine with squared hinge loss, by coordinate descent in the dual.
//!
//! Only additions, multiplications and divisions of 64-bit floats in a fixed order, so that the same rows give the same
//! weights on every machine.
//!
//! Source: Hsieh et al., A Dual Coordinate Descent Method for Large-scale Linear SVM (2008), algorithm 1.

use super::features::{Feature, SIZE};

/// A passage with its label, as the learner sees it.
pub(super) struct Example<'a> {
    pub(super) features: &'a [Feature],
    pub(super) is_attack: bool,
    /// What an error on it costs.
    pub(super) cost: f64,
}

const ROUNDS: usize = 10;

/// The weight of each feature, and the one that is always there last.
pub(super) fn learn(examples: &[Example<'_>]) -> Vec<f64> {
    let mut weights = vec![0.0; SIZE + 1];
    let mut alphas = vec![0.0f64; examples.len()];
    let norms: Vec<f64> = examples
        .iter()
        .map(|example| {
            1.0 + example.features.iter().map(|&(_, value)| f64::from(value) * f64::from(value)).sum::<f64>()
        })
        .collect();
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = 0x5EED_u64;
    for _ in 0..ROUNDS {
        shuffle(&mut order, &mut random);
        for &index in &order {
            let example = &examples[index];
            let sign = if example.is_attack { 1.0 } else { -1.0 };
            let slack = 0.5 / example.cost;
            let gradient = sign * margin(&weights, example.features) - 1.0 + slack * alphas[index];
            let alpha = (alphas[index] - gradient / (norms[index] + slack)).max(0.0);
            let step = (alpha - alphas[index]) * sign;
            alphas[index] = alpha;
            if step != 0.0 {
                for &(feature, value) in example.features {
                    weights[feature as usize] += step * f64::from(value);
                }
                weights[SIZE] += step;
            }
        }
    }
    weights
}

/// How far a passage lies on the side of attacks.
pub(super) fn margin(weights: &[f64], features: &[Feature]) -> f64 {
    features.iter().fold(weights[SIZE], |sum, &(feature, value)| sum + weights[feature as usize] * f64::from(value))
}

fn shuffle(order: &mut [usize], random: &mut u64) {
    for last in (1..order.len()).rev() {
        // xorshift64: the order has only to be the same everywhere.
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let bound = u64::try_from(last).expect("fits") + 1;
        order.swap(last, usize::try_from(*random % bound).expect("below a length"));
    }
}
