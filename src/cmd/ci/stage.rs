//! What the stages came to, and what they come to together.

use std::time::Duration;

use serde::Serialize;

use crate::cli::Stage;
use crate::clock;
use crate::cmd::eval::Gated;
use crate::error::{Error, ExitStatus, Problem};
use crate::git::Commit;
use crate::report::Decision;

/// Raised whenever a reader of an older file would misunderstand a newer one.
const SCHEMA: u32 = 1;

/// All that a pipeline did, as `llmops/ci_report.json` has it.
#[derive(Debug, Serialize)]
pub(super) struct Pipeline {
    schema: u32,
    tool_version: &'static str,
    pub(super) project: String,
    /// When it began, UTC.
    timestamp: String,
    pub(super) commit: Option<Commit>,
    pub(super) verdict: Outcome,
    exit_code: u8,
    pub(super) stages: Vec<StageReport>,
    /// The file, if everything has passed and it could be made.
    pub(super) evidence: Option<String>,
    /// Why there is none, or who signed it.
    pub(super) evidence_note: String,
    #[serde(skip)]
    status: ExitStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Pass,
    Fail,
    Undecided,
    /// It could not be done.
    Error,
}

/// What one stage came to.
#[derive(Debug, Serialize)]
pub(super) struct StageReport {
    pub(super) name: &'static str,
    pub(super) verdict: Outcome,
    pub(super) duration_ms: u64,
    /// One line.
    pub(super) summary: String,
    pub(super) checks: Vec<Check>,
    /// Whether an earlier result was taken again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) reused: bool,
    #[serde(skip)]
    status: ExitStatus,
}

/// One thing that a stage looked at.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// As evidence names it, with the stage before it.
    pub(super) name: &'static str,
    pub(super) verdict: Outcome,
    /// What was looked at and what was found.
    pub(super) summary: String,
    pub(super) findings: Vec<Finding>,
    /// Whether it passed with something to look at.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) warned: bool,
    #[serde(skip)]
    status: ExitStatus,
}

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) place: Option<String>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Self {
        Self { place: problem.place, message: problem.message, hint: problem.hint }
    }
}

impl Outcome {
    /// As people read it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undecided => "undecided",
            Self::Error => "error",
        }
    }
}

impl Check {
    pub(super) fn new(name: &'static str, verdict: Outcome, summary: impl Into<String>) -> Self {
        let status = match verdict {
            Outcome::Pass => ExitStatus::Pass,
            Outcome::Fail => ExitStatus::Failed,
            Outcome::Undecided | Outcome::Error => ExitStatus::Undecided,
        };
        Self { name, verdict, summary: summary.into(), findings: Vec::new(), warned: false, status }
    }

    /// What could not be looked at.
    pub(super) fn broken(name: &'static str, error: Error) -> Self {
        let (summary, status) = (error.to_string(), error.exit_status());
        let findings = error.problems.into_iter().map(Finding::from).collect();
        Self { findings, status, ..Self::new(name, Outcome::Error, summary) }
    }

    /// The same with something to look at.
    pub(super) fn warning(self, warned: bool) -> Self {
        Self { warned, ..self }
    }

    /// Passed if there are no findings.
    pub(super) fn of(name: &'static str, summary: impl Into<String>, findings: Vec<Finding>) -> Self {
        let verdict = if findings.is_empty() { Outcome::Pass } else { Outcome::Fail };
        Self { findings, ..Self::new(name, verdict, summary) }
    }
}

impl StageReport {
    fn new(stage: Stage, verdict: Outcome, summary: String, status: ExitStatus) -> Self {
        let (name, checks) = (stage.name(), Vec::new());
        Self { name, verdict, duration_ms: 0, summary, checks, reused: false, status }
    }

    /// The worst of several checks; what could not be done is worse than what failed.
    pub(super) fn of_checks(stage: Stage, checks: Vec<Check>) -> Self {
        let order = [Outcome::Error, Outcome::Fail, Outcome::Undecided];
        let worst = order.iter().find_map(|verdict| checks.iter().find(|check| check.verdict == *verdict));
        let (verdict, status) = worst.map_or((Outcome::Pass, ExitStatus::Pass), |worst| (worst.verdict, worst.status));
        let shown = checks.iter().filter(|check| verdict == Outcome::Pass || check.verdict != Outcome::Pass);
        let summary = shown.map(|check| check.summary.as_str()).collect::<Vec<_>>().join("; ");
        Self { checks, ..Self::new(stage, verdict, summary, status) }
    }

    pub(super) fn of_evaluation(gated: &Gated) -> Self {
        let report = &gated.report;
        let verdict = match report.verdict.decision {
            _ if gated.status == ExitStatus::OverBudget => Outcome::Error,
            Decision::Pass => Outcome::Pass,
            Decision::Fail => Outcome::Fail,
            Decision::Undecided => Outcome::Undecided,
        };
        let bars = report.in_order().into_iter().filter_map(|(name, estimate)| {
            let bar = report.thresholds.get(name)?;
            Some(format!("{name} {} (bar {})", estimate.show(estimate.mean), estimate.scale.show(*bar)))
        });
        let summary = match verdict {
            Outcome::Pass => bars.collect::<Vec<_>>().join(", "),
            _ => report.verdict.reasons.join("; "),
        };
        Self { reused: gated.is_reused, ..Self::new(Stage::Eval, verdict, summary, gated.status) }
    }

    pub(super) fn of_deployment(status: ExitStatus, summary: String) -> Self {
        let verdict = match status {
            ExitStatus::Pass => Outcome::Pass,
            ExitStatus::Failed => Outcome::Fail,
            ExitStatus::Undecided => Outcome::Undecided,
            ExitStatus::Config | ExitStatus::OverBudget => Outcome::Error,
        };
        Self::new(Stage::Deploy, verdict, summary, status)
    }

    /// A stage that could not be run.
    pub(super) fn broken(stage: Stage, error: &Error) -> Self {
        Self::new(stage, Outcome::Error, error.to_string(), error.exit_status())
    }
}

impl Pipeline {
    pub(super) fn new(project: String, commit: Option<Commit>) -> Self {
        Self {
            schema: SCHEMA,
            tool_version: env!("CARGO_PKG_VERSION"),
            project,
            timestamp: clock::timestamp(),
            commit,
            verdict: Outcome::Pass,
            exit_code: ExitStatus::Pass as u8,
            stages: Vec::new(),
            evidence: None,
            evidence_note: String::new(),
            status: ExitStatus::Pass,
        }
    }

    /// Adds what a stage came to; says whether the next one may run.
    pub(super) fn add(&mut self, stage: StageReport, took: Duration) -> bool {
        let passed = stage.status == ExitStatus::Pass;
        if !passed {
            self.verdict = stage.verdict;
            self.status = stage.status;
            self.exit_code = stage.status as u8;
        }
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.stages.push(StageReport { duration_ms, ..stage });
        passed
    }

    /// What passed but is worth saying may still end the pipeline with another status.
    pub(super) fn fails_with(&mut self, error: &Error) {
        self.verdict = Outcome::Error;
        self.status = error.exit_status();
        self.exit_code = self.status as u8;
        self.evidence_note = error.to_string();
    }

    pub(super) fn status(&self) -> ExitStatus {
        self.status
    }

    /// The evidence, or why there is none; `None` if the pipeline was not to make any.
    pub(super) fn evidence(&self) -> Option<String> {
        let is_silent = self.evidence.is_none() && self.evidence_note.is_empty();
        let text = match &self.evidence {
            Some(file) => format!("{file}, {}", self.evidence_note),
            None => format!("none: {}", self.evidence_note),
        };
        (!is_silent).then_some(text)
    }

    /// Whether both stages that evidence is of were run, and passed. A shard that was measured ends well and has passed nothing.
    pub(super) fn is_whole(&self) -> bool {
        let passed = |report: &&StageReport| report.verdict == Outcome::Pass;
        let has = |stage: Stage| self.stages.iter().filter(passed).any(|report| report.name == stage.name());
        self.status == ExitStatus::Pass && has(Stage::Security) && has(Stage::Eval)
    }
}
