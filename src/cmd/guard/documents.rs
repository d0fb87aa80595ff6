//! `llmops guard documents`: what is to be retrieved, before it is stored. Also how `ingest` screens it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Limit, configuration, each, model, policy};
use crate::cli::{Documents, Global};
use crate::clock;
use crate::cmd::output;
use crate::config::{self, Config, STATE_FOLDER};
use crate::digest::sha256_parts;
use crate::error::{ExitStatus, Problem, Result};
use crate::file;
use crate::guard::{Action, Assessment, Finding, Model, Policy, check_document};
use crate::rag::{Document, Screen, read_documents};
use crate::text::{count, printable};
use crate::trace::{Scope, Took, Value as Attribute};

/// Exit status 1 if a document would be kept out of the store.
pub(super) fn run(global: &Global, arguments: &Documents) -> Result<ExitStatus> {
    let config = configuration(global)?;
    let name =
        arguments.path.as_ref().map_or(config.retrieval.documents.value.clone(), |path| path.display().to_string());
    let path = arguments.path.as_ref().map_or_else(|| config.path(&name), |path| global.directory.join(path));
    let documents = read_documents(&path, &name)?;
    let scanned = Scanner::new(&config)?.scan(&documents);
    if global.json {
        output::print_json(&value(&scanned))?;
    } else {
        output::print(&format!("{}{}\n", shown(&scanned, |verdict| verdict != Verdict::Clean), summary(&scanned)))?;
    }
    let is_clean = scanned.iter().all(|scanned| scanned.verdict != Verdict::Quarantined);
    Ok(if is_clean { ExitStatus::Pass } else { ExitStatus::Failed })
}

/// What the documents of a project come to.
pub(in crate::cmd) struct Survey {
    pub(in crate::cmd) documents: usize,
    pub(in crate::cmd) suspicious: usize,
    /// Those that are kept out of the store, each with its first reason.
    pub(in crate::cmd) quarantined: Vec<Problem>,
}

/// Looks at all of them, as an ingestion would.
pub(in crate::cmd) fn survey(config: &Config) -> Result<Survey> {
    let name = &config.retrieval.documents.value;
    let scanned = Scanner::new(config)?.scan(&read_documents(&config.path(name), name)?);
    let is_suspicious = |scanned: &&Scanned| matches!(scanned.verdict, Verdict::Suspicious | Verdict::Tolerated);
    let quarantined = scanned.iter().filter(|scanned| scanned.verdict == Verdict::Quarantined);
    Ok(Survey {
        documents: scanned.len(),
        suspicious: scanned.iter().filter(is_suspicious).count(),
        quarantined: quarantined.map(problem).collect(),
    })
}

fn problem(scanned: &Scanned) -> Problem {
    let Scanned { document, places, .. } = scanned;
    let first = places.iter().find(|place| !place.rule.starts_with("pii.")).or(places.first());
    let problem = match first {
        Some(place) => Problem::new(format!("{} ({})", place.message.trim_end_matches('.'), place.rule))
            .at(printable(document), Some(place.line)),
        None => Problem::new("blocked").at(printable(document), None),
    };
    problem.hint("`llmops guard documents` says all; guard.documents.trusted lets one be that may hold such a thing")
}

/// What becomes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cmd) enum Verdict {
    Clean,
    /// There is something to look at; it is stored.
    Suspicious,
    /// Blocked, but the project trusts it, or quarantines nothing.
    Tolerated,
    Quarantined,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Suspicious => "suspicious",
            Self::Tolerated => "tolerated",
            Self::Quarantined => "quarantined",
        }
    }
}

/// A document that was scanned.
pub(in crate::cmd) struct Scanned {
    document: String,
    verdict: Verdict,
    places: Vec<Place>,
}

/// A finding, as it is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    rule: String,
    severity: String,
    confidence: f64,
    /// Of the document's text, from 1.
    line: usize,
    message: String,
}

/// What the validator said of a content, as it is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Judged {
    action: Action,
    places: Vec<Place>,
}

/// What is known of contents, by their digest, and by which validator.
#[derive(Default, Serialize, Deserialize)]
struct Memory {
    validator: String,
    contents: BTreeMap<String, Judged>,
}

/// Whether a document would be stored; nothing is remembered.
pub(in crate::cmd) fn may_stay(config: &Config, document: &Document) -> bool {
    let policy = policy(&config.guard, Limit::None);
    check_document(document, &policy, Model::embedded()).action != Action::Blocked
}

/// The screen of an ingestion, and where it leaves what it saw.
pub(in crate::cmd) fn screen(config: &Config, scope: Option<Scope>) -> Result<(Screen, Arc<Mutex<Vec<Scanned>>>)> {
    let (scanner, seen) = (Scanner::new(config)?, Arc::new(Mutex::new(Vec::new())));
    let left = Arc::clone(&seen);
    let screen = move |documents: &[Document]| {
        let start = clock::unix_nanoseconds();
        let found = scanner.scan(documents);
        if let Some(scope) = &scope {
            decided(scope, start, &found);
        }
        let may_stay = found.iter().map(|scanned| scanned.verdict != Verdict::Quarantined).collect();
        *left.lock().unwrap_or_else(PoisonError::into_inner) = found;
        may_stay
    };
    Ok((Box::new(screen), seen))
}

/// One span for all of them: how many were judged how.
fn decided(scope: &Scope, start: u64, scanned: &[Scanned]) {
    let of = |verdict| Attribute::from(scanned.iter().filter(|scanned| scanned.verdict == verdict).count());
    let attributes = vec![
        ("operation", Attribute::from("apply_guardrail")),
        ("guard.source", Attribute::from("documents")),
        ("guard.documents", Attribute::from(scanned.len())),
        ("guard.documents.suspicious", of(Verdict::Suspicious)),
        ("guard.documents.tolerated", of(Verdict::Tolerated)),
        ("guard.documents.quarantined", of(Verdict::Quarantined)),
    ];
    let took = Took { start, end: clock::unix_nanoseconds() };
    scope.annotate("apply_guardrail documents".to_owned(), took, attributes, Ok(()));
}

/// Judges documents by what a project says.
struct Scanner {
    guard: config::Guard,
    policy: Policy,
    /// `None`: those that ship, which are read when they are needed.
    weights: Option<Model>,
    memory: PathBuf,
}

impl Scanner {
    fn new(config: &Config) -> Result<Self> {
        let weights = config.guard.model.as_ref().map(|_| model(config)).transpose()?.map(Cow::into_owned);
        Ok(Self {
            guard: config.guard.clone(),
            policy: policy(&config.guard, Limit::None),
            weights,
            memory: config.root.join(STATE_FOLDER).join("documents.json"),
        })
    }

    /// Judges documents, but for those whose content was judged before.
    fn scan(&self, documents: &[Document]) -> Vec<Scanned> {
        let digests: Vec<String> = documents.iter().map(digest).collect();
        let mut known = self.remembered();
        let all = digests.iter().zip(documents);
        let new: Vec<_> = all.filter(|(digest, _)| !known.contents.contains_key(*digest)).collect();
        if !new.is_empty() {
            let model = self.weights.as_ref().unwrap_or_else(|| Model::embedded());
            let judged = each(&new, |(digest, document)| {
                let assessment = check_document(document, &self.policy, model);
                ((*digest).clone(), Judged { action: assessment.action, places: places(document, &assessment) })
            });
            known.contents.extend(judged);
            let present: HashSet<&String> = digests.iter().collect();
            known.contents.retain(|digest, _| present.contains(digest));
            // Without it the next scan takes as long as this one, which is no reason to fail.
            let _ = serde_json::to_vec(&known).map(|bytes| file::replace(&self.memory, &bytes));
        }
        let scanned = |(digest, document): (&String, &Document)| {
            let Judged { action, places } = &known.contents[digest];
            Scanned { document: document.id.clone(), verdict: self.verdict(document, *action), places: places.clone() }
        };
        digests.iter().zip(documents).map(scanned).collect()
    }

    /// What this validator said of contents before.
    fn remembered(&self) -> Memory {
        let validator = self.name();
        let read = std::fs::read(&self.memory).ok().and_then(|bytes| serde_json::from_slice::<Memory>(&bytes).ok());
        let contents = read.filter(|memory| memory.validator == validator).map(|memory| memory.contents);
        Memory { validator, contents: contents.unwrap_or_default() }
    }

    /// Changes whenever a content could be judged otherwise.
    fn name(&self) -> String {
        let weights = self.weights.as_ref().map(Model::rows_sha256).unwrap_or_default();
        let numbers = format!("{} {}", self.guard.flag_at, self.guard.block_at);
        let parts = [env!("CARGO_PKG_VERSION"), weights, numbers.as_str()];
        sha256_parts(parts.into_iter().chain(self.guard.forbidden_topics.iter().map(String::as_str)))
    }

    fn verdict(&self, document: &Document, action: Action) -> Verdict {
        let guard = &self.guard.documents;
        let is_trusted = guard.trusted.iter().any(|trusted| {
            let rest = document.id.strip_prefix(trusted.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        match action {
            Action::Allowed => Verdict::Clean,
            Action::Flagged => Verdict::Suspicious,
            Action::Blocked if is_trusted || !guard.quarantine => Verdict::Tolerated,
            Action::Blocked => Verdict::Quarantined,
        }
    }
}

fn digest(document: &Document) -> String {
    sha256_parts([document.title.as_str(), &document.body, &document.unseen])
}

fn places(document: &Document, assessment: &Assessment) -> Vec<Place> {
    let place = |finding: &Finding| Place {
        rule: finding.rule.to_owned(),
        severity: finding.severity.name().to_owned(),
        confidence: finding.confidence,
        line: document.body[..finding.bytes.start].matches('\n').count() + 1,
        message: finding.message.clone(),
    };
    assessment.findings.iter().map(place).collect()
}

/// Findings of one document that are shown; `--json` has them all.
const MAX_PLACES: usize = 3;

/// What an ingestion says: the documents that it keeps out, and whether there are others to look at.
pub(in crate::cmd) fn kept_out(scanned: &[Scanned]) -> String {
    let mut text = shown(scanned, |verdict| verdict == Verdict::Quarantined);
    let suspicious = scanned.iter().filter(|scanned| scanned.verdict == Verdict::Suspicious).count();
    if suspicious > 0 {
        let _ = writeln!(text, "suspicious: {}; llmops guard documents says why", count(suspicious, "document"));
    }
    text
}

/// Documents of some verdicts, and why.
fn shown(scanned: &[Scanned], is_shown: impl Fn(Verdict) -> bool) -> String {
    let mut text = String::new();
    for Scanned { document, verdict, places } in scanned.iter().filter(|scanned| is_shown(scanned.verdict)) {
        let _ = writeln!(text, "{}: {}", verdict.name(), printable(document));
        // Orders before addresses.
        let (personal, other): (Vec<&Place>, Vec<&Place>) =
            places.iter().partition(|place| place.rule.starts_with("pii."));
        for place in other.into_iter().chain(personal).take(MAX_PLACES) {
            let (rule, severity, confidence) = (&place.rule, &place.severity, place.confidence);
            let _ = writeln!(text, "  {rule} ({severity}, {confidence:.2}) in line {} of its text", place.line);
            let _ = writeln!(text, "    {}", printable(&place.message));
        }
        if let Some(more) = places.len().checked_sub(MAX_PLACES).filter(|more| *more > 0) {
            let _ = writeln!(text, "  and {more} more");
        }
    }
    text
}

fn summary(scanned: &[Scanned]) -> String {
    let of = |verdict| scanned.iter().filter(|scanned| scanned.verdict == verdict).count();
    let (quarantined, suspicious) = (of(Verdict::Quarantined), of(Verdict::Suspicious) + of(Verdict::Tolerated));
    format!("{}: {quarantined} to quarantine, {suspicious} suspicious", count(scanned.len(), "document"))
}

/// For somebody who runs something else: which documents are kept out. `None` if none are.
pub(in crate::cmd) fn note(scanned: &[Scanned]) -> Option<String> {
    const NAMED: usize = 5;
    let kept_out = scanned.iter().filter(|scanned| scanned.verdict == Verdict::Quarantined);
    let names: Vec<&str> = kept_out.map(|scanned| scanned.document.as_str()).collect();
    let more = names.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!(" and {more} more"));
    let first = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let quarantined = count(names.len(), "document");
    (!names.is_empty()).then(|| {
        format!("{quarantined} in quarantine: {first}{}; llmops guard documents says why", more.unwrap_or_default())
    })
}

/// All documents with a finding, as scripts read them.
pub(in crate::cmd) fn value(scanned: &[Scanned]) -> Value {
    let value = |scanned: &Scanned| json!({ "document": scanned.document, "verdict": scanned.verdict.name(), "findings": scanned.places });
    let documents: Vec<Value> = scanned.iter().filter(|scanned| !scanned.places.is_empty()).map(value).collect();
    json!({ "documents": scanned.len(), "with_findings": documents })
}
