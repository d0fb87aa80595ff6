//! Whether answers cost too much. A cost that is not known fails whatever depends on it.

use crate::eval::metrics::Scale;
use crate::report::{Breach, Difference, Report};
use crate::text::count;

/// What costs add to a verdict.
#[derive(Default)]
pub(super) struct Costs {
    pub(super) breaches: Vec<Breach>,
    /// Why each of them is one; what is not known has no breach.
    pub(super) failed: Vec<String>,
    /// Why nothing can be decided.
    pub(super) unknown: Vec<String>,
}

/// Looks at the bars of `[cost]`.
pub(super) fn check(report: &Report) -> Costs {
    let mut found = Costs::default();
    // A part of a run has part of the costs; the whole is looked at once it is merged.
    if report.shard.is_some() || report.cases.finished == report.cases.errored {
        return found;
    }
    found.of_an_answer(report);
    found.of_a_month(report);
    found.increase(report);
    found.budgets(report);
    found
}

impl Costs {
    fn of_an_answer(&mut self, report: &Report) {
        let Some(most) = report.cost_limits.max_per_case else { return };
        let Some(cost) = report.cost.answer_usd else { return self.not_known("max_per_case", report) };
        if cost > most {
            let reason = format!("an answer costs {cost}, above the {most} of cost.max_per_case");
            self.breach("max_per_case", (cost.to_f64(), most.to_f64()), reason, report);
        }
    }

    fn of_a_month(&mut self, report: &Report) {
        let Some(most) = report.cost_limits.max_per_month else { return };
        let Some(cost) = report.monthly_cost() else { return self.not_known("max_per_month", report) };
        if cost > most {
            let reason = format!("a month costs {cost}, above the {most} of cost.max_per_month");
            self.breach("max_per_month", (cost.to_f64(), most.to_f64()), reason, report);
        }
    }

    fn increase(&mut self, report: &Report) {
        let Some(most) = report.cost_limits.max_increase.filter(|_| report.stopped.is_none()) else { return };
        let Some(comparison) = &report.comparison else {
            let file = report.regression.as_ref().map_or("", |facts| facts.baseline.as_str());
            let hint = "`llmops baseline` accepts this run as the baseline";
            self.unknown.push(format!("cost.max_increase needs a baseline, and there is no {file}; {hint}"));
            return;
        };
        let Some(Difference { baseline, current, n, .. }) = comparison.cost else {
            return self.not_known("max_increase", report);
        };
        let is_more = current > baseline * (1.0 + most) && current - baseline > f64::EPSILON * current;
        if is_more {
            let (now, before) = (Scale::Dollars.show(current), Scale::Dollars.show(baseline));
            let reason = format!(
                "an answer costs {now}, {:+.0} % against {before} in the baseline, more than the {:.0} % of \
                 cost.max_increase (n = {n})",
                100.0 * (current / baseline - 1.0),
                100.0 * most
            );
            self.breach("max_increase", (current, baseline * (1.0 + most)), reason, report);
        }
    }

    fn budgets(&mut self, report: &Report) {
        let unknown = report.cost.target_unknown + report.cost.judge_unknown;
        if !report.cost_limits.has_budget || (unknown == 0 && report.cost.embedder_usd.is_some()) {
            return;
        }
        let calls = if unknown == 0 { "the embedder's calls".to_owned() } else { count(unknown, "call") };
        self.failed.push(format!(
            "the cost of {calls} is not known, so that the budgets of [cost] do not hold; give the model a price in \
             [cost.models]"
        ));
    }

    fn not_known(&mut self, key: &str, report: &Report) {
        let who = report
            .target
            .model
            .as_ref()
            .map_or_else(|| "an answer".to_owned(), |model| format!("an answer of {model}"));
        self.failed.push(format!(
            "the cost of {who} is not known, and cost.{key} depends on it; give the model a price in [cost.models]"
        ));
    }

    fn breach(&mut self, key: &str, (value, threshold): (f64, f64), reason: String, report: &Report) {
        let n = report.cases.finished - report.cases.errored;
        self.breaches.push(Breach { metric: key.to_owned(), value, threshold, n, judged: None, baseline: None });
        self.failed.push(reason);
    }
}
