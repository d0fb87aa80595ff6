//! Passing results of earlier pipelines: `.llmops/results/KEY.json`, each a report by everything that decides.

use std::path::PathBuf;
use std::time::Duration;

use super::eval::Prepared;
use super::{output, report_file};
use crate::clock;
use crate::config::{Config, STATE_FOLDER, Stop, TargetKind};
use crate::digest::{sha256_of, sha256_parts};
use crate::error::{Error, Result};
use crate::evidence;
use crate::gate;
use crate::report::{self, Decision, Report, json};

/// More are not kept.
const MAX_RESULTS: usize = 20;

pub(super) struct Results {
    folder: PathBuf,
    /// Whether one is taken again, or the next one only kept.
    reuse: bool,
    /// Whether one is kept: what a program answers with a file that no commit has is not what it answers without.
    keep: bool,
}

impl Results {
    pub(super) fn new(config: &Config, reuse: bool) -> Self {
        let is_as_committed = || evidence::changed(config).is_ok_and(|changed| changed.is_empty());
        let keep = config.target.kind != TargetKind::Command || is_as_committed();
        Self { folder: config.root.join(STATE_FOLDER).join("results"), reuse, keep }
    }

    /// SHA-256 of everything that decides: what is measured, and the bars, the baseline among them.
    pub(super) fn key(config: &Config, prepared: &Prepared) -> Result<String> {
        let content = prepared.facts.content(config);
        let identity = prepared.facts.identity(&content);
        let baseline = config.path(&config.gate.regression.baseline.value);
        let baseline = match std::fs::File::open(&baseline) {
            Ok(file) => sha256_of(file).map_err(|error| Error::io("read", &baseline, error))?,
            Err(_) => String::new(),
        };
        Ok(sha256_parts([identity.as_str(), &config.digest, &baseline, prepared.client.tariff().about().as_str()]))
    }

    pub(super) fn file(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    /// The passing result of this key that is young enough to be evidence, if one is to be taken again.
    pub(super) fn find(&self, config: &Config, prepared: &Prepared, key: &str) -> Option<Report> {
        let path = self.file(key);
        if !self.reuse || !path.is_file() {
            return None;
        }
        // The file may have been edited: its cases are all that is believed.
        let report = report::again(&prepared.facts, &path).ok()?;
        let stopped = report.stopped.filter(|_| !matches!(config.eval.stop, Stop::Never));
        let report = Report { stopped, ..report };
        let compared =
            report_file::compare(report, &json::rows_of(&path), &config.root, Some(prepared.client.tariff()));
        let report = compared.ok()?;
        let verdict = gate::check(&report);
        let report = report.decided(verdict);
        let is_young = age(&report).is_some_and(|age| age <= config.evidence.max_age);
        (report.verdict.decision == Decision::Pass && is_young).then_some(report)
    }

    /// Keeps a passing result. That it cannot be kept is said, and costs the next pipeline time alone.
    pub(super) fn keep(&self, key: &str, report: &Report, path: &std::path::Path) {
        if !self.keep || report.verdict.decision != Decision::Pass {
            return;
        }
        let kept = json::write(report, &json::rows_of(path), &self.file(key));
        if let Err(error) = kept {
            output::note(&format!("the result is not kept for the next pipeline: {error}"));
        }
        self.forget_oldest();
    }

    fn forget_oldest(&self) {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<_> =
            files.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
        files.sort();
        let too_many = files.len().saturating_sub(MAX_RESULTS);
        for (_, path) in files.into_iter().take(too_many) {
            // It is only one more that is kept.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// How long ago it was measured.
fn age(report: &Report) -> Option<Duration> {
    clock::now().duration_since(humantime::parse_rfc3339(&report.timestamp).ok()?).ok()
}
