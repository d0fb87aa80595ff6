//! Cases whose true mean is known.

use fastrand::Rng;

/// What the values of a metric are drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// 1 with this chance, else 0.
    Pass(f64),
    /// A judge's five grades, mostly the best.
    Grades,
    /// Beta(8, 2): smooth, none perfect.
    Smooth,
    /// 1 but for one case in twenty, which is 0 to 0.5.
    MostlyPerfect,
}

/// The chances of the grades 1, 0.75, 0.5, 0.25 and 0.
const GRADES: [(f64, f64); 5] = [(1.0, 0.80), (0.75, 0.10), (0.5, 0.05), (0.25, 0.02), (0.0, 0.03)];
const IMPERFECT: f64 = 0.05;

impl Source {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Pass(p) => format!("0 and 1, {p}"),
            Self::Grades => "five grades".to_owned(),
            Self::Smooth => "Beta(8, 2)".to_owned(),
            Self::MostlyPerfect => "95 % perfect".to_owned(),
        }
    }

    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::Pass(p) => p,
            Self::Grades => GRADES.iter().map(|(grade, chance)| grade * chance).sum(),
            Self::Smooth => 0.8,
            Self::MostlyPerfect => 1.0 - 0.75 * IMPERFECT,
        }
    }

    pub(crate) fn draw(self, random: &mut Rng) -> f64 {
        match self {
            Self::Pass(p) => pass(random, p),
            Self::Grades => {
                let mut left = random.f64();
                let below = |(grade, chance): &(f64, f64)| {
                    left -= chance;
                    (left < 0.0).then_some(*grade)
                };
                GRADES.iter().find_map(below).unwrap_or(0.0)
            }
            Self::Smooth => {
                // The second largest of nine uniform values.
                let mut values: [f64; 9] = std::array::from_fn(|_| random.f64());
                values.sort_by(f64::total_cmp);
                values[7]
            }
            Self::MostlyPerfect if random.f64() < IMPERFECT => 0.5 * random.f64(),
            Self::MostlyPerfect => 1.0,
        }
    }

    /// Clusters of `size` cases with this correlation within: a case takes its cluster's value in the root of it.
    pub(crate) fn clustered(self, clusters: usize, size: usize, correlation: f64, random: &mut Rng) -> Vec<f64> {
        let alike = correlation.sqrt();
        let cluster = |random: &mut Rng| -> Vec<f64> {
            let shared = self.draw(random);
            (0..size).map(|_| if random.f64() < alike { shared } else { self.draw(random) }).collect()
        };
        (0..clusters).flat_map(|_| cluster(random)).collect()
    }
}

/// 1 with this chance, else 0.
pub(crate) fn pass(random: &mut Rng, chance: f64) -> f64 {
    if random.f64() < chance { 1.0 } else { 0.0 }
}
