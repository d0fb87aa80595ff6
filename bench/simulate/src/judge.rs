//! Does the correction for a judge's errors hold the mean that people would give?

use fastrand::Rng;

use crate::cases::{Source, pass};
use crate::eval::stats::{
    self, Calibration, Corrected, Count, Interval, JudgedRate, Sample, corrected_rate, estimate, powered_mean,
};
use crate::table::{Mean, Table, Tally};

const LABELS: &[usize] = &[30, 50, 100, 200, 400];
const CASES: usize = 200;

/// How often the judge is right on passes and on failures.
const SENSITIVITY: f64 = 0.95;
const SPECIFICITY: f64 = 0.75;
/// How often the judge gives a grade one step too good.
const LENIENT: f64 = 0.3;
const STEP: f64 = 0.25;

const LOWEST_INTERVAL: f64 = 0.92;
const LOWEST_BOUND: f64 = 0.93;

/// A run, and what its judge says of it.
struct Run {
    truth: f64,
    judged: Vec<f64>,
    corrected: Option<Corrected>,
}

type Draw = fn(usize, &mut Rng) -> Run;

const SETTINGS: &[(&str, Draw)] = &[
    ("passes, 0.9", |labels, random| passes(0.9, labels, random)),
    ("passes, 0.7", |labels, random| passes(0.7, labels, random)),
    ("grades, as labelled", |labels, random| grades(Source::Grades, labels, random)),
    ("grades, all worse", |labels, random| grades(Source::Pass(0.6), labels, random)),
];

pub(crate) fn simulate(runs: usize) -> Table {
    let mut table = Table::new(&[
        "values",
        "labels",
        "judged interval holds",
        "judged mean is off by",
        "corrected interval holds",
        "corrected bound holds",
        "corrected mean is off by",
        "mean width",
        "refused",
    ]);
    for (name, draw) in SETTINGS {
        for labels in LABELS {
            let (mut judged, mut interval, mut bound, mut refused) =
                (Tally::default(), Tally::default(), Tally::default(), Tally::default());
            let (mut error, mut left, mut width) = (Mean::default(), Mean::default(), Mean::default());
            let mut random = Rng::with_seed(1);
            for _ in 0..runs {
                let run = draw(*labels, &mut random);
                let holds = |limits: Interval| limits.low <= run.truth + 1e-9 && run.truth <= limits.high + 1e-9;
                let sample = Sample { values: &run.judged, clusters: None, range: Some(Interval::UNIT) };
                if let Some(found) = estimate(sample, stats::SEED) {
                    judged.add(found.interval.is_some_and(holds));
                    error.add(found.mean - run.truth);
                }
                refused.add(run.corrected.is_none());
                if let Some(corrected) = run.corrected {
                    interval.add(holds(corrected.interval));
                    bound.add(corrected.bounds.low <= run.truth + 1e-9);
                    left.add(corrected.value - run.truth);
                    width.add(corrected.interval.high - corrected.interval.low);
                }
            }
            table.row(vec![
                (*name).to_owned(),
                labels.to_string(),
                judged.to_string(),
                format!("{:+.3}", error.get()),
                interval.to_string(),
                bound.to_string(),
                format!("{:+.3}", left.get()),
                format!("{:.3}", width.get()),
                refused.to_string(),
            ]);
            if !name.contains("worse") {
                table.promise(!interval.misses().exceeds(1.0 - LOWEST_INTERVAL), "the interval holds too rarely");
                table.promise(!bound.misses().exceeds(1.0 - LOWEST_BOUND), "the bound holds too rarely");
            }
        }
    }
    table
}

/// Half of the labels are failures, whatever the run's pass rate.
fn passes(rate: f64, labels: usize, random: &mut Rng) -> Run {
    let judge = |truth: f64, random: &mut Rng| {
        let chance = if truth > 0.5 { SENSITIVITY } else { 1.0 - SPECIFICITY };
        pass(random, chance)
    };
    let mut right = |truth: f64, n: usize| {
        let hits = (0..n).filter(|_| (judge(truth, random) - truth).abs() < 0.5).count();
        Count { successes: hits, n }
    };
    let calibration = Calibration { failing: right(0.0, labels / 2), passing: right(1.0, labels - labels / 2) };
    let judged: Vec<f64> = (0..CASES)
        .map(|_| {
            let truth = pass(random, rate);
            judge(truth, random)
        })
        .collect();
    let share = stats::mean(&judged).unwrap_or_default();
    let corrected = corrected_rate(JudgedRate { share, cases: CASES, spread: 1.0 }, calibration).ok();
    Run { truth: rate, judged, corrected }
}

/// Labels are drawn from the usual grades, the run from `source`.
fn grades(source: Source, labels: usize, random: &mut Rng) -> Run {
    let judge = |truth: f64, random: &mut Rng| (truth + STEP * pass(random, LENIENT)).min(1.0);
    let labelled: Vec<(f64, f64)> = (0..labels)
        .map(|_| {
            let truth = Source::Grades.draw(random);
            (truth, judge(truth, random))
        })
        .collect();
    let judged: Vec<f64> = (0..CASES)
        .map(|_| {
            let truth = source.draw(random);
            judge(truth, random)
        })
        .collect();
    let corrected = powered_mean(&labelled, &judged, 1.0).ok();
    Run { truth: source.mean(), judged, corrected }
}
