//! Which finding counts where two kinds claim the same bytes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Found, Kind};

/// The findings that do not overlap a better one, by position. The surer one is better, then the longer one, then the
/// earlier one, then the one with the first name.
pub(super) fn resolve(mut found: Vec<(&'static Kind, Found)>) -> Vec<(&'static Kind, Found)> {
    found.retain(|(_, found)| !found.bytes.is_empty());
    found.sort_by(|one, other| {
        let of = |(kind, found): &(&Kind, Found)| (Reverse(found.bytes.len()), found.bytes.start, kind.name);
        other.1.confidence.total_cmp(&one.1.confidence).then_with(|| of(one).cmp(&of(other)))
    });
    let mut kept: BTreeMap<usize, (&'static Kind, Found)> = BTreeMap::new();
    for (kind, found) in found {
        let before = kept.range(..found.bytes.end).next_back();
        if before.is_none_or(|(_, (_, before))| before.bytes.end <= found.bytes.start) {
            kept.insert(found.bytes.start, (kind, found));
        }
    }
    kept.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::sensitive::kinds;

    type Spans<'a> = &'a [(usize, usize, f64)];

    #[test]
    fn the_surer_then_the_longer_finding_wins() {
        let kind = kinds().next().unwrap();
        let cases: [(Spans, &[(usize, usize)]); 6] = [
            (&[], &[]),
            (&[(4, 4, 0.9)], &[]),
            (&[(5, 9, 0.5), (0, 5, 0.5)], &[(0, 5), (5, 9)]),
            (&[(0, 10, 0.5), (2, 4, 0.9)], &[(2, 4)]),
            (&[(0, 4, 0.5), (2, 9, 0.5)], &[(2, 9)]),
            (&[(0, 4, 0.6), (3, 8, 0.7), (7, 12, 0.6)], &[(3, 8)]),
        ];
        for (found, expected) in cases {
            let found = found
                .iter()
                .map(|(start, end, confidence)| (kind, Found { bytes: *start..*end, confidence: *confidence }));
            let kept: Vec<_> =
                resolve(found.collect()).into_iter().map(|(_, found)| (found.bytes.start, found.bytes.end)).collect();
            assert_eq!(kept, expected);
        }
    }
}
