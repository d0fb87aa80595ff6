//! `local/extractive`: answers with the sentences of the passages that share most words with the question.
//!
//! It is no language model: it quotes, it never phrases, counts or concludes. It needs no key and no network, and the
//! same input gives the same answer, so a pipeline can be tried and tested with it before a model is paid for. It
//! abstains where too few of the question's words are found. A near miss (a question about something that the
//! passages talk about, but do not say) uses the right words all the same: it is mostly answered, and wrongly.

mod cue;
mod sentences;

use crate::llm::GroundingPassage;
use crate::text::{is_stop_word, terms};
use cue::Cue;
use sentences::sections;

/// What `min_support` is where the prompt does not say.
///
/// Measured on 400 questions of `SQuAD` 2.0's development set, each with its three best passages by BM25, or, as unrelated,
/// with the three best of the other articles. It abstains on this share of them (the value was chosen on the same
/// questions, so expect a little less elsewhere):
///
/// | `min_support` | answerable | near miss | unrelated |
/// |---|---|---|---|
/// | 0.30 | 0.02 | 0.04 | 0.68 |
/// | 0.35 | 0.06 | 0.11 | 0.83 |
/// | 0.50 | 0.12 | 0.24 | 0.93 |
///
/// No value tells near misses apart: that takes understanding, and this counts words.
pub(crate) const DEFAULT_MIN_SUPPORT: f64 = 0.35;

const ABSTENTION: &str = "The documents do not say.";
const MAX_SENTENCES: usize = 3;
/// A further sentence is quoted if its score is at least this share of the best one's.
const KEEP: f64 = 0.6;
/// What a word counts that only the title or the heading above a sentence has.
const CONTEXT: f64 = 0.3;
/// What a sentence gains that holds the kind of thing asked for.
const CUE: f64 = 0.2;
/// Terms of a question after these are ignored; a set of them fits into a `TermSet`.
const MAX_TERMS: usize = 64;

/// A quoted answer, or the words that say there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extract {
    pub(crate) text: String,
    pub(crate) abstained: bool,
}

/// The sentences that answer the question best, at most three, in the order of the passages.
///
/// `min_support` is the share, 0 to 1, of the question's terms that the best sentence must hold, together with the
/// title and the heading that it stands under. With 0 it abstains only if there is nothing to quote.
pub(crate) fn answer(question: &str, passages: &[GroundingPassage], min_support: f64) -> Extract {
    let question = Question::new(question);
    let ranked = question.rank(question.candidates(passages));
    match ranked.first() {
        Some((_, best)) if question.support(best) >= min_support => quote(&ranked),
        _ => Extract { text: ABSTENTION.to_owned(), abstained: true },
    }
}

/// Terms of the question, as bits in their order.
type TermSet = u64;

/// What is asked.
struct Question {
    /// Each once, without those that say nothing about the subject.
    terms: Vec<String>,
    cue: Option<Cue>,
}

/// A sentence that might answer.
struct Candidate {
    /// How many sentences stand before it.
    place: usize,
    text: String,
    /// The question's terms that the sentence itself holds.
    own: TermSet,
    /// Those that its title or its heading holds.
    context: TermSet,
    fits_cue: bool,
}

impl Question {
    fn new(question: &str) -> Self {
        let all = terms(question);
        let telling: Vec<&String> = all.iter().filter(|term| !is_filler(term)).collect();
        let chosen = if telling.is_empty() { all.iter().collect() } else { telling };
        let mut terms: Vec<String> = Vec::new();
        for term in chosen {
            if terms.len() < MAX_TERMS && !terms.contains(term) {
                terms.push(term.clone());
            }
        }
        Self { terms, cue: Cue::of(question) }
    }

    fn candidates(&self, passages: &[GroundingPassage]) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for passage in passages {
            let title = self.terms_in(&passage.title);
            for section in sections(&passage.text) {
                let context = title | self.terms_in(&section.heading);
                candidates.extend((candidates.len()..).zip(section.sentences).map(|(place, text)| Candidate {
                    place,
                    own: self.terms_in(&text),
                    context,
                    fits_cue: self.cue.is_some_and(|cue| cue.fits(&text, &self.terms)),
                    text,
                }));
            }
        }
        candidates
    }

    fn terms_in(&self, text: &str) -> TermSet {
        let mut found = 0;
        for term in terms(text) {
            for (index, wanted) in self.terms.iter().enumerate() {
                if is_same_word(wanted, &term) {
                    found |= 1 << index;
                }
            }
        }
        found
    }

    /// The candidates with their scores, best first; equals stay in the order of the passages.
    fn rank(&self, candidates: Vec<Candidate>) -> Vec<(f64, Candidate)> {
        let weights: Vec<f64> = (0..self.terms.len()).map(|term| rarity(term, &candidates)).collect();
        let weight = |set: TermSet| -> f64 {
            (0..).zip(&weights).filter(|(term, _)| holds(set, *term)).map(|(_, weight)| weight).sum()
        };
        let score = |candidate: &Candidate| {
            let words = weight(candidate.own) + CONTEXT * weight(candidate.context & !candidate.own);
            if candidate.fits_cue { words * (1.0 + CUE) } else { words }
        };
        let mut ranked: Vec<_> = candidates.into_iter().map(|candidate| (score(&candidate), candidate)).collect();
        ranked.sort_by(|(left, _), (right, _)| right.total_cmp(left));
        ranked
    }

    /// The share of the question's terms that the candidate holds, 0 to 1. Terms count alike here, rare or not: weighing
    /// them separated answerable questions from others less well.
    fn support(&self, candidate: &Candidate) -> f64 {
        let held = (candidate.own | candidate.context).count_ones();
        f64::from(held) / to_f64(self.terms.len().max(1))
    }
}

fn holds(set: TermSet, term: usize) -> bool {
    set >> term & 1 == 1
}

/// How much it says that a sentence holds this term. Source: the inverse document frequency of BM25, with sentences
/// for documents (Robertson and Zaragoza 2009).
fn rarity(term: usize, candidates: &[Candidate]) -> f64 {
    let all = to_f64(candidates.len());
    let holding = to_f64(candidates.iter().filter(|candidate| holds(candidate.own, term)).count());
    (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
}

#[expect(clippy::cast_precision_loss, reason = "counts of terms and sentences")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Function and question words, and pairs of Hiragana, which are mostly grammar: `です`, `とは`.
fn is_filler(term: &str) -> bool {
    is_stop_word(term)
        || matches!(term, "many" | "much")
        || term.chars().all(|character| matches!(character, '\u{3041}'..='\u{309F}'))
        || term.contains(['何', '誰'])
}

/// Equal, or forms of one word as far as their beginnings tell: at least four letters in common and at most three that
/// differ at either end.
fn is_same_word(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    let common = left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count();
    common >= 4 && left.chars().skip(common).count() <= 3 && right.chars().skip(common).count() <= 3
}

/// The best candidate and those that come near it. Passages of one document overlap, so no text is quoted twice.
fn quote(ranked: &[(f64, Candidate)]) -> Extract {
    let enough = ranked.first().map_or(0.0, |(best, _)| best * KEEP);
    let mut quoted: Vec<&Candidate> = Vec::new();
    for (_, candidate) in ranked.iter().take_while(|(score, _)| *score >= enough) {
        if quoted.len() == MAX_SENTENCES {
            break;
        }
        if quoted.iter().all(|other| other.text != candidate.text) {
            quoted.push(candidate);
        }
    }
    quoted.sort_by_key(|candidate| candidate.place);
    let sentences: Vec<&str> = quoted.iter().map(|candidate| candidate.text.as_str()).collect();
    Extract { text: sentences.join(" "), abstained: false }
}

#[cfg(test)]
mod tests;
