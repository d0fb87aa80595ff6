//! Joins the reports of a run's shards into the report that the whole run would have given.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use serde::Deserialize;

use super::json::{self, each_row};
use super::{Report, Summary, Verdict};
use crate::error::{Error, Problem, Result};
use crate::eval::{Measured, Place};

/// The shards of one run, checked to belong together.
pub(crate) struct Shards {
    /// In the order of the shards, each with its file.
    parts: BTreeMap<usize, (PathBuf, Report)>,
    count: usize,
}

impl Shards {
    /// Reads the reports. Those that cannot be parts of one run are configuration errors.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self> {
        let mut shards = Self { parts: BTreeMap::new(), count: 0 };
        let mut problems = Vec::new();
        for file in files {
            let report = json::read(file)?;
            if let Err(message) = shards.add(file, report) {
                problems.push(Problem::new(message).at(file.display(), None));
            }
        }
        Error::unless_empty(problems)?;
        Ok(shards)
    }

    fn add(&mut self, file: &Path, report: Report) -> std::result::Result<(), String> {
        let Some(facts) = report.shard else {
            return Err("this is the report of a whole run, not of a shard".to_owned());
        };
        let first = self.parts.values().next();
        if let Some((other, what)) = first.and_then(|(file, first)| Some((file, difference(first, &report)?))) {
            return Err(format!("its {what} is another than that of {}", other.display()));
        }
        if let Some((other, _)) = self.parts.get(&facts.shard.index) {
            return Err(format!("the shard {} is in {} too", facts.shard, other.display()));
        }
        self.count = facts.shard.count;
        self.parts.insert(facts.shard.index, (file.to_owned(), report));
        Ok(())
    }

    /// The report of the whole run, without a verdict. Missing shards are said in it, and leave the gate undecided.
    pub(crate) fn report(&self) -> Result<Report> {
        let (_, first) = self.parts.values().next().ok_or_else(|| Error::config("there is no report to merge"))?;
        let reports = || self.parts.values().map(|(_, report)| report);
        let mut report = Report { shard: None, verdict: Verdict::none(), passed: false, ..first.clone() };
        report.cases.total = first.shard.map_or(0, |facts| facts.dataset_cases);
        report.timestamp = reports().map(|report| report.timestamp.clone()).min().unwrap_or_default();
        report.duration_ms = reports().map(|report| report.duration_ms).fold(0.0, f64::max);
        for other in reports().skip(1) {
            report.usage.embedder += other.usage.embedder;
            let costs = [report.cost.embedder_usd, other.cost.embedder_usd];
            report.cost.embedder_usd = costs.into_iter().sum();
        }
        report.ended_early = self.ended_early();
        let mut summary = Summary::new(report.repeats, report.bars());
        self.each(&mut |row| {
            let row = Measured::of_row(row).map_err(|error| Error::config("a row is no case").source(error))?;
            summary.add(row);
            Ok(())
        })?;
        Ok(report.summed_up(summary.close()))
    }

    fn ended_early(&self) -> Option<String> {
        let missing: Vec<String> = (1..=self.count)
            .filter(|index| !self.parts.contains_key(index))
            .map(|index| format!("{index}/{}", self.count))
            .collect();
        let gone = match missing.as_slice() {
            [] => None,
            [one] => Some(format!("the shard {one} is missing")),
            many => Some(format!("the shards {} are missing", many.join(", "))),
        };
        let ended = self.parts.iter().filter_map(|(index, (_, report))| {
            Some(format!("shard {index}/{}: {}", self.count, report.ended_early.as_ref()?))
        });
        let reasons: Vec<String> = gone.into_iter().chain(ended).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Every row in the order of the whole report. Each file is read by a thread of its own, a few rows ahead.
    pub(crate) fn each(&self, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        std::thread::scope(|scope| {
            let mut streams = Vec::new();
            for (file, _) in self.parts.values() {
                let (sender, receiver) = sync_channel(64);
                scope.spawn(move || {
                    let result = each_row(file, &mut |row| {
                        sender.send(Ok(row.to_vec())).map_err(|_| Error::unavailable("nobody reads on"))
                    });
                    // If nobody reads on, nobody wants to know.
                    result.or_else(|error| sender.send(Err(error))).ok();
                });
                streams.push(Stream { receiver, ahead: None });
            }
            join(streams, take)
        })
    }
}

/// The rows of one shard, in order.
struct Stream {
    receiver: Receiver<Result<Vec<u8>>>,
    ahead: Option<(Place, Vec<u8>)>,
}

impl Stream {
    /// Makes sure that the next row is known; false at the end.
    fn look(&mut self) -> Result<bool> {
        if self.ahead.is_none()
            && let Ok(row) = self.receiver.recv()
        {
            let row = row?;
            let place = place(&row).map_err(|error| Error::config("a row has no place").source(error))?;
            self.ahead = Some((place, row));
        }
        Ok(self.ahead.is_some())
    }
}

fn place(row: &[u8]) -> serde_json::Result<Place> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(flatten)]
        place: Place,
    }
    serde_json::from_slice::<Row>(row).map(|row| row.place)
}

fn join(streams: Vec<Stream>, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut streams: VecDeque<Stream> = streams.into();
    loop {
        let mut next: Option<(Place, usize)> = None;
        for (index, stream) in streams.iter_mut().enumerate() {
            if stream.look()?
                && let Some((place, _)) = &stream.ahead
                && next.is_none_or(|(least, _)| *place < least)
            {
                next = Some((*place, index));
            }
        }
        let Some((_, index)) = next else { return Ok(()) };
        if let Some((_, row)) = streams[index].ahead.take() {
            take(&row)?;
        }
    }
}

/// What two reports differ in that the shards of one run cannot differ in.
fn difference(first: &Report, second: &Report) -> Option<&'static str> {
    let count = |report: &Report| report.shard.map(|facts| (facts.shard.count, facts.dataset_cases));
    let target = |report: &Report| serde_json::to_value(&report.target).ok();
    let commit = |report: &Report| report.git.as_ref().map(|git| git.sha.clone());
    let metrics = |report: &Report| report.estimates.keys().cloned().collect::<Vec<_>>();
    let checks = [
        (first.tool_version != second.tool_version, "program's version"),
        (first.digests.dataset != second.digests.dataset, "dataset"),
        (first.digests.prompt != second.digests.prompt, "prompt"),
        (first.digests.documents != second.digests.documents, "set of documents"),
        (first.digests.configuration != second.digests.configuration, "configuration"),
        (target(first) != target(second), "target"),
        (commit(first) != commit(second), "commit"),
        (first.judge != second.judge, "judge"),
        (first.thresholds != second.thresholds || metrics(first) != metrics(second), "list of metrics"),
        (count(first) != count(second), "number of shards"),
        (first.repeats != second.repeats, "number of repeats"),
    ];
    checks.into_iter().find_map(|(differs, what)| differs.then_some(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Shard;
    use crate::report::ShardFacts;
    use crate::report::json::empty_for_tests;

    /// Writes the report of a shard with these cases.
    fn write(folder: &Path, shard: &str, indices: &[usize], change: impl FnOnce(&mut Report)) -> PathBuf {
        let shard: Shard = shard.parse().unwrap();
        let mut report = Report { shard: Some(ShardFacts { shard, dataset_cases: 5 }), ..empty_for_tests() };
        report.estimates.insert("refusal".into(), super::super::Estimate::default());
        change(&mut report);
        let path = folder.join(format!("{}.json", shard.index));
        let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| {
            indices.iter().try_for_each(|index| {
                let outcome = format!(r#"{{"refusal":{{"outcome":"scored","value":0.{index}}}}}"#);
                let row =
                    format!(r#"{{"id":"c{index}","question":"Q","line":1,"index":{index},"outcomes":{outcome}}}"#);
                take(row.as_bytes())
            })
        };
        json::write(&report, &rows, &path).unwrap();
        path
    }

    #[test]
    fn shards_become_the_whole_run() {
        let folder = tempfile::tempdir().unwrap();
        let files = [write(folder.path(), "2/2", &[1, 3], |_| {}), write(folder.path(), "1/2", &[0, 2, 4], |_| {})];
        let shards = Shards::read(&files).unwrap();
        let mut order = Vec::new();
        let mut take = |row: &[u8]| {
            order.push(place(row).unwrap().index);
            Ok(())
        };
        shards.each(&mut take).unwrap();
        assert_eq!(order, [0, 1, 2, 3, 4]);
        let report = shards.report().unwrap();
        assert_eq!((report.cases.total, report.cases.finished, report.ended_early), (5, 5, None));
        assert_eq!(report.estimates["refusal"].mean, Some((0.0 + 0.1 + 0.2 + 0.3 + 0.4) / 5.0));
    }

    #[test]
    fn a_missing_shard_and_one_that_ended_early_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let early = |report: &mut Report| report.ended_early = Some("interrupted".into());
        let shards = Shards::read(&[write(folder.path(), "2/4", &[1], early)]).unwrap();
        let report = shards.report().unwrap();
        assert_eq!((report.cases.total, report.cases.finished), (5, 1));
        let expected = "the shards 1/4, 3/4, 4/4 are missing; shard 2/4: interrupted";
        assert_eq!(report.ended_early.as_deref(), Some(expected));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        type Change = fn(&mut Report);
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path(), "1/2", &[0], |_| {});
        let error = |change: Change, shard: &str| {
            let folder = tempfile::tempdir().unwrap();
            let second = write(folder.path(), shard, &[1], change);
            let error = Shards::read(&[first.clone(), second]).err().unwrap().to_string();
            error.split_once("json: ").unwrap().1.replace(&first.display().to_string(), "FIRST")
        };
        let cases: [(Change, &str, &str); 5] = [
            (|report| report.digests.dataset = "x".into(), "2/2", "its dataset is another than that of FIRST"),
            (|report| report.repeats = 3, "2/2", "its number of repeats is another than that of FIRST"),
            (|_| {}, "2/3", "its number of shards is another than that of FIRST"),
            (|_| {}, "1/2", "the shard 1/2 is in FIRST too"),
            (|report| report.shard = None, "2/2", "this is the report of a whole run, not of a shard"),
        ];
        for (change, shard, expected) in cases {
            assert_eq!(error(change, shard), expected);
        }
    }
}
