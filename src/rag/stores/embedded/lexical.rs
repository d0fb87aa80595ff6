//! Lexical search: BM25 over terms, by SQLite's FTS5.

use std::collections::BTreeSet;

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

/// The `depth` best chunks for a question in no certain order, and those that are as good as the last of them.
pub(super) fn search(connection: &Connection, question: &str, depth: usize) -> rusqlite::Result<Vec<Scored>> {
    let Some(query) = query(question) else { return Ok(Vec::new()) };
    // FTS5 gives better matches a lower rank.
    let mut select =
        connection.prepare_cached("select rowid, -bm25(terms, ?2, ?3, 1.0) from terms where terms match ?1")?;
    let found = select.query_map((query, TITLE_WEIGHT, HEADING_WEIGHT), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(best(found.collect::<rusqlite::Result<_>>()?, depth))
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

/// Any of the question's terms, in the language of FTS5; `None` if it has none.
fn query(question: &str) -> Option<String> {
    let terms = text::terms(question);
    let mut seen = BTreeSet::new();
    let mut telling: Vec<&String> = terms.iter().filter(|term| !text::is_stop_word(term)).collect();
    if telling.is_empty() {
        telling = terms.iter().collect();
    }
    let quoted =
        telling.into_iter().filter(|term| seen.insert(*term)).take(MAX_TERMS).map(|term| format!("\"{term}\""));
    let query = quoted.collect::<Vec<_>>().join(" OR ");
    (!query.is_empty()).then_some(query)
}

/// A text as it goes into the index.
pub(super) fn indexed(text: &str) -> String {
    text::terms(text).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_any_of_the_telling_terms() {
        let cases = [
            ("What is the gate's bar?", Some("\"gate\" OR \"bar\"")),
            ("who is who", Some("\"who\" OR \"is\"")),
            ("bar \" OR bar NEAR(*)", Some("\"bar\" OR \"near\"")),
            ("東京都", Some("\"東京\" OR \"京都\"")),
            ("?!", None),
        ];
        for (question, expected) in cases {
            assert_eq!(query(question).as_deref(), expected, "{question}");
        }
    }

    #[test]
    fn ties_with_the_last_one_are_kept() {
        assert_eq!(best(vec![(1, 1.0), (2, 3.0), (3, 2.0), (4, 2.0)], 2), [(2, 3.0), (3, 2.0), (4, 2.0)]);
        assert_eq!(best(vec![(1, 1.0)], 2), [(1, 1.0)]);
    }
}
