//! What was done of the deployment that is under way, so that the next call knows: `.llmops/deploy/ENV/journal.jsonl`.
//!
//! ```text
//! {"time": ..., "event": "intent", "commit": ..., "evidence": ..., "before": ..., "steps": [...]}
//! {"time": ..., "event": "begin", "step": "trigger"}
//! {"time": ..., "event": "end", "step": "trigger", "deployment": "dep-..."}
//! {"time": ..., "event": "failed", "reason": ...}      then it is undone
//! {"time": ..., "event": "undone", ...}
//! ```
//!
//! A line is on the disk before what it announces is done. Secrets stand in it as their SHA-256.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::driver::Release;
use super::record::Outcome;
use crate::clock;
use crate::error::{Error, Result};

/// What is done to the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A deployment of the platform, then the labels.
    Platform,
    /// The labels alone.
    Prompts,
    /// The way back to what was there before, because somebody asked for it.
    Return,
}

/// One step of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// The platform is asked.
    Trigger,
    /// The platform says that it is live.
    Wait,
    /// What runs is what was evaluated.
    Identity,
    /// Golden cases are answered.
    Smoke,
    /// It stays well for a time.
    Watch,
    /// The label means the evaluated versions.
    Labels,
    /// The application has noticed.
    Prompts,
}

impl Step {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Wait => "wait",
            Self::Identity => "identity",
            Self::Smoke => "smoke",
            Self::Watch => "watch",
            Self::Labels => "labels",
            Self::Prompts => "prompts",
        }
    }
}

/// Where a label goes, and where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LabelMove {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) digest: String,
    /// What the label meant before; `None` if nothing.
    #[serde(default)]
    pub(crate) from: Option<String>,
}

/// What is to be done, as it was decided before anything was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// Of this attempt alone.
    pub(crate) attempt: String,
    pub(crate) kind: Kind,
    /// When it began, UTC.
    pub(crate) began: String,
    pub(crate) by: String,
    /// SHA-256 of the evidence.
    pub(crate) evidence: String,
    /// What was evaluated.
    pub(crate) commit: String,
    /// What must run: another commit where only prompts changed.
    pub(crate) runs: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<String>,
    /// The idempotency key.
    pub(crate) key: String,
    pub(crate) driver: String,
    /// As the driver names it: never a secret.
    pub(crate) service: String,
    /// What was live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Release>,
    /// The newest deployment of the platform at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) newest: Option<String>,
    pub(crate) label: String,
    pub(crate) prompts: Vec<LabelMove>,
    /// Why, where somebody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) steps: Vec<Step>,
}

/// Why it cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) reason: String,
    /// Whether the platform has certainly done nothing.
    pub(crate) untouched: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Intent(Box<Intent>),
    Begin {
        step: Step,
    },
    End {
        step: Step,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deployment: Option<String>,
    },
    Failed(Failed),
    Undone {
        outcome: Outcome,
        notes: Vec<String>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    time: String,
    #[serde(flatten)]
    event: Event,
}

/// The journal of an environment, of which nobody else writes.
pub(crate) struct Journal {
    path: PathBuf,
    file: Option<File>,
    lines: Vec<Line>,
}

const FILE: &str = "journal.jsonl";
const LAST: &str = "last.jsonl";

impl Journal {
    /// What an earlier process left, or an empty one, to be gone on with. Half a line at its end was never announced to anybody
    /// and is forgotten.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let (mut journal, whole, all) = Self::parse(folder)?;
        if !journal.lines.is_empty() && whole < all {
            let file = journal.opened()?;
            let cut = file.set_len(whole as u64);
            cut.map_err(|error| Error::io("repair", &journal.path, error))?;
        }
        Ok(journal)
    }

    /// The same, only to be looked at: whoever writes it may be under way.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        Self::parse(folder).map(|(journal, ..)| journal)
    }

    /// With the length of what is whole and of all.
    fn parse(folder: &Path) -> Result<(Self, usize, usize)> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let lines: serde_json::Result<Vec<Line>> = text[..whole].lines().map(serde_json::from_str).collect();
        let mut lines = lines.map_err(|error| {
            Error::unavailable("the journal of an unfinished deployment cannot be read")
                .source(error)
                .at(path.display(), None)
                .hint("see what the platform runs and what the labels mean, then delete the file")
        })?;
        if !matches!(lines.first(), Some(Line { event: Event::Intent(_), .. })) {
            lines.clear();
        }
        Ok((Self { path, file: None, lines }, whole, text.len()))
    }

    /// The attempt that was not finished.
    pub(crate) fn intent(&self) -> Option<&Intent> {
        match &self.lines.first()?.event {
            Event::Intent(intent) => Some(intent),
            _ => None,
        }
    }

    /// Begins an attempt.
    pub(crate) fn begin_attempt(&mut self, intent: Intent) -> Result<()> {
        self.lines.clear();
        self.file = None;
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, error))?;
        }
        // What stands there is the rest of a line that was never whole.
        let made = File::create(&self.path).map_err(|error| Error::io("write", &self.path, error))?;
        drop(made);
        self.add(Event::Intent(Box::new(intent)))
    }

    pub(crate) fn begin(&mut self, step: Step) -> Result<()> {
        self.add(Event::Begin { step })
    }

    pub(crate) fn end(&mut self, step: Step, deployment: Option<String>) -> Result<()> {
        self.add(Event::End { step, deployment })
    }

    pub(crate) fn fail(&mut self, failed: Failed) -> Result<()> {
        self.add(Event::Failed(failed))
    }

    pub(crate) fn undone(&mut self, outcome: Outcome, notes: Vec<String>) -> Result<()> {
        self.add(Event::Undone { outcome, notes })
    }

    /// The attempt is over, and kept as the last one.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.file = None;
        self.lines.clear();
        let last = self.path.with_file_name(LAST);
        std::fs::rename(&self.path, &last).map_err(|error| Error::io("keep", &self.path, error))
    }

    pub(crate) fn has_begun(&self, step: Step) -> bool {
        self.lines.iter().any(|line| matches!(&line.event, Event::Begin { step: begun } if *begun == step))
    }

    pub(crate) fn has_ended(&self, step: Step) -> bool {
        self.lines.iter().any(|line| matches!(&line.event, Event::End { step: ended, .. } if *ended == step))
    }

    /// The step that is next, or was under way.
    pub(crate) fn next(&self) -> Option<Step> {
        self.intent()?.steps.iter().copied().find(|step| !self.has_ended(*step))
    }

    /// What the platform calls the deployment.
    pub(crate) fn deployment(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| match &line.event {
            Event::End { deployment: Some(deployment), .. } => Some(deployment.as_str()),
            _ => None,
        })
    }

    pub(crate) fn failure(&self) -> Option<&Failed> {
        self.lines.iter().find_map(|line| match &line.event {
            Event::Failed(failed) => Some(failed),
            _ => None,
        })
    }

    /// What came of undoing it, if that is done.
    pub(crate) fn undoing(&self) -> Option<(Outcome, &[String])> {
        self.lines.iter().find_map(|line| match &line.event {
            Event::Undone { outcome, notes } => Some((*outcome, notes.as_slice())),
            _ => None,
        })
    }

    fn add(&mut self, event: Event) -> Result<()> {
        let line = Line { time: clock::timestamp(), event };
        let mut text = serde_json::to_vec(&line)
            .map_err(|error| Error::unavailable("cannot write the journal of the deployment").source(error))?;
        text.push(b'\n');
        let is_first = self.lines.is_empty();
        let file = self.opened()?;
        let written = file.write_all(&text).and_then(|()| file.sync_all());
        written.map_err(|error| Error::io("write", &self.path, error))?;
        if is_first && cfg!(unix) {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|error| Error::io("write", folder, error))?;
        }
        self.lines.push(line);
        Ok(())
    }

    fn opened(&mut self) -> Result<&mut File> {
        if self.file.is_none() {
            let file = File::options().append(true).open(&self.path);
            self.file = Some(file.map_err(|error| Error::io("write", &self.path, error))?);
        }
        self.file.as_mut().ok_or_else(|| Error::unavailable("the journal is closed"))
    }
}
