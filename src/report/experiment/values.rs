//! What one variant measured of each case.

use std::collections::{BTreeMap, HashMap};

use crate::report::Report;
use crate::report::summary::CaseSum;

/// The time and the price of an answer, as metrics of these names measure them; compared also if nobody asks for them.
pub(super) const LATENCY: &str = "latency";
pub(super) const COST: &str = "cost";

/// One variant's cases, in the order of the dataset.
#[derive(Debug, Default)]
pub(crate) struct Values {
    pub(super) order: Vec<String>,
    pub(super) cases: HashMap<String, CaseValues>,
}

/// What was measured of a case. What was not is not in it.
#[derive(Debug, Default)]
pub(super) struct CaseValues {
    pub(super) line: usize,
    pub(super) question: String,
    pub(super) cluster: Option<String>,
    pub(super) values: BTreeMap<String, f64>,
}

impl Values {
    pub(super) fn add(&mut self, case: CaseSum, report: &Report) {
        let measured = case.metrics.iter().filter_map(|(name, repeats)| Some((name.clone(), repeats.value()?)));
        let mut values: BTreeMap<String, f64> = measured.collect();
        for (name, known) in [(LATENCY, case.latency_of_an_answer()), (COST, case.cost_of_an_answer())] {
            if let Some(value) = known.filter(|_| !report.estimates.contains_key(name)) {
                values.insert(name.to_owned(), value);
            }
        }
        let first = case.first;
        self.order.push(first.id.clone());
        let values = CaseValues { line: first.line, question: first.question, cluster: first.cluster, values };
        self.cases.insert(first.id, values);
    }
}
