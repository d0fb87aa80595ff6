//! What a protected label asks of a version, and whether the history of a prompt keeps to it.
//!
//! A move is *granted* if the line is signed where there are signers, enough people other than the author had approved exactly that
//! content before it, and it holds the evidence of a passing evaluation. A rollback also holds to a version that the label was granted
//! before: going back must not wait for a review. The rules are those of today: what a label means now must satisfy them.

use super::PromptVersion;
use super::ledger::{Entry, Event, Evidence, History, Move, email};
use super::registry::Folder;
use super::signature::Signers;
use crate::config::{Config, LabelRule};
use crate::error::{Problem, Result};

/// The project's rules, ready to be held against histories.
pub(crate) struct Protection<'a> {
    config: &'a Config,
    signers: Option<Signers>,
}

/// A prompt's ledger, as its lines and as what they add up to.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) name: &'a str,
    /// Without problems, so that the line of entry n is n.
    pub(crate) entries: &'a [Entry],
    pub(crate) history: &'a History,
}

/// A move that is to be made, or was.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) version: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) evidence: Option<&'a Evidence>,
    /// Only what stands before this line counts.
    pub(crate) before: usize,
}

impl<'a> Protection<'a> {
    pub(crate) fn open(config: &'a Config) -> Result<Self> {
        Ok(Self { config, signers: Signers::open(config)? })
    }

    pub(crate) fn rule(&self, label: &str) -> Option<&'a LabelRule> {
        self.config.prompts.rule(label)
    }

    /// Everything that a version lacks before a label may mean it, each with the command that supplies it.
    pub(crate) fn missing(&self, record: Record<'_>, rule: &LabelRule, wish: Wish<'_>) -> Vec<Problem> {
        let which = format!("{}@{}", record.name, wish.version);
        let mut missing = Vec::new();
        if rule.approvals > 0 {
            missing.extend(self.missing_approvals(record, rule, wish, &which));
        }
        if rule.evidence {
            missing.extend(missing_evidence(rule, wish, &which));
        }
        missing
    }

    fn missing_approvals(&self, record: Record<'_>, rule: &LabelRule, wish: Wish<'_>, which: &str) -> Option<Problem> {
        let label = &rule.name;
        let authors = record.history.authors(wish.digest);
        let unsigned = self.unsigned_release(record, wish.digest);
        if let Some(why) = unsigned {
            // Who may approve depends on who wrote it.
            let problem = Problem::new(format!("{label} is protected, and the release of {which} {why}"));
            return Some(problem.hint(format!(
                "release it again as the next version, signed: llmops prompt release {} --bump patch -m \"...\"",
                record.name
            )));
        }
        let approvers = self.approvers(record, wish.digest, wish.before);
        if approvers.len() >= rule.approvals {
            return None;
        }
        let by = if approvers.is_empty() { String::new() } else { format!(" (by {})", approvers.join(", ")) };
        let problem = Problem::new(format!(
            "{label} is protected: {which} has {} of {} approvals by people other than its author, {}{by}",
            approvers.len(),
            rule.approvals,
            authors.join(", ")
        ));
        Some(problem.hint(format!("somebody else approves it: llmops prompt approve {which}")))
    }

    /// Who approved a content before a line, without its authors, if the signatures hold.
    fn approvers<'r>(&self, record: Record<'r>, digest: &str, before: usize) -> Vec<&'r str> {
        let mut approvers = record.history.approvers(digest, before);
        approvers.retain(|approver| self.approved(record, digest, approver, before));
        approvers
    }

    /// Whether somebody approved a content before a line, with a signature that holds where there are signers.
    pub(crate) fn approved(&self, record: Record<'_>, digest: &str, approver: &str, before: usize) -> bool {
        let mut given = record.history.approvals.iter().rev().filter(|approval| {
            approval.seq < before && approval.digest == digest && email(&approval.by).eq_ignore_ascii_case(approver)
        });
        given.any(|approval| self.holds(record, approval.seq).is_ok())
    }

    /// Why it is not known who released a content, if nobody signed for it.
    fn unsigned_release(&self, record: Record<'_>, digest: &str) -> Option<String> {
        self.signers.as_ref()?;
        let mut why = None;
        for entry in record.entries {
            if matches!(&entry.event, Event::Released { digest: released, .. } if released == digest) {
                match self.holds(record, entry.seq) {
                    Ok(()) => return None,
                    Err(wrong) => why = Some(wrong),
                }
            }
        }
        why
    }

    /// Why the signature of a line does not hold, where there are signers.
    fn holds(&self, record: Record<'_>, seq: usize) -> std::result::Result<(), String> {
        let Some(signers) = &self.signers else { return Ok(()) };
        match record.entries.get(seq.wrapping_sub(1)) {
            Some(entry) => signers.check(entry),
            None => Err("is not there".to_owned()),
        }
    }

    /// Whether the label has meant this content already, by a move that was granted.
    pub(crate) fn was_granted(&self, record: Record<'_>, rule: &LabelRule, digest: &str, before: usize) -> bool {
        let moves = record.history.labels.get(&rule.name).into_iter().flatten();
        let mut earlier = moves.filter(|moved| moved.seq < before && moved.digest.as_deref() == Some(digest));
        earlier.any(|moved| {
            self.holds(record, moved.seq).is_ok() && self.missing(record, rule, wish(moved, moved.seq)).is_empty()
        })
    }

    /// What is wrong with a move of a protected label.
    pub(crate) fn wrong(&self, record: Record<'_>, rule: &LabelRule, moved: &Move) -> Vec<Problem> {
        let Move { seq, version, digest, by, rollback, .. } = moved;
        let label = &rule.name;
        let what = version.as_ref().map_or_else(
            || format!("the removal of {label} by {by}"),
            |version| format!("the move of {label} to {}@{version} by {by}", record.name),
        );
        let mut problems = Vec::new();
        if let Err(why) = self.holds(record, *seq) {
            let again = version.as_ref().map_or_else(
                || format!("llmops prompt label {} {label} --remove -m \"...\"", record.name),
                |version| format!("llmops prompt label {}@{version} {label} -m \"...\"", record.name),
            );
            let problem = Problem::new(format!("{what} {why}"));
            problems.push(problem.hint(format!("if it is right, somebody among the signers moves it again: {again}")));
        }
        if let Some(digest) = digest
            && !(*rollback && self.was_granted(record, rule, digest, *seq))
        {
            problems.extend(self.missing(record, rule, wish(moved, *seq)).into_iter().map(|missing| {
                let hint = missing.hint.unwrap_or_default();
                let problem = Problem::new(format!("{what} was not granted: {}", missing.message));
                problem.hint(format!(
                    "return it: llmops prompt rollback {} {label} -m \"...\"; or supply what is missing and move it again\n{hint}",
                    record.name
                ))
            }));
        }
        problems
    }

    /// What the rules say against a history: of the last move of each protected label, and of approvals that do not count.
    pub(crate) fn check(&self, name: &str, entries: &[Entry], history: &History) -> Vec<Problem> {
        let record = Record { name, entries, history };
        let folder = Folder::new(&self.config.root, name);
        let shown = folder.shown_ledger();
        let mut problems = self.unsigned_approvals(record, &shown);
        for rule in &self.config.prompts.labels {
            let Some(last) = history.labels.get(&rule.name).and_then(|moves| moves.last()) else { continue };
            let wrong = self.wrong(record, rule, last).into_iter();
            problems.extend(wrong.map(|problem| problem.at(&shown, Some(last.seq))));
            problems.extend(other_content(&folder, last).map(|problem| problem.at(&shown, Some(last.seq))));
        }
        problems
    }

    /// Each person's approval of a content that no later one of the same replaces.
    fn unsigned_approvals(&self, record: Record<'_>, shown: &str) -> Vec<Problem> {
        let Some(signers) = &self.signers else { return Vec::new() };
        let mut problems = Vec::new();
        for (place, approval) in record.history.approvals.iter().enumerate() {
            let is_same = |other: &super::ledger::Approval| {
                other.digest == approval.digest && email(&other.by).eq_ignore_ascii_case(email(&approval.by))
            };
            if record.history.approvals[place + 1..].iter().any(is_same)
                || self.approved(record, &approval.digest, email(&approval.by), usize::MAX)
            {
                continue;
            }
            let Err(why) = self.holds(record, approval.seq) else { continue };
            let version = &approval.version;
            let message =
                format!("the approval of {}@{version} by {} {why}, so it does not count", record.name, approval.by);
            let hint = format!(
                "if it is theirs, they approve it again with the key that {} names for them: llmops prompt approve {}@{version}",
                signers.shown(),
                record.name
            );
            problems.push(Problem::new(message).at(shown, Some(approval.seq)).hint(hint));
        }
        problems
    }
}

fn wish(moved: &Move, before: usize) -> Wish<'_> {
    Wish {
        version: moved.version.as_deref().unwrap_or_default(),
        digest: moved.digest.as_deref().unwrap_or_default(),
        evidence: moved.evidence.as_deref(),
        before,
    }
}

fn missing_evidence(rule: &LabelRule, wish: Wish<'_>, which: &str) -> Option<Problem> {
    let label = &rule.name;
    let short = &wish.digest[..wish.digest.len().min(12)];
    let message = match wish.evidence {
        Some(evidence) if evidence.is_pass() => return None,
        Some(evidence) => format!("the evaluation of {which} at {} says \"{}\"", evidence.time, evidence.verdict),
        None => format!("there is no evaluation of {which} (content {short})"),
    };
    Some(
        Problem::new(format!("{label} is protected: {message}"))
            .hint(format!("llmops eval -p {which}, or name the report of a run in CI: --evidence REPORT")),
    )
}

/// The content that approvals and evidence are of is not the one that the file holds: the release was written by hand.
fn other_content(folder: &Folder<'_>, moved: &Move) -> Option<Problem> {
    let (version, digest) = (moved.version.as_ref()?, moved.digest.as_ref()?);
    let found: Option<PromptVersion> = folder.read(version).ok();
    let found = found.filter(|found| found.digest != *digest)?;
    let message =
        format!("the label is on content {digest}, and the file of {} has {}", found.full_name(), found.digest);
    Some(
        Problem::new(message)
            .hint("the line that releases it was not written by llmops; bring the ledger back from git"),
    )
}
