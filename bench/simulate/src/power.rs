//! How often does the regression gate see a true drop, and does it see the one that the report prints?

use fastrand::Rng;

use crate::eval::stats::Drop;
use crate::pairs::{Versions, judge};
use crate::table::{Mean, Table, Tally};

const SIZES: &[usize] = &[40, 100, 400];
const NOISE: &[(f64, bool)] = &[(0.05, false), (0.20, false), (0.20, true)];
const DROPS: [f64; 3] = [0.05, 0.10, 0.20];
const MAX_DROP: f64 = 0.03;

/// Of the 80 % that the report speaks of, the exact test of 0 and 1 may take some.
const LOWEST_POWER: f64 = 0.70;

pub(crate) fn simulate(runs: usize) -> Table {
    let mut table = Table::new(&[
        "answers that differ",
        "cases",
        "fails at a drop of 0.05",
        "0.10",
        "0.20",
        "printed drop, `max_drop` 0",
        "fails at it",
        "printed drop, `max_drop` 0.03",
        "fails at it",
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
    let mut row = vec![versions.noise(), versions.n.to_string()];
    row.extend(DROPS.iter().map(|drop| seen(Versions { drop: *drop, ..versions }, MAX_DROP, runs).0.to_string()));
    let mut kept = true;
    for max_drop in [0.0, MAX_DROP] {
        let drop = own_printed(versions, max_drop, runs);
        let (fails, _) = seen(Versions { drop, ..versions }, max_drop, runs);
        row.extend([format!("{drop:.3}"), fails.to_string()]);
        kept &= !fails.misses().exceeds(1.0 - LOWEST_POWER);
    }
    table.row(row);
    table.promise(kept, "the printed drop is seen too rarely");
}

/// The share of runs that fail, and the mean of the drop that is printed.
fn seen(versions: Versions, max_drop: f64, runs: usize) -> (Tally, f64) {
    let mut random = Rng::with_seed(3);
    let (mut fails, mut printed) = (Tally::default(), Mean::default());
    for _ in 0..runs {
        let Some((compared, detectable)) = versions.draw(0, &mut random).compare(max_drop) else { continue };
        fails.add(judge(&[compared], max_drop) == [Drop::Shown]);
        printed.add(detectable.unwrap_or(1.0));
    }
    (fails, printed.get())
}

/// The true drop at which the mean of the printed drops is this drop.
fn own_printed(versions: Versions, max_drop: f64, runs: usize) -> f64 {
    const STEPS: usize = 8;
    const FEW: usize = 300;
    let mut drop = 0.1;
    for _ in 0..STEPS {
        drop = 0.5 * (drop + seen(Versions { drop, ..versions }, max_drop, runs.min(FEW)).1);
    }
    drop
}
