//! Several judges as one. A judge that gave no verdict counts as a member who did not vote: the majority is of the whole
//! panel, not of those who answered.

use super::Vote;

/// What the panel says of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruling {
    /// Which of the labels more than half of the panel chose.
    pub(crate) label: usize,
    /// Of the first judge who chose it.
    pub(crate) reason: String,
    /// Whether all judges chose it.
    pub(crate) unanimous: bool,
}

/// The label that more than half of the panel chose; what was voted if there is none. `votes` has an entry a judge.
pub(super) fn majority(votes: &[Option<&Vote>], labels: &[&str]) -> Result<Ruling, String> {
    let count = |label: usize| votes.iter().flatten().filter(|vote| vote.label == label).count();
    let Some(label) = (0..labels.len()).find(|label| count(*label) * 2 > votes.len()) else {
        let said = |vote: Option<&Vote>| vote.and_then(|vote| labels.get(vote.label)).map_or("none", |label| *label);
        return Err(votes.iter().map(|vote| said(*vote)).collect::<Vec<_>>().join(", "));
    };
    let reason = votes.iter().flatten().find(|vote| vote.label == label).map(|vote| vote.reason.clone());
    Ok(Ruling { label, reason: reason.unwrap_or_default(), unanimous: count(label) == votes.len() })
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[half]),
        _ => Some(f64::midpoint(sorted[half - 1], sorted[half])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruling(votes: &[Option<usize>]) -> Result<(usize, bool), String> {
        let votes: Vec<Option<Vote>> =
            votes.iter().map(|vote| vote.map(|label| Vote { label, reason: format!("because {label}") })).collect();
        let votes: Vec<Option<&Vote>> = votes.iter().map(Option::as_ref).collect();
        majority(&votes, &["yes", "no", "unclear"]).map(|ruling| {
            assert_eq!(ruling.reason, format!("because {}", ruling.label));
            (ruling.label, ruling.unanimous)
        })
    }

    #[test]
    fn a_verdict_needs_more_than_half_of_the_panel() {
        let cases = [
            (vec![Some(1)], Ok((1, true))),
            (vec![Some(0), Some(0)], Ok((0, true))),
            (vec![Some(0), Some(1)], Err("yes, no".to_owned())),
            (vec![Some(0), Some(1), Some(0)], Ok((0, false))),
            (vec![Some(0), Some(1), Some(2)], Err("yes, no, unclear".to_owned())),
            // Who does not vote cannot make a minority a majority.
            (vec![Some(0), None, Some(0)], Ok((0, false))),
            (vec![Some(0), None, None], Err("yes, none, none".to_owned())),
            (vec![None], Err("none".to_owned())),
        ];
        for (votes, expected) in cases {
            assert_eq!(ruling(&votes), expected, "{votes:?}");
        }
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        let cases: [(&[f64], Option<f64>); 4] =
            [(&[3.0], Some(3.0)), (&[5.0, 1.0, 2.0], Some(2.0)), (&[1.0, 4.0, 5.0, 2.0], Some(3.0)), (&[], None)];
        for (values, expected) in cases {
            assert_eq!(median(values), expected);
        }
    }
}
