//! Do intervals and bounds hold the true mean as often as they say?

use fastrand::Rng;

use crate::cases::Source;
use crate::eval::stats::{self, Interval, Sample, estimate};
use crate::table::{Mean, Table, Tally};

const SOURCES: &[Source] =
    &[Source::Pass(0.5), Source::Pass(0.8), Source::Pass(0.95), Source::Grades, Source::Smooth, Source::MostlyPerfect];
const SIZES: &[usize] = &[20, 50, 200];

/// A hundred cases in clusters.
const CLUSTERS: usize = 20;
const CLUSTER_SIZE: usize = 5;
const CORRELATION: f64 = 0.3;
const CLUSTERED: &[Source] = &[Source::Pass(0.8), Source::Grades];

/// What the gate may fall short of: Wilson's interval is right on average over shares, not for each of them.
const LOWEST_INTERVAL: f64 = 0.92;
const LOWEST_BOUND: f64 = 0.94;

/// How often one kind of interval was right.
#[derive(Default)]
struct Coverage {
    interval: Tally,
    bound: Tally,
    width: Mean,
}

impl Coverage {
    fn add(&mut self, truth: f64, interval: Interval, bound: f64) {
        const ROUNDING: f64 = 1e-9;
        self.interval.add(interval.low <= truth + ROUNDING && truth <= interval.high + ROUNDING);
        self.bound.add(bound <= truth + ROUNDING);
        self.width.add(interval.high - interval.low);
    }

    fn cells(&self) -> [String; 3] {
        [self.interval.to_string(), self.bound.to_string(), format!("{:.3}", self.width.get())]
    }
}

pub(crate) fn simulate(runs: usize) -> Table {
    let mut table = Table::new(&[
        "values",
        "cases",
        "95 % interval holds",
        "95 % bound holds",
        "mean width",
        "±1.96 errors hold",
        "-1.64 holds",
        "mean width",
    ]);
    for source in SOURCES {
        for n in SIZES {
            let draw = |random: &mut Rng| (0..*n).map(|_| source.draw(random)).collect();
            measure(&mut table, [source.name(), n.to_string()], source.mean(), runs, (&draw, None));
        }
    }
    let ids: Vec<usize> = (0..CLUSTERS * CLUSTER_SIZE).map(|case| case / CLUSTER_SIZE).collect();
    for source in CLUSTERED {
        let draw = |random: &mut Rng| source.clustered(CLUSTERS, CLUSTER_SIZE, CORRELATION, random);
        let names = [format!("{}, in {CLUSTERS} clusters", source.name()), ids.len().to_string()];
        measure(&mut table, names, source.mean(), runs, (&draw, Some(&ids)));
    }
    table
}

type Draw<'a> = (&'a dyn Fn(&mut Rng) -> Vec<f64>, Option<&'a [usize]>);

fn measure(table: &mut Table, names: [String; 2], truth: f64, runs: usize, (draw, clusters): Draw<'_>) {
    let mut random = Rng::with_seed(1);
    let (mut ours, mut plain) = (Coverage::default(), Coverage::default());
    for _ in 0..runs {
        let values = draw(&mut random);
        let sample = Sample { values: &values, clusters, range: Some(Interval::UNIT) };
        if let Some((interval, bounds)) =
            estimate(sample, stats::SEED).and_then(|known| known.interval.zip(known.bounds))
        {
            ours.add(truth, interval, bounds.low);
        }
        let (interval, bound) = plain_interval(&values);
        plain.add(truth, interval, bound);
    }
    table.row(names.into_iter().chain(ours.cells()).chain(plain.cells()).collect());
    table.promise(!ours.interval.misses().exceeds(1.0 - LOWEST_INTERVAL), "the interval holds too rarely");
    table.promise(!ours.bound.misses().exceeds(1.0 - LOWEST_BOUND), "the bound holds too rarely");
}

/// The floor: the normal interval of the mean, as if cases were independent and many, and its lower bound.
fn plain_interval(values: &[f64]) -> (Interval, f64) {
    const TWO_SIDED: f64 = 1.959_963_984_540_054;
    const ONE_SIDED: f64 = 1.644_853_626_951_472_7;
    let found = estimate(Sample { values, clusters: None, range: Some(Interval::UNIT) }, stats::SEED);
    let (center, deviation) = found.map_or((0.0, 0.0), |found| (found.mean, found.sd.unwrap_or_default()));
    let error = deviation * stats::share_of(1, values.len()).sqrt();
    let interval = Interval { low: center - TWO_SIDED * error, high: center + TWO_SIDED * error };
    (interval, center - ONE_SIDED * error)
}
