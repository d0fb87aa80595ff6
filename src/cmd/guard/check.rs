//! `llmops guard check`: one text.

use std::fmt::Write as _;
use std::io::Read as _;

use serde_json::{Value, json};

use super::{Limit, configuration, model, policy};
use crate::cli::{Check, Global};
use crate::cmd::output;
use crate::error::{Error, ExitStatus, Result};
use crate::guard::{Action, Assessment, Finding, Severity, check};
use crate::text::printable;

/// Blocked is exit status 1, so that a script can stop there.
pub(super) fn run(global: &Global, arguments: &Check) -> Result<ExitStatus> {
    let config = configuration(global)?;
    let text = if arguments.text == "-" { standard_input()? } else { arguments.text.clone() };
    let limit = if arguments.document { Limit::None } else { Limit::Input };
    let assessment = check(&text, &policy(&config, limit), &*model(&config)?);
    if global.json {
        output::print_json(&value(&assessment))?;
    } else {
        output::print(&shown(&assessment))?;
    }
    Ok(if assessment.action == Action::Blocked { ExitStatus::Failed } else { ExitStatus::Pass })
}

fn standard_input() -> Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Error::unavailable("cannot read standard input").source(error))?;
    String::from_utf8(bytes).map_err(|_| Error::config("the text on standard input is not UTF-8"))
}

/// The assessment as scripts read it.
pub(super) fn value(assessment: &Assessment) -> Value {
    json!({
        "action": assessment.action.name(),
        "risk": assessment.risk().map(Severity::name),
        "score": assessment.score,
        "findings": assessment.findings.iter().map(finding).collect::<Vec<_>>(),
        "sanitised": assessment.sanitised,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "start": finding.bytes.start,
        "end": finding.bytes.end,
        "confidence": finding.confidence,
        "message": finding.message,
    })
}

fn shown(assessment: &Assessment) -> String {
    let mut text = assessment.action.name().to_owned();
    if let Some(risk) = assessment.risk() {
        let _ = write!(text, ", {} risk", risk.name());
    }
    if let Some(score) = assessment.score {
        let _ = write!(text, ", score {score:.2}");
    }
    text.push('\n');
    for finding in &assessment.findings {
        let (start, end) = (finding.bytes.start, finding.bytes.end);
        let _ = writeln!(
            text,
            "  {} ({}, {:.2}) at bytes {start} to {end}\n    {}",
            finding.rule,
            finding.severity.name(),
            finding.confidence,
            printable(&finding.message)
        );
    }
    text
}
