//! Lexical search: BM25 over terms, by SQLite's FTS5.
//!
//! A chunk's BM25 is a sum over the question's terms, and the questions of a dataset share most of theirs. So each term
//! is looked up once, and its scores are kept.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use crate::text;

/// What a hit in the title or the heading counts, next to one in the body. Title weights from 1 to 3 rank alike within
/// half a point of nDCG; the heading's is the title's by analogy, not by measurement.
const TITLE_WEIGHT: f64 = 2.0;
const HEADING_WEIGHT: f64 = 2.0;

/// A question longer than this is a document; its first terms say enough.
const MAX_TERMS: usize = 256;

/// A chunk and how well it matches; higher is better.
pub(super) type Scored = (i64, f64);

/// Scores that are kept, over all terms: 64 MB. Beyond it they are forgotten and looked up again.
const MAX_KEPT: usize = 4_000_000;

/// The scores of the terms that questions have asked for, in one state of the store.
#[derive(Default)]
pub(super) struct Index(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The state of the store that they are from.
    generation: i64,
    by_term: HashMap<String, Arc<Vec<Scored>>>,
    scores: usize,
}

impl Index {
    /// The `depth` best chunks for a question in no certain order, and those that are as good as the last of them.
    pub(super) fn search(
        &self,
        connection: &Connection,
        generation: i64,
        question: &str,
        depth: usize,
    ) -> rusqlite::Result<Vec<Scored>> {
        let mut sums: HashMap<i64, f64> = HashMap::new();
        for term in query_terms(question) {
            for (chunk, score) in self.scores(connection, generation, &term)?.iter() {
                *sums.entry(*chunk).or_default() += score;
            }
        }
        Ok(best(sums.into_iter().collect(), depth))
    }

    /// What a term alone gives to each chunk that holds it.
    fn scores(&self, connection: &Connection, generation: i64, term: &str) -> rusqlite::Result<Arc<Vec<Scored>>> {
        if let Some(scores) = self.kept(generation).by_term.get(term) {
            return Ok(Arc::clone(scores));
        }
        let scores = Arc::new(look_up(connection, term)?);
        let mut kept = self.kept(generation);
        if kept.scores + scores.len() > MAX_KEPT {
            *kept = Kept { generation, ..Kept::default() };
        }
        kept.scores += scores.len();
        kept.by_term.insert(term.to_owned(), Arc::clone(&scores));
        Ok(scores)
    }

    /// What is known of this state of the store.
    fn kept(&self, generation: i64) -> std::sync::MutexGuard<'_, Kept> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation != generation {
            *kept = Kept { generation, ..Kept::default() };
        }
        kept
    }
}

fn look_up(connection: &Connection, term: &str) -> rusqlite::Result<Vec<Scored>> {
    // FTS5 gives better matches a lower rank.
    let mut select =
        connection.prepare_cached("select rowid, -bm25(terms, ?2, ?3, 1.0) from terms where terms match ?1")?;
    let quoted = format!("\"{term}\"");
    select.query_map((quoted, TITLE_WEIGHT, HEADING_WEIGHT), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Keeps the best, ties with the last of them included.
pub(super) fn best(mut scored: Vec<Scored>, depth: usize) -> Vec<Scored> {
    if scored.len() <= depth || depth == 0 {
        return scored;
    }
    let (_, last, _) = scored.select_nth_unstable_by(depth - 1, |left, right| right.1.total_cmp(&left.1));
    let bar = last.1;
    scored.retain(|(_, score)| *score >= bar);
    scored
}

/// The question's different terms, in order; without stop words, unless it has nothing else.
fn query_terms(question: &str) -> Vec<String> {
    let mut terms = text::terms(question);
    if terms.iter().any(|term| !text::is_stop_word(term)) {
        terms.retain(|term| !text::is_stop_word(term));
    }
    let mut seen = BTreeSet::new();
    terms.retain(|term| seen.insert(term.clone()));
    terms.truncate(MAX_TERMS);
    terms
}

/// A text as it goes into the index.
pub(super) fn indexed(text: &str) -> String {
    text::terms(text).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_its_telling_terms() {
        let cases: [(&str, &[&str]); 6] = [
            ("What is the gate's bar?", &["gate", "bar"]),
            ("who is who", &["who", "is"]),
            ("bar \" OR bar NEAR(*)", &["bar", "near"]),
            ("東京都", &["東京", "京都"]),
            ("?!", &[]),
            ("", &[]),
        ];
        for (question, expected) in cases {
            assert_eq!(query_terms(question), expected, "{question}");
        }
    }

    #[test]
    fn the_sum_over_terms_is_the_rank_that_fts5_gives_to_all_of_them() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create virtual table terms using fts5(title, heading, body)").unwrap();
        let words = ["gate", "bar", "case", "model", "run", "row"];
        for number in 0..60_usize {
            let text = |salt: usize| {
                (0..=number % 7).map(|at| words[(number * 5 + at * salt) % 6]).collect::<Vec<_>>().join(" ")
            };
            connection.execute("insert into terms values (?1, ?2, ?3)", (text(1), text(2), text(3))).unwrap();
        }
        let sql =
            "select rowid, -bm25(terms, 2.0, 2.0, 1.0) from terms where terms match '\"gate\" OR \"row\" OR \"bar\"'";
        let mut select = connection.prepare(sql).unwrap();
        let whole: HashMap<i64, f64> =
            select.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        let index = Index::default();
        for _ in 0..2 {
            let summed = index.search(&connection, 0, "gate row bar", 100).unwrap();
            assert_eq!(summed.len(), whole.len());
            for (chunk, score) in summed {
                assert!((score - whole[&chunk]).abs() < 1e-12, "{chunk}: {score} {}", whole[&chunk]);
            }
        }
        // Another state of the store has other scores.
        connection.execute("delete from terms where rowid = 1", ()).unwrap();
        assert!(index.search(&connection, 1, "gate row bar", 100).unwrap().iter().all(|(chunk, _)| *chunk != 1));
    }

    #[test]
    fn ties_with_the_last_one_are_kept() {
        assert_eq!(best(vec![(1, 1.0), (2, 3.0), (3, 2.0), (4, 2.0)], 2), [(2, 3.0), (3, 2.0), (4, 2.0)]);
        assert_eq!(best(vec![(1, 1.0)], 2), [(1, 1.0)]);
    }
}
