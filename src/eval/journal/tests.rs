use std::fs;

use super::*;
use crate::eval::metrics::Measurements;
use crate::eval::{Case, CaseResult, Output};

fn identity(rows: usize) -> Identity {
    Identity { digest: "ab".repeat(32), run: "1f".repeat(8), timestamp: "2026-01-01T00:00:00Z".into(), rows }
}

fn row(id: &str, failed: bool) -> Vec<u8> {
    let case = Case { id: id.into(), question: "Q".into(), ..Case::default() };
    let output = if failed { Err("down".into()) } else { Ok(Output::default()) };
    CaseResult::new(case, crate::eval::Place::default(), output, Measurements::default()).to_row().unwrap()
}

/// Writes these rows, as a run does that is killed afterwards.
fn write(journal: Journal, rows: &[(usize, &str, bool)]) -> Journal {
    let writer = Writer::start(journal);
    for (number, id, failed) in rows {
        assert!(writer.append(*number, row(id, *failed), 7));
    }
    let (journal, result) = writer.finish(9);
    result.unwrap();
    journal
}

fn ids(journal: &Journal) -> Vec<(usize, String)> {
    let mut ids = Vec::new();
    let mut on = |number, row: &[u8]| {
        ids.push((number, Measured::of_row(row).unwrap().id));
        Ok(())
    };
    journal.each(&mut on).unwrap();
    ids
}

fn list(rows: &[(usize, &str)]) -> Vec<(usize, String)> {
    rows.iter().map(|(number, id)| (*number, (*id).to_owned())).collect()
}

#[test]
fn an_interrupted_run_goes_on_with_its_rows_in_the_order_of_the_report() {
    let state = tempfile::tempdir().unwrap();
    let journal = Journal::open(state.path(), &identity(4), Start::Fresh).unwrap();
    drop(write(journal, &[(2, "c", false), (0, "a", false)]));
    let later = Identity { timestamp: "2026-02-02T00:00:00Z".into(), ..identity(4) };
    let journal = Journal::open(state.path(), &later, Start::Resume).unwrap();
    assert_eq!((journal.done(), journal.timestamp(), journal.repaired()), (2, "2026-01-01T00:00:00Z", None));
    assert_eq!(journal.done_rows(), [true, false, true, false]);
    // What the killed process used after its last row is not known.
    assert_eq!(journal.spent().embedder_tokens, 7);
    let journal = write(journal, &[(1, "b", false)]);
    assert_eq!(ids(&journal), list(&[(0, "a"), (1, "b"), (2, "c")]));
    assert_eq!(journal.spent().embedder_tokens, 16);
}

#[test]
fn a_torn_last_line_is_repaired_wherever_it_broke() {
    let state = tempfile::tempdir().unwrap();
    let journal = Journal::open(state.path(), &identity(2), Start::Fresh).unwrap();
    let path = journal.path.clone();
    let first = {
        let journal = write(journal, &[(0, "a", false)]);
        let first = journal.end;
        drop(write(journal, &[(1, "b", false)]));
        usize::try_from(first).unwrap()
    };
    let whole = fs::read(&path).unwrap();
    for length in first..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let journal = Journal::open(state.path(), &identity(2), Start::Resume).unwrap();
        let is_torn = length != first && length != whole.len();
        assert_eq!(journal.repaired().is_some(), is_torn, "{length}");
        assert_eq!(journal.done(), if length == whole.len() { 2 } else { 1 }, "{length}");
        let journal = write(journal, &[(1, "b", false)]);
        assert_eq!(ids(&journal), list(&[(0, "a"), (1, "b")]), "{length}");
    }
    // A torn header is no journal at all.
    fs::write(&path, &whole[..20]).unwrap();
    assert_eq!(Journal::open(state.path(), &identity(2), Start::Resume).unwrap().done(), 0);
}

#[test]
fn a_damaged_line_costs_its_case_and_no_other() {
    let state = tempfile::tempdir().unwrap();
    let journal = Journal::open(state.path(), &identity(3), Start::Fresh).unwrap();
    let path = journal.path.clone();
    drop(write(journal, &[(0, "a", false), (1, "b", false), (2, "c", false)]));
    let text = fs::read_to_string(&path).unwrap().replace("{\"id\":\"b\"", "{\"id\":#b\"");
    fs::write(&path, text).unwrap();
    let journal = Journal::open(state.path(), &identity(3), Start::Resume).unwrap();
    assert_eq!(ids(&journal), list(&[(0, "a"), (2, "c")]));
    assert_eq!(journal.repaired(), Some("1 line was damaged and dropped; their cases are asked again"));
}

#[test]
fn a_finished_run_is_not_resumed_and_an_interrupted_one_is_never_lost() {
    let state = tempfile::tempdir().unwrap();
    let fresh = || Journal::open(state.path(), &identity(2), Start::Fresh).unwrap();
    drop(write(fresh(), &[(0, "a", false)]));
    // The interrupted run keeps its file while a fresh one runs and finishes.
    assert_eq!(fresh().left(), Some(1));
    write(fresh(), &[(0, "x", false), (1, "y", false)]).finish();
    let journal = Journal::open(state.path(), &identity(2), Start::Resume).unwrap();
    assert_eq!(ids(&journal), list(&[(0, "a")]));
    write(journal, &[(1, "b", false)]).finish();
    assert_eq!(Journal::open(state.path(), &identity(2), Start::Resume).unwrap().done(), 0);
}

#[test]
fn a_journal_in_use_is_left_alone() {
    let state = tempfile::tempdir().unwrap();
    let first = write(Journal::open(state.path(), &identity(2), Start::Fresh).unwrap(), &[(0, "a", false)]);
    let second = Journal::open(state.path(), &identity(2), Start::Resume).unwrap();
    assert_ne!(first.path, second.path);
    assert_eq!(second.done(), 0);
}

#[test]
fn only_failures_are_forgotten() {
    let state = tempfile::tempdir().unwrap();
    let again = || Journal::open(state.path(), &identity(3), Start::Again);
    assert!(again().is_err());
    let journal = Journal::open(state.path(), &identity(3), Start::Fresh).unwrap();
    write(journal, &[(0, "a", false), (1, "b", true), (2, "c", false)]).finish();
    let mut journal = again().unwrap();
    assert_eq!(journal.forget_failures().unwrap(), 1);
    assert_eq!(journal.done_rows(), [true, false, true]);
    write(journal, &[(1, "b", false)]).finish();
    assert_eq!(again().unwrap().forget_failures().unwrap(), 0);
}

#[test]
fn another_runs_journal_is_not_continued() {
    let state = tempfile::tempdir().unwrap();
    drop(write(Journal::open(state.path(), &identity(2), Start::Fresh).unwrap(), &[(0, "a", false)]));
    // The same name by chance, or another number of rows.
    let other = Identity { digest: format!("{}{}", "ab".repeat(8), "cd".repeat(24)), ..identity(2) };
    for other in [other, identity(3)] {
        assert_eq!(Journal::open(state.path(), &other, Start::Resume).unwrap().done(), 0);
    }
}

#[test]
fn many_that_start_at_once_get_a_journal_each() {
    let state = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let journals: Vec<Journal> = std::thread::scope(|scope| {
            let open = || Journal::open(state.path(), &identity(2), Start::Fresh).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let paths: std::collections::BTreeSet<_> = journals.iter().map(|journal| journal.path.clone()).collect();
        assert_eq!(paths.len(), 8);
    }
}
