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
        "metrics",
        "`max_drop`",
        "green",
        "undecided if `strict`",
        "green if any drop fails",
    ]);
    for (discordance, graded) in NOISE {
        for n in SIZES {
            for metrics in METRICS {
                let versions =
                    Versions { n: *n, metrics: *metrics, discordance: *discordance, graded: *graded, drop: 0.0 };
                measure(&mut table, versions, runs);
            }
        }
    }
    table
}

fn measure(table: &mut Table, versions: Versions, runs: usize) {
    let mut random = Rng::with_seed(2);
    let mut tallies = vec![Tallies::default(); MAX_DROPS.len()];
    for _ in 0..runs {
        let drawn = (0..versions.metrics).map(|metric| versions.draw(metric, &mut random));
        let compared: Vec<Comparison> = drawn.filter_map(|drawn| Some(drawn.compare()?.0)).collect();
        for (tallies, max_drop) in tallies.iter_mut().zip(MAX_DROPS) {
            tallies.add(&compared, *max_drop);
        }
    }
    let grades = if versions.graded { ", grades" } else { "" };
    for (tallies, max_drop) in tallies.iter().zip(MAX_DROPS) {
        table.row(vec![
            format!("{:.0} %{grades}", 100.0 * versions.discordance),
            versions.n.to_string(),
            versions.metrics.to_string(),
            max_drop.to_string(),
            tallies.green.to_string(),
            tallies.undecided.to_string(),
            tallies.naive_green.to_string(),
        ]);
        table.promise(!tallies.green.misses().exceeds(ALARMS), "too many false alarms");
    }
}
