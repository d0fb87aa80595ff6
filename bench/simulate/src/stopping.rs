//! Is the verdict of a run that stops early that of the whole list, and what does it save?

use fastrand::Rng;

use crate::cases::pass;
use crate::eval::stats::{BarWagers, Interval, Standing, mean, settled, share_of};
use crate::table::{Mean, Table, Tally};

const BAR: f64 = 0.8;
const SIZES: &[usize] = &[100, 300, 1_000];
const METRICS: &[usize] = &[1, 3];
/// Wrong verdicts that are promised at most.
const WRONG: f64 = 0.05;
/// A mean as near to the bar as this meets it, as for the gate.
const ROUNDING: f64 = 1e-9;

/// What the list of cases looks like. All metrics are alike.
#[derive(Debug, Clone, Copy)]
enum List {
    /// Passed and failed cases drawn with this chance; the list's own mean decides what is right.
    Drawn(f64),
    /// As many passes as the bar needs, plus so many; the others fail.
    Exact(isize),
    /// Grades: as many perfect cases as make this mean, the others half right.
    Halves(f64),
}

const LISTS: &[List] = &[
    List::Drawn(0.6),
    List::Drawn(0.75),
    List::Drawn(0.79),
    List::Drawn(0.80),
    List::Drawn(0.81),
    List::Drawn(0.85),
    List::Drawn(0.95),
    List::Exact(0),
    List::Exact(-1),
    List::Halves(0.75),
    List::Halves(0.85),
];

impl List {
    fn name(self) -> String {
        match self {
            Self::Drawn(chance) => format!("0 and 1, drawn, {chance:.2}"),
            Self::Exact(0) => "0 and 1, exactly on the bar".to_owned(),
            Self::Exact(_) => "0 and 1, one case short".to_owned(),
            Self::Halves(mean) => format!("1 and 0.5, mean {mean:.2}"),
        }
    }

    /// In random order.
    fn draw(self, n: usize, random: &mut Rng) -> Vec<f64> {
        let needed = n * 4 / 5;
        let mut values: Vec<f64> = match self {
            Self::Drawn(chance) => (0..n).map(|_| pass(random, chance)).collect(),
            Self::Exact(more) => {
                let passes = needed.saturating_add_signed(more);
                (0..n).map(|case| if case < passes { 1.0 } else { 0.0 }).collect()
            }
            Self::Halves(mean) => {
                let perfect = 2.0 * mean - 1.0;
                (0..n).map(|case| if share_of(case, n) < perfect - ROUNDING { 1.0 } else { 0.5 }).collect()
            }
        };
        random.shuffle(&mut values);
        values
    }
}

/// When a run stopped, and with which verdict.
struct Ended {
    passes: bool,
    asked: usize,
}

/// Asks the cases one by one, and stops as the runner does: at one bar missed, or at all met.
fn run(lists: &[Vec<f64>], confident: bool) -> Ended {
    let n = lists.first().map_or(0, Vec::len);
    let mut wagers = vec![BarWagers::new(BAR, n, lists.len()); lists.len()];
    let mut sums = vec![0.0; lists.len()];
    for case in 0..n {
        let asked = case + 1;
        let mut standings = Vec::with_capacity(lists.len());
        for (place, values) in lists.iter().enumerate() {
            sums[place] += values[case];
            wagers[place].push(Some(values[case]));
            let wager = if confident { wagers[place].standing() } else { Standing::Open };
            let arithmetic = || settled(sums[place], asked, n - asked, Interval::UNIT, BAR);
            standings.push(if wager == Standing::Open { arithmetic() } else { wager });
        }
        if asked < n && standings.contains(&Standing::Below) {
            return Ended { passes: false, asked };
        }
        if asked < n && standings.iter().all(|standing| *standing == Standing::Above) {
            return Ended { passes: true, asked };
        }
    }
    Ended { passes: meets(lists), asked: n }
}

/// The verdict of the whole list.
fn meets(lists: &[Vec<f64>]) -> bool {
    lists.iter().all(|values| mean(values).is_some_and(|mean| mean >= BAR - ROUNDING))
}

/// `stop = "decided"`.
pub(crate) fn decided(runs: usize) -> Table {
    simulate(runs, false)
}

/// `stop = "confident"`.
pub(crate) fn confident(runs: usize) -> Table {
    simulate(runs, true)
}

fn simulate(runs: usize, confident: bool) -> Table {
    let title =
        if confident { "`confident`: wrong verdicts / cases asked" } else { "`decided`: wrong verdicts / cases asked" };
    let heads = ["100 cases, 1 metric", "300, 1", "1,000, 1", "100, 3", "300, 3", "1,000, 3"];
    let mut table = Table::new(&[&[title][..], &heads].concat());
    let limit = if confident { WRONG } else { 0.0 };
    for list in LISTS {
        let settings = METRICS.iter().flat_map(|metrics| SIZES.iter().map(|n| (*n, *metrics)));
        let measured: Vec<(Tally, f64)> = settings.map(|setting| measure(*list, setting, runs, confident)).collect();
        let cells = measured.iter().map(|(wrong, asked)| format!("{wrong} / {:.0}", 100.0 * asked));
        table.row([list.name()].into_iter().chain(cells).collect());
        table.promise(!measured.iter().any(|(wrong, _)| wrong.exceeds(limit)), "too many wrong verdicts");
    }
    table
}

fn measure(list: List, (n, metrics): (usize, usize), runs: usize, confident: bool) -> (Tally, f64) {
    let mut random = Rng::with_seed(4);
    let (mut wrong, mut asked) = (Tally::default(), Mean::default());
    for _ in 0..runs {
        let lists: Vec<Vec<f64>> = (0..metrics).map(|_| list.draw(n, &mut random)).collect();
        let ended = run(&lists, confident);
        wrong.add(ended.passes != meets(&lists));
        asked.add(share_of(ended.asked, n));
    }
    (wrong, asked.get())
}
