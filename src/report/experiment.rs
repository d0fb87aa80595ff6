//! Several variants on the same cases, in pairs: the value of `llmops compare`, and of `llmops/comparison.json`.
//!
//! ```text
//! rows of each variant -> CaseValues -> Pair (differences, flips) -> Recommendation -> Experiment -> terminal, JSON
//! ```

mod pair;
mod recommendation;
mod terminal;
mod values;

use serde::Serialize;

use super::{Estimate, Report, SCHEMA};
use crate::error::Result;
use crate::eval::metrics;
use crate::git::Commit;

use self::pair::{Contrast, Flip, Pair};
pub(crate) use self::recommendation::Recommendation;
pub(crate) use self::terminal::render;
pub(crate) use self::values::Values;

/// One call of `llmops compare`.
#[derive(Debug, Serialize)]
pub(crate) struct Experiments {
    pub(crate) schema: u32,
    pub(crate) tool_version: String,
    pub(crate) project: String,
    /// When it began, UTC.
    pub(crate) timestamp: String,
    pub(crate) dataset: String,
    pub(crate) git: Option<Commit>,
    /// The reference that prompts were compared with, if one was given.
    pub(crate) since: Option<String>,
    /// One for each prompt that changed, else one.
    pub(crate) comparisons: Vec<Experiment>,
}

/// Variants that were compared with each other; the first is the reference.
#[derive(Debug, Serialize)]
pub(crate) struct Experiment {
    /// The metric that decides.
    pub(crate) metric: String,
    pub(crate) variants: Vec<Variant>,
    /// Every two of them that came to their end, first those with the reference.
    pub(crate) pairs: Vec<Pair>,
    pub(crate) recommendation: Recommendation,
}

/// A prompt and a model, and what they measured.
#[derive(Debug, Serialize)]
pub(crate) struct Variant {
    pub(crate) name: String,
    /// Why nothing can be said of it; `None` if it was measured.
    pub(crate) problem: Option<String>,
    /// Without its cases. Its verdict is that of its bars; compare itself has no gate.
    pub(crate) report: Report,
}

impl Experiments {
    /// `None` if nothing was compared.
    pub(crate) fn new(since: Option<String>, comparisons: Vec<Experiment>) -> Option<Self> {
        let report = &comparisons.first()?.reference()?.report;
        Some(Self {
            schema: SCHEMA,
            tool_version: report.tool_version.clone(),
            project: report.project.clone(),
            timestamp: report.timestamp.clone(),
            dataset: report.dataset.clone(),
            git: report.git.clone(),
            since,
            comparisons,
        })
    }
}

impl Experiment {
    /// Compares at least two variants with what each measured of the cases.
    pub(crate) fn new(metric: &str, measured: Vec<(Variant, Values)>) -> Self {
        // Cases that were never asked say nothing of a variant, while those that failed count as 0.
        let whole = |place: &usize| measured[*place].0.report.ended_early.is_none();
        let places: Vec<usize> = (0..measured.len()).filter(whole).collect();
        let after = |place: usize| places.iter().copied().filter(move |other| *other > place);
        let places = places.iter().flat_map(|first| after(*first).map(move |second| (*first, second)));
        let mut pairs: Vec<Pair> =
            places.map(|(first, second)| Pair::new((first, second), &measured, metric)).collect();
        pair::correct(&mut pairs, metric);
        let variants: Vec<Variant> = measured.into_iter().map(|(variant, _)| variant).collect();
        let recommendation = Recommendation::new(metric, &variants, &pairs);
        Self { metric: metric.to_owned(), variants, pairs, recommendation }
    }

    fn reference(&self) -> Option<&Variant> {
        self.variants.first()
    }

    pub(crate) fn reports(&self) -> impl Iterator<Item = &Report> {
        self.variants.iter().map(|variant| &variant.report)
    }
}

impl Variant {
    pub(crate) fn new(name: String, report: Report, metric: &str) -> Self {
        let problem = problem(&report, metric);
        Self { name, problem, report }
    }

    /// The metrics in the order in which they are shown.
    fn metrics(&self) -> Vec<(&String, &Estimate)> {
        self.report.in_order()
    }
}

/// Why too little was measured for a comparison.
fn problem(report: &Report, metric: &str) -> Option<String> {
    let counts = report.cases;
    if counts.total == 0 {
        return Some("there are no cases".to_owned());
    }
    if let Some(early) = &report.ended_early {
        return Some(format!("it ended after {} of {} cases: {early}", counts.finished, counts.total));
    }
    let errored = crate::eval::stats::share_of(counts.errored, counts.finished);
    if counts.finished < counts.total {
        return Some(format!("only {} of {} cases have finished", counts.finished, counts.total));
    }
    if errored > report.max_error_rate {
        let allowed = report.max_error_rate * 100.0;
        let cause = report.errors.first().map(|cause| format!(": {}", cause.message)).unwrap_or_default();
        return Some(format!("{} of {} cases failed (allowed: {allowed} %){cause}", counts.errored, counts.finished));
    }
    let is_unmeasured = report.estimates.get(metric).is_some_and(|estimate| estimate.mean.is_none());
    is_unmeasured.then(|| format!("{metric} could not be measured in any case"))
}

/// Adds up the rows of one variant.
pub(crate) fn values(rows: super::json::Rows<'_>, report: &Report) -> Result<Values> {
    let mut values = Values::default();
    super::baseline::each_case(rows, &mut |case| {
        values.add(case, report);
        Ok(())
    })?;
    Ok(values)
}

/// Where a metric stands among others in what is shown.
fn position(report: &Report, name: &str) -> usize {
    let kind = report.estimates.get(name).map_or(name, |estimate| estimate.kind.as_str());
    metrics::position(kind)
}
