//! `llmops guard check`: one text, of a user, a document or a model.

use std::fmt::Write as _;
use std::io::Read as _;

use serde_json::{Value, json};

use super::placeholders::Placeholders;
use super::{Limit, configuration, model, policy, read_text};
use crate::cli::{Check, Global};
use crate::cmd::output;
use crate::cmd::tracing::Tracing;
use crate::config::Config;
use crate::error::{Error, ExitStatus, Result};
use crate::guard::{Action, Answer, Assessment, Finding, OutputPolicy, Severity, Vault, check_answer, check_with};
use crate::prompt::{self, Selector};
use crate::text::printable;
use crate::trace::{self, Active};

/// Blocked is exit status 1, so that a script can stop there.
pub(super) fn run(global: &Global, arguments: &Check) -> Result<ExitStatus> {
    let config = configuration(global)?;
    let text = if arguments.text == "-" { standard_input()? } else { arguments.text.clone() };
    let mut placeholders =
        arguments.placeholders.as_deref().map(|file| Placeholders::open(global, file)).transpose()?;
    let tracing = Tracing::open(&config);
    let span = tracing.begin("apply_guardrail", &config);
    let assessment = if arguments.output {
        judge_answer(global, &config, (arguments, &text), placeholders.as_ref())?
    } else {
        judge_input(&config, (arguments, &text), placeholders.as_mut())?
    };
    if let Some(span) = span {
        decided(span, (arguments, &text), &assessment);
    }
    if global.json {
        output::print_json(&value(&assessment))?;
    } else {
        output::print(&shown(&text, &assessment))?;
    }
    Ok(if assessment.action == Action::Blocked { ExitStatus::Failed } else { ExitStatus::Pass })
}

/// The span of a decision: what was found, and never the text, unless the project sends content.
fn decided(mut span: Active, (arguments, text): (&Check, &str), assessment: &Assessment) {
    let source = match (arguments.output, arguments.document) {
        (true, _) => "output",
        (false, true) => "document",
        (false, false) => "input",
    };
    let mut rules: Vec<String> = assessment.findings.iter().map(|finding| finding.rule.to_owned()).collect();
    rules.sort_unstable();
    rules.dedup();
    span.set("operation", "apply_guardrail");
    span.set("guard.source", source);
    span.set("guard.verdict", assessment.action.name());
    span.set_known("guard.risk", assessment.risk().map(Severity::name));
    span.set_known("guard.score", assessment.score);
    span.set("guard.rules", trace::Value::Texts(rules));
    span.set("guard.findings", assessment.findings.len() + assessment.more);
    span.set("guard.characters", text.chars().count());
    span.set("guarded_text", text);
}

fn judge_input(
    config: &Config,
    (arguments, text): (&Check, &str),
    placeholders: Option<&mut Placeholders>,
) -> Result<Assessment> {
    let limit = if arguments.document { Limit::None } else { Limit::Input };
    let (policy, model) = (policy(&config.guard, limit), model(config)?);
    let Some(placeholders) = placeholders else { return Ok(check_with(text, &policy, &model, &mut Vault::default())) };
    let assessment = check_with(text, &policy, &model, &mut placeholders.vault);
    placeholders.keep()?;
    Ok(assessment)
}

fn judge_answer(
    global: &Global,
    config: &Config,
    (arguments, text): (&Check, &str),
    placeholders: Option<&Placeholders>,
) -> Result<Assessment> {
    let instructions = match (&arguments.prompt, &arguments.system) {
        (Some(name), _) => Some(prompt::find(&config.root, &Selector::parse(name))?.instructions()),
        (None, Some(file)) => Some(read_text(global, file)?),
        (None, None) => None,
    };
    let passages = arguments.passage.iter().map(|file| read_text(global, file)).collect::<Result<Vec<String>>>()?;
    let configured = &config.guard.output;
    let canaries = [arguments.canary.as_slice(), configured.canaries.as_slice()].concat();
    let policy = OutputPolicy {
        allowed_hosts: configured.allowed_hosts.clone(),
        max_characters: configured.max_characters,
        keeps_known_data: configured.keep_known_data,
    };
    let answer = Answer {
        text,
        system_prompt: instructions.as_deref(),
        canaries: &canaries,
        passages: Some(passages.as_slice()).filter(|passages| !passages.is_empty()),
        vault: placeholders.map(|placeholders| &placeholders.vault),
    };
    Ok(check_answer(&answer, &policy))
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
        "more_findings": assessment.more,
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

fn shown(given: &str, assessment: &Assessment) -> String {
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
    if assessment.more > 0 {
        let _ = writeln!(text, "  and {} more", assessment.more);
    }
    if assessment.sanitised != given && !assessment.sanitised.is_empty() {
        text.push_str("sanitised:\n");
        for line in assessment.sanitised.lines() {
            let _ = writeln!(text, "  {}", printable(line));
        }
    }
    text
}
