//! What the lines of a ledger add up to.

use std::collections::BTreeMap;

use semver::Version;

use super::{Entry, Event, Evidence, email};
use crate::error::Problem;

/// Releases, approvals and labels of a prompt.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) releases: BTreeMap<Version, Release>,
    pub(crate) approvals: Vec<Approval>,
    /// Every version that a label has meant, the newest last.
    pub(crate) labels: BTreeMap<String, Vec<Move>>,
    /// What contradicts itself.
    pub(crate) problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Release {
    pub(crate) digest: String,
    /// SHA-256 of the file.
    pub(crate) file: String,
    pub(crate) by: String,
    pub(crate) time: String,
    pub(crate) message: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Approval {
    pub(crate) seq: usize,
    pub(crate) version: String,
    pub(crate) digest: String,
    pub(crate) by: String,
}

/// A label was given another meaning.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Move {
    pub(crate) seq: usize,
    /// `None` if the label was removed.
    pub(crate) version: Option<String>,
    pub(crate) digest: Option<String>,
    pub(crate) by: String,
    pub(crate) time: String,
    pub(crate) reason: String,
    pub(crate) rollback: bool,
    pub(crate) evidence: Option<Box<Evidence>>,
}

impl History {
    /// Replays the entries of a ledger that messages call `shown`.
    pub(crate) fn of(entries: &[Entry], shown: &str) -> Self {
        let mut history = Self::default();
        for entry in entries {
            if let Err(message) = history.add(entry) {
                history.problems.push(Problem::new(message).at(shown, Some(entry.seq)));
            }
        }
        history
    }

    /// What a label means now.
    pub(crate) fn label(&self, label: &str) -> Option<&Move> {
        self.labels.get(label)?.last().filter(|last| last.version.is_some())
    }

    /// Each label that means a version now, with that.
    pub(crate) fn meanings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().filter_map(|(label, moves)| Some((label.as_str(), moves.last()?.version.as_deref()?)))
    }

    /// The labels that mean a version now.
    pub(crate) fn labels_of(&self, version: &str) -> Vec<&str> {
        self.meanings().filter(|(_, meant)| *meant == version).map(|(label, _)| label).collect()
    }

    pub(crate) fn release(&self, version: &str) -> Option<&Release> {
        self.releases.get(&Version::parse(version).ok()?)
    }

    /// The versions that a label has meant other than `now`, the last first.
    pub(crate) fn meant(&self, label: &str, now: Option<&str>) -> Vec<&str> {
        let mut versions: Vec<&str> = Vec::new();
        for moved in self.labels.get(label).into_iter().flatten().rev() {
            if let Some(version) =
                moved.version.as_deref().filter(|version| Some(*version) != now && !versions.contains(version))
            {
                versions.push(version);
            }
        }
        versions
    }

    /// What a label meant before it was given what it means now. A rollback takes back what came after its target, so that a second
    /// one goes further back and never to what the first one left.
    pub(crate) fn before(&self, label: &str) -> Option<&str> {
        let mut given: Vec<Option<&str>> = Vec::new();
        for moved in self.labels.get(label)? {
            let version = moved.version.as_deref();
            match given.iter().rposition(|earlier| *earlier == version) {
                Some(place) if moved.rollback => given.truncate(place + 1),
                _ => given.push(version),
            }
        }
        let now = given.pop()?;
        given.into_iter().rev().flatten().find(|version| Some(*version) != now)
    }

    /// The addresses of those who released a content.
    pub(crate) fn authors(&self, digest: &str) -> Vec<&str> {
        let released = self.releases.values().filter(|release| release.digest == digest);
        let mut authors: Vec<&str> = released.map(|release| email(&release.by)).collect();
        authors.sort_unstable();
        authors.dedup();
        authors
    }

    /// The addresses of those who approved a content before a line, without its authors'.
    pub(crate) fn approvers(&self, digest: &str, before: usize) -> Vec<&str> {
        let mut approvers = self.authors(digest);
        let authors = approvers.len();
        for approval in self.approvals.iter().filter(|approval| approval.digest == digest && approval.seq < before) {
            let approver = email(&approval.by);
            if !approvers.iter().any(|known| known.eq_ignore_ascii_case(approver)) {
                approvers.push(approver);
            }
        }
        approvers.split_off(authors)
    }

    fn add(&mut self, entry: &Entry) -> Result<(), String> {
        let Entry { seq, time, by, .. } = entry;
        match &entry.event {
            Event::Released { version, digest, file, message } => {
                let number =
                    Version::parse(version).map_err(|error| format!("\"{version}\" is no version: {error}"))?;
                if self.releases.contains_key(&number) {
                    return Err(format!("{version} was released before"));
                }
                let (digest, file, message) = (digest.clone(), file.clone(), message.clone());
                let release = Release { digest, file, by: by.clone(), time: time.clone(), message };
                self.releases.insert(number, release);
            }
            Event::Approved { version, digest, .. } => {
                self.released(version, digest)?;
                let (version, digest) = (version.clone(), digest.clone());
                self.approvals.push(Approval { seq: *seq, version, digest, by: by.clone() });
            }
            Event::Labelled { label, version, digest, rollback, reason, evidence, .. } => {
                if let Some(version) = version {
                    self.released(version, digest.as_deref().unwrap_or_default())?;
                }
                self.labels.entry(label.clone()).or_default().push(Move {
                    seq: *seq,
                    version: version.clone(),
                    digest: digest.clone(),
                    by: by.clone(),
                    time: time.clone(),
                    reason: reason.clone(),
                    rollback: *rollback,
                    evidence: evidence.clone(),
                });
            }
        }
        Ok(())
    }

    fn released(&self, version: &str, digest: &str) -> Result<(), String> {
        match self.release(version) {
            None => Err(format!("{version} was never released")),
            Some(release) if release.digest != digest => Err(format!("{version} was released with another content")),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(events: Vec<(&str, Event)>) -> History {
        let mut entries: Vec<Entry> = Vec::new();
        for (by, event) in events {
            entries.push(Entry::after(entries.last(), String::new(), format!("X <{by}>"), event));
        }
        History::of(&entries, "l")
    }

    fn released(version: &str) -> Event {
        let (version, digest) = (version.to_owned(), format!("digest of {version}"));
        Event::Released { version, digest, file: String::new(), message: String::new() }
    }

    fn approved(version: &str) -> Event {
        let (version, digest) = (version.to_owned(), format!("digest of {version}"));
        Event::Approved { version, digest, message: String::new() }
    }

    fn labelled(version: Option<&str>) -> Event {
        Event::Labelled {
            label: "production".into(),
            version: version.map(str::to_owned),
            digest: version.map(|version| format!("digest of {version}")),
            from: None,
            rollback: false,
            reason: String::new(),
            evidence: None,
        }
    }

    #[test]
    fn a_label_means_what_it_was_last_given() {
        let mut events = vec![("a", released("1.0.0")), ("a", released("1.1.0")), ("a", labelled(Some("1.0.0")))];
        let means = |events: &[(&str, Event)]| {
            history(events.to_vec()).label("production").and_then(|last| last.version.clone())
        };
        assert_eq!(means(&events).as_deref(), Some("1.0.0"));
        events.push(("a", labelled(Some("1.1.0"))));
        assert_eq!(means(&events).as_deref(), Some("1.1.0"));
        assert_eq!(history(events.clone()).labels_of("1.1.0"), ["production"]);
        events.push(("a", labelled(None)));
        assert_eq!(means(&events), None);
    }

    #[test]
    fn approvals_count_once_and_never_by_the_author() {
        let events = vec![
            ("author@x", released("1.0.0")),
            ("author@x", approved("1.0.0")),
            ("b@x", approved("1.0.0")),
            ("B@x", approved("1.0.0")),
            ("c@x", approved("1.0.0")),
        ];
        let history = history(events);
        assert_eq!(history.approvers("digest of 1.0.0", 5).len(), 1);
        assert_eq!(history.approvers("digest of 1.0.0", 6).len(), 2);
        assert!(history.approvers("other", 9).is_empty());
    }

    #[test]
    fn a_rollback_goes_back_and_a_second_one_further() {
        let rolled = |version: &str| match labelled(Some(version)) {
            Event::Labelled { label, version, digest, from, reason, evidence, .. } => {
                Event::Labelled { label, version, digest, from, reason, evidence, rollback: true }
            }
            other => other,
        };
        let mut events: Vec<(&str, Event)> =
            ["1.0.0", "1.1.0", "1.2.0"].into_iter().map(|version| ("a", released(version))).collect();
        events.extend(["1.0.0", "1.1.0", "1.2.0"].map(|version| ("a", labelled(Some(version)))));
        let before = |events: &[(&str, Event)]| history(events.to_vec()).before("production").map(str::to_owned);
        assert_eq!(before(&events).as_deref(), Some("1.1.0"));
        events.push(("a", rolled("1.1.0")));
        assert_eq!(before(&events).as_deref(), Some("1.0.0"));
        events.push(("a", rolled("1.0.0")));
        assert_eq!(before(&events), None);
        assert_eq!(history(events.clone()).meant("production", Some("1.0.0")), ["1.1.0", "1.2.0"]);
        events.push(("a", labelled(None)));
        assert_eq!(before(&events).as_deref(), Some("1.0.0"));
        events.push(("a", labelled(Some("1.2.0"))));
        assert_eq!(before(&events).as_deref(), Some("1.0.0"));
    }

    #[test]
    fn what_contradicts_itself_is_found() {
        let cases = [
            (vec![("a", released("1.0.0")), ("a", released("1.0.0"))], "l:2: 1.0.0 was released before"),
            (vec![("a", approved("1.0.0"))], "l:1: 1.0.0 was never released"),
            (vec![("a", labelled(Some("2.0.0")))], "l:1: 2.0.0 was never released"),
        ];
        for (events, expected) in cases {
            assert_eq!(history(events).problems[0].to_string(), expected);
        }
    }
}
