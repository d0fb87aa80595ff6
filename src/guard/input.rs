//! The input validator: what is said to a model, before it is said.
//!
//! ```text
//! text ── length ── decode ──> views ──> readings ──> rules, model, topics ──> findings ──> allowed | flagged | blocked
//! ```

use serde::{Deserialize, Serialize};

use super::content::{self, content};
use super::decode::{Readings, readings};
use super::finding::{Finding, Severity, arrange};
use super::model::{Model, Scored};
use super::normal::Hidden;
use super::passage::passages;
use super::policy::{EMPTY, Policy, TOO_LONG, TOPIC};
use super::reading::Reading;
use super::rules::RULES;
use super::sensitive::{self, Vault};
use super::view::View;

const LIKENESS: &str = "attack_likeness";
pub(super) const HIDDEN: &str = "hidden_text";

/// The names that findings of an input have, beside those of rules, personal data, secrets and harmful content.
pub(crate) const INPUT_RULES: &[(&str, &str)] = &[
    (LIKENESS, "a passage that reads like the attacks that the weights have learnt"),
    (HIDDEN, "characters that nobody sees: invisible ones, Unicode tags, letters under piles of marks"),
    (TOPIC, "what the project does not talk about: guard.forbidden_topics"),
    (TOO_LONG, "more characters than are allowed: guard.max_characters, guard.output.max_characters"),
    (EMPTY, "an input that says nothing"),
];

/// What is to be done with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Allowed,
    /// Suspicious: log it, ask a person, or answer with more care.
    Flagged,
    Blocked,
}

impl Action {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Flagged => "flagged",
            Self::Blocked => "blocked",
        }
    }
}

/// What the validator says of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assessment {
    pub(crate) action: Action,
    /// How much it is like an attack, from 0 to 1; `None` if there was nothing to judge: no words, or too long to be read.
    pub(crate) score: Option<f64>,
    /// By place, the surest first of those at one place.
    pub(crate) findings: Vec<Finding>,
    /// How many findings there are beside these: a thousandth address says nothing new.
    pub(crate) more: usize,
    /// The text without what cannot be seen, with personal data and secrets masked.
    pub(crate) sanitised: String,
}

impl Assessment {
    /// The worst that was found.
    pub(crate) fn risk(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// From this many hidden characters on, somebody hides something.
const MANY_HIDDEN: usize = 4;

/// Judges a text that a user or a document puts before a model.
pub(crate) fn check(text: &str, policy: &Policy, model: &Model) -> Assessment {
    check_with(text, policy, model, &mut Vault::default())
}

/// Judges a text of a conversation, in which equal values have equal placeholders.
pub(crate) fn check_with(text: &str, policy: &Policy, model: &Model, vault: &mut Vault) -> Assessment {
    if let Some(finding) = policy.length(text) {
        return Assessment {
            action: Action::Blocked,
            score: None,
            findings: vec![finding],
            more: 0,
            sanitised: String::new(),
        };
    }
    let Readings { views, hidden } = readings(text);
    let seen = without_hidden(text, &hidden);
    let mut sensitive = sensitive::scan(&seen.text);
    let sanitised = vault.mask(&seen.text, &sensitive).text;
    for finding in &mut sensitive {
        finding.bytes = seen.original(finding.bytes.clone());
    }
    let readings: Vec<Reading> = views.into_iter().map(Reading::new).collect();
    let mut findings = hidden_findings(&hidden);
    findings.extend(readings.iter().flat_map(rule_findings));
    let sure = findings.iter().filter(|finding| finding.severity >= Severity::Medium).map(|finding| finding.confidence);
    let sure = sure.fold(0.0, f64::max);
    let scored = model.score(&readings);
    let score = scored.map(|scored| together(scored.score, sure));
    if let Some(scored) = scored
        && scored.score >= policy.flag_at
        && findings.iter().all(|finding| finding.severity < Severity::Medium)
    {
        findings.push(model_finding(&readings, scored));
    }
    findings.extend(policy.topics(&readings));
    findings.extend(content(&readings));
    findings.extend(sensitive);
    let action = action(policy, score, &findings);
    let more = arrange(&mut findings);
    Assessment { action, score, findings, more, sanitised }
}

/// Below this score of the model a rule stands alone.
const DOUBTED: f64 = 0.15;
/// What a rule that stands alone is worth: enough to flag a text, not to block it.
const ALONE: f64 = 0.55;

/// The score of a text by the model's and the surest rule's.
fn together(model: f64, rule: f64) -> f64 {
    model.max(if model < DOUBTED { rule.min(ALONE) } else { rule })
}

fn action(policy: &Policy, score: Option<f64>, findings: &[Finding]) -> Action {
    let is_forbidden = findings.iter().any(|finding| finding.rule == TOPIC || content::is_rule(finding.rule));
    match score {
        _ if is_forbidden => Action::Blocked,
        Some(score) if score >= policy.block_at => Action::Blocked,
        Some(score) if score >= policy.flag_at => Action::Flagged,
        _ => Action::Allowed,
    }
}

fn rule_findings(reading: &Reading) -> Vec<Finding> {
    let found = RULES.iter().flat_map(|rule| rule.hits(reading).into_iter().map(move |hit| (rule, hit)));
    found
        .map(|(rule, hit)| Finding {
            rule: rule.name,
            severity: rule.severity,
            bytes: reading.original(hit.span),
            confidence: hit.confidence,
            message: explained(rule.message, reading),
        })
        .collect()
}

fn model_finding(readings: &[Reading], scored: Scored) -> Finding {
    let reading = &readings[scored.view];
    Finding {
        rule: LIKENESS,
        severity: if scored.score >= 0.8 { Severity::High } else { Severity::Medium },
        bytes: reading.original(passages(reading)[scored.passage].span.clone()),
        confidence: scored.score,
        message: explained("The passage reads like attacks that the model has learnt.", reading),
    }
}

/// Where the finding is in something that had to be decoded, a reader must be told.
fn explained(message: &str, reading: &Reading) -> String {
    match reading.seen.decoders.as_slice() {
        [] => message.to_owned(),
        decoders => format!("{message} It was hidden: {}.", decoders.join(", then ")),
    }
}

fn hidden_findings(hidden: &Hidden) -> Vec<Finding> {
    let characters: usize = hidden.invisible.iter().map(|range| range.len() / 3 + 1).sum();
    let invisible = hidden.invisible.iter().filter(|_| characters >= MANY_HIDDEN);
    let kinds: [(Vec<_>, &str); 3] = [
        (invisible.collect(), "Invisible characters stand where no script needs them."),
        (hidden.tags.iter().collect(), "Unicode tag characters hide a text that only machines read."),
        (hidden.stacked_marks.iter().collect(), "Letters are covered with piles of marks."),
    ];
    let first =
        kinds.into_iter().filter_map(|(ranges, message)| Some((ranges.first()?.start..ranges.last()?.end, message)));
    first
        .map(|(bytes, message)| Finding {
            rule: HIDDEN,
            severity: Severity::Low,
            bytes,
            confidence: 0.9,
            message: message.to_owned(),
        })
        .collect()
}

/// The text without what nobody sees.
fn without_hidden(text: &str, hidden: &Hidden) -> View {
    let mut ranges: Vec<_> =
        [&hidden.invisible, &hidden.tags, &hidden.controls, &hidden.stacked_marks].into_iter().flatten().collect();
    ranges.sort_by_key(|range| range.start);
    let mut kept = View::default();
    let mut from = 0;
    for range in ranges {
        kept.copy(&text[from..range.start.max(from)], from);
        from = range.end.max(from);
    }
    kept.copy(&text[from..], from);
    kept
}

#[cfg(test)]
mod tests;
