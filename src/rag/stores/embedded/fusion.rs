//! Orders what the legs of a search found, and joins two orders into one.

use std::collections::HashMap;

use rusqlite::Connection;

use super::lexical::Scored;

/// Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
/// Methods", SIGIR 2009, where 60 was found to do well everywhere.
const RANK_CONSTANT: f64 = 60.0;

/// A found chunk. Its document and position decide between equal scores, so that the same documents give the same
/// order, in whatever order they were stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) chunk: i64,
    pub(super) score: f64,
    document: String,
    position: i64,
}

/// The first `depth` hits, best first.
pub(super) fn rank(connection: &Connection, scored: &[Scored], depth: usize) -> rusqlite::Result<Vec<Hit>> {
    let mut select = connection.prepare_cached("select document, position from chunks where id = ?1")?;
    let mut hits = Vec::with_capacity(scored.len());
    for &(chunk, score) in scored {
        let hit = |row: &rusqlite::Row| Ok(Hit { chunk, score, document: row.get(0)?, position: row.get(1)? });
        hits.push(select.query_row([chunk], hit)?);
    }
    sort(&mut hits);
    hits.truncate(depth);
    Ok(hits)
}

/// Reciprocal rank fusion: a chunk's score is the sum of 1 / (60 + its rank) over the orders that have it.
pub(super) fn fuse(orders: &[Vec<Hit>], top_k: usize) -> Vec<Hit> {
    let mut fused: HashMap<i64, Hit> = HashMap::new();
    for order in orders {
        for (index, hit) in order.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
            let score = 1.0 / (RANK_CONSTANT + (index + 1) as f64);
            fused.entry(hit.chunk).or_insert_with(|| Hit { score: 0.0, ..hit.clone() }).score += score;
        }
    }
    let mut hits: Vec<Hit> = fused.into_values().collect();
    sort(&mut hits);
    hits.truncate(top_k);
    hits
}

fn sort(hits: &mut [Hit]) {
    hits.sort_by(|left, right| {
        let score = right.score.total_cmp(&left.score);
        score.then_with(|| left.document.cmp(&right.document)).then(left.position.cmp(&right.position))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(document: &str, score: f64) -> Hit {
        Hit { chunk: i64::from(document.as_bytes()[0]), score, document: document.into(), position: 0 }
    }

    #[test]
    fn fusion_adds_reciprocal_ranks_and_breaks_ties_by_document() {
        let orders =
            [vec![hit("b", 9.0), hit("a", 8.0), hit("d", 1.0)], vec![hit("a", 0.9), hit("b", 0.8), hit("c", 0.7)]];
        let fused = fuse(&orders, 3);
        assert_eq!(fused.iter().map(|hit| hit.document.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!((fused[0].score - (1.0 / 61.0 + 1.0 / 62.0)).abs() < 1e-12);
        assert!((fused[2].score - 1.0 / 63.0).abs() < 1e-12);
    }
}
