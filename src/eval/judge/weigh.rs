//! A score that is finer than the digits of its scale: the mean of what the judge could have said, by probability.
//!
//! Source: G-Eval (Liu et al. 2023, <https://arxiv.org/abs/2303.16634>), equation 1: Σ s·p(s).

use std::ops::RangeInclusive;

use crate::llm::Token;

/// Less of the probability than this on scores of the scale, and the rest is not known well enough to weigh.
const LEAST_MASS: f64 = 0.5;

/// Σ s·p(s) / Σ p(s) over the scores of the scale among the alternatives of the score's token; `None` if that token
/// is not the judged `score`, or its alternatives say too little.
///
/// The token is the one behind the last key `"score"`, so that digits of the reason never count.
pub(super) fn weighted(tokens: &[Token], score: u8, scale: &RangeInclusive<u8>) -> Option<f64> {
    let token = score_token(tokens)?;
    if value(&token.text) != Some(score) {
        return None;
    }
    // The same score may come as several tokens, such as "4" and " 4".
    let scores = token.alternatives.iter().filter_map(|(text, logprob)| Some((value(text)?, logprob.exp())));
    let scores: Vec<(u8, f64)> = scores.filter(|(score, p)| scale.contains(score) && p.is_finite()).collect();
    let mass: f64 = scores.iter().map(|(_, p)| p).sum();
    if mass < LEAST_MASS {
        return None;
    }
    Some(scores.iter().map(|(score, p)| f64::from(*score) * p).sum::<f64>() / mass)
}

/// The token that holds the first digit behind the last key `"score"`.
fn score_token(tokens: &[Token]) -> Option<&Token> {
    const KEY: &str = "\"score\"";
    let text: String = tokens.iter().map(|token| token.text.as_str()).collect();
    let behind = text.rfind(KEY)? + KEY.len();
    let between = text[behind..].find(|character: char| character.is_ascii_digit())?;
    if text[behind..behind + between].chars().any(|character| character != ':' && !character.is_whitespace()) {
        return None;
    }
    let mut end = 0;
    tokens.iter().find(|token| {
        end += token.text.len();
        end > behind + between
    })
}

/// The number of one digit that a token is, with what JSON has around it.
fn value(token: &str) -> Option<u8> {
    let digits = token.trim_matches(|character: char| ":,}\"".contains(character) || character.is_whitespace());
    let mut characters = digits.chars();
    match (characters.next().and_then(|digit| digit.to_digit(10)), characters.next()) {
        (Some(digit), None) => u8::try_from(digit).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: RangeInclusive<u8> = 1..=5;

    fn tokens(texts: &[&str], alternatives: &[(&str, f64)]) -> Vec<Token> {
        let token = |text: &&str| {
            let alternatives = alternatives.iter().map(|(text, p)| ((*text).to_owned(), f64::ln(*p))).collect();
            Token { text: (*text).to_owned(), alternatives }
        };
        texts.iter().map(token).collect()
    }

    fn close(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-12), "{found:?} {expected}");
    }

    #[test]
    fn a_score_is_the_mean_by_probability() {
        let json = &["{\"", "score", "\":", " ", "4", "}"];
        close(weighted(&tokens(json, &[("4", 0.6), ("5", 0.4)]), 4, &SCALE), 4.4);
        // What is no score of the scale is left out, and the rest is normalised.
        close(weighted(&tokens(json, &[("4", 0.6), ("9", 0.2), ("ten", 0.1), ("10", 0.1)]), 4, &SCALE), 4.0);
        // One score in two tokens is added up.
        close(weighted(&tokens(json, &[("4", 0.3), (" 4", 0.3), ("1", 0.4)]), 4, &SCALE), 2.8);
    }

    #[test]
    fn digits_of_the_reason_do_not_count() {
        let mut reply = tokens(
            &["{\"", "reason", "\": \"", "2", " of ", "3", " \\\"", "score", "\\\"", " 1", "\", \""],
            &[("2", 1.0)],
        );
        reply.extend(tokens(&["score", "\": "], &[("2", 1.0)]));
        reply.extend(tokens(&["5", "}"], &[("5", 0.75), ("1", 0.25)]));
        close(weighted(&reply, 5, &SCALE), 4.0);
    }

    #[test]
    fn without_a_known_token_or_enough_probability_there_is_no_weighted_score() {
        let json = &["{\"score\":", "4", "}"];
        assert_eq!(weighted(&[], 4, &SCALE), None);
        assert_eq!(weighted(&tokens(json, &[]), 4, &SCALE), None);
        assert_eq!(weighted(&tokens(json, &[("4", 0.4), ("x", 0.6)]), 4, &SCALE), None);
        assert_eq!(weighted(&tokens(json, &[("4", 0.9)]), 5, &SCALE), None);
        assert_eq!(weighted(&tokens(&["{\"score\": \"high\", \"n\": ", "4", "}"], &[("4", 0.9)]), 4, &SCALE), None);
        assert_eq!(weighted(&tokens(&["{\"score\": ", "44"], &[("4", 0.9)]), 44, &SCALE), None);
    }
}
