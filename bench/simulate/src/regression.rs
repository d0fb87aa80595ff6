//! How often does the regression gate cry wolf over two equal versions?

use fastrand::Rng;

use crate::eval::stats::{Comparison, Drop};
use crate::pairs::{Versions, judge};
use crate::table::{Table, Tally};

const SIZES: &[usize] = &[40, 100, 400];
const METRICS: &[usize] = &[1, 4];
/// Passed or failed at two rates of noise, and grades.
const NOISE: &[(f64, bool)] = &[(0.05, false), (0.20, false), (0.20, true)];
const MAX_DROPS: &[f64] = &[0.0, 0.03];

/// False alarms that are promised at most.
const ALARMS: f64 = 0.05;

#[derive(Default, Clone)]
struct Tallies {
    green: Tally,
    undecided: Tally,
    naive_green: Tally,
}

impl Tallies {
    fn add(&mut self, compared: &[Comparison], max_drop: f64) {
        let drops = judge(compared, max_drop);
        let shown = drops.contains(&Drop::Shown);
        self.green.add(!shown);
        self.undecided.add(!shown && drops.contains(&Drop::Open));
        self.naive_green.add(compared.iter().all(|comparison| comparison.difference >= -max_drop - 1e-9));
    }
}

pub(crate) fn simulate(runs: usize) -> Table {
    let mut table = Table::new(&[
        "answers that differ",
        "cases",
        "`max_drop`",
        "one metric: green",
        "undecided if `strict`",
        "green if any drop fails",
        "four metrics: green",
        "undecided if `strict`",
        "green if any drop fails",
    ]);
    for (discordance, graded) in NOISE {
        for n in SIZES {
            let of = |metrics| Versions { n: *n, metrics, discordance: *discordance, graded: *graded, drop: 0.0 };
            let measured: Vec<Vec<Tallies>> = METRICS.iter().map(|metrics| measure(of(*metrics), runs)).collect();
            for (place, max_drop) in MAX_DROPS.iter().enumerate() {
                let tallies: Vec<&Tallies> = measured.iter().map(|tallies| &tallies[place]).collect();
                let cells = tallies.iter().flat_map(|tallies| [tallies.green, tallies.undecided, tallies.naive_green]);
                let names = [of(1).noise(), n.to_string(), max_drop.to_string()];
                table.row(names.into_iter().chain(cells.map(|tally| tally.to_string())).collect());
                let kept = tallies.iter().all(|tallies| !tallies.green.misses().exceeds(ALARMS));
                table.promise(kept, "too many false alarms");
            }
        }
    }
    table
}

/// For each allowed drop.
fn measure(versions: Versions, runs: usize) -> Vec<Tallies> {
    let mut random = Rng::with_seed(2);
    let mut tallies = vec![Tallies::default(); MAX_DROPS.len()];
    for _ in 0..runs {
        let drawn = (0..versions.metrics).map(|metric| versions.draw(metric, &mut random));
        let compared: Vec<Comparison> = drawn.filter_map(|drawn| Some(drawn.compare(0.0)?.0)).collect();
        for (tallies, max_drop) in tallies.iter_mut().zip(MAX_DROPS) {
            tallies.add(&compared, *max_drop);
        }
    }
    tallies
}
