//! `llmops selfcheck`: the program's numbers against those of other implementations.

use std::fmt::Write as _;

use super::output;
use crate::cli::{Global, Selfcheck};
use crate::error::{Error, ExitStatus, Result};
use crate::eval::golden::Check;
use crate::text::count;

pub(super) fn run(global: &Global, arguments: &Selfcheck) -> Result<ExitStatus> {
    let check = if arguments.files.is_empty() {
        Check::own()?
    } else {
        let mut check = Check::default();
        for file in &arguments.files {
            let path = global.directory.join(file);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Error::config(format!("cannot read {}", path.display())).source(error))?;
            check.add(&path.display().to_string(), &text)?;
        }
        check
    };
    if check.rows() == 0 {
        return Err(Error::config("there are no rows to check"));
    }
    if global.json {
        let value = serde_json::to_value(&check);
        output::print_json(&value.map_err(|error| Error::unavailable("cannot write the result").source(error))?)?;
    } else {
        output::print(&render(&check))?;
    }
    Ok(if check.disagreements.is_empty() { ExitStatus::Pass } else { ExitStatus::Failed })
}

fn render(check: &Check) -> String {
    /// More are not read by anybody.
    const SHOWN: usize = 20;
    let mut text = format!("{:<30} {:>11}  worst deviation\n", "metric", "agree");
    for (name, metric) in &check.metrics {
        let agree = format!("{} of {}", metric.agree, metric.rows);
        let _ = writeln!(text, "{name:<30} {agree:>11}  {:.1e}", metric.worst_deviation);
    }
    for row in check.disagreements.iter().take(SHOWN) {
        let computed = match &row.computed {
            Ok(value) => value.to_string(),
            Err(message) => message.clone(),
        };
        let _ = writeln!(
            text,
            "\n{} ({}) disagrees\n  expected {}\n  computed {computed}",
            row.id, row.metric, row.expected
        );
    }
    let more = check.disagreements.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(text, "\n... and {more} more");
    }
    let agree = check.rows() - check.disagreements.len();
    let _ = writeln!(text, "\n{agree} of {} agree", count(check.rows(), "row"));
    text
}
