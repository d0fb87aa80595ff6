//! Whether the configuration can decide anything. That it can be read is known by now.

use super::Patient;
use super::finding::Finding;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = &patient.config;
    if config.gate.thresholds.is_empty() {
        return vec![Finding::problem(
            format!("{} has no bar in [gate], so nothing could fail", config.file),
            "give a metric its bar, for example context_recall = 0.80 under [gate]",
        )];
    }
    vec![Finding::ok(format!("{} is sound", config.file))]
}
