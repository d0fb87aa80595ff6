//! How often does the regression gate see a true drop, and does it see the one that the report prints?

use fastrand::Rng;

use crate::eval::stats::Drop;
use crate::pairs::{Versions, judge};
use crate::table::{Mean, Table, Tally};

const SIZES: &[usize] = &[40, 100, 400];
const NOISE: &[(f64, bool)] = &[(0.05, false), (0.20, false), (0.20, true)];
const DROPS: [f64; 3] = [0.05, 0.10, 0.20];
const MAX_DROP: f64 = 0.03;

/// The power that is printed, and what it may fall short of.
const LOWEST_POWER: f64 = 0.75;

pub(crate) fn simulate(runs: usize) -> Table {
    let mut table = Table::new(&[
        "answers that differ",
        "cases",
        "fails at a drop of 0.05",
        "0.10",
        "0.20",
        "printed drop",
        "fails at that",
        "with `max_drop` 0",
    ]);
    for (discordance, graded) in NOISE {
        for n in SIZES {
            let versions = Versions { n: *n, metrics: 1, discordance: *discordance, graded: *graded, drop: 0.0 };
            measure(&mut table, versions, runs);
        }
    }
    table
}

fn measure(table: &mut Table, versions: Versions, runs: usize) {
    let grades = if versions.graded { ", grades" } else { "" };
    let mut row = vec![format!("{:.0} %{grades}", 100.0 * versions.discordance), versions.n.to_string()];
    row.extend(DROPS.iter().map(|drop| seen(Versions { drop: *drop, ..versions }, MAX_DROP, runs).0.to_string()));
    let printed = own_printed(versions, runs);
    let (allowed, _) = seen(Versions { drop: printed, ..versions }, MAX_DROP, runs);
    let (none_allowed, _) = seen(Versions { drop: printed, ..versions }, 0.0, runs);
    row.extend([format!("{printed:.3}"), allowed.to_string(), none_allowed.to_string()]);
    table.row(row);
    let short = |tally: Tally| tally.misses().exceeds(1.0 - LOWEST_POWER);
    table.promise(!short(allowed) && !short(none_allowed), "the printed drop is seen too rarely");
}

/// The share of runs that fail, and the mean of the drop that is printed.
fn seen(versions: Versions, max_drop: f64, runs: usize) -> (Tally, f64) {
    let mut random = Rng::with_seed(3);
    let (mut fails, mut printed) = (Tally::default(), Mean::default());
    for _ in 0..runs {
        let Some((compared, detectable)) = versions.draw(0, &mut random).compare() else { continue };
        fails.add(judge(&[compared], max_drop) == [Drop::Shown]);
        printed.add(detectable.unwrap_or(1.0));
    }
    (fails, printed.get())
}

/// The true drop at which the mean of the printed drops is this drop.
fn own_printed(versions: Versions, runs: usize) -> f64 {
    const STEPS: usize = 12;
    let mut drop = 0.1;
    for _ in 0..STEPS {
        drop = 0.5 * (drop + seen(Versions { drop, ..versions }, MAX_DROP, runs.min(500)).1);
    }
    drop
}
