//! Whether the dataset can be read.

use super::Patient;
use super::finding::Finding;
use crate::eval::Dataset;
use crate::text::count;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let file = &patient.config.eval.dataset.value;
    match Dataset::read(&patient.config.path(file), file) {
        Ok(dataset) => vec![Finding::ok(format!("{file} has {}", count(dataset.cases, "case")))],
        Err(_) if !patient.config.path(file).exists() => {
            let fix = "llmops init writes a first one; or set eval.dataset to where yours is";
            vec![Finding::problem(format!("there is no dataset {file}"), fix)]
        }
        Err(error) => Finding::of_error(&error),
    }
}
