//! Share of the expected keywords in the answer.

use super::scorer::of_output;
use super::{Metric, Scale, scored, scored_because, share};
use crate::eval::{Case, Outcome, Output};
use crate::text::fold;

pub(super) const METRIC: Metric = Metric {
    name: "answer_relevancy",
    summary: "share of the expected keywords that the answer contains",
    documentation: "    |keywords contained in the answer| / |expected keywords|

A keyword of `expected_answer_keywords` is contained if the answer holds its characters in a row, after both were folded:
Unicode case folding, compatibility forms (full width, half width, ligatures) and runs of white space are made equal. So
`ＲＡＧ` matches `rag`, and `Straße` matches `STRASSE`. A keyword may be a phrase.

0 worst, 1 best. It needs no model and cannot see wording: choose keywords that every right answer must hold, such as
names, numbers and commands.

Skipped for cases without `expected_answer_keywords`.

Source: keyword recall; Unicode Standard 3.13 (default case folding) and UAX #15 (NFKC).",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip,
    build: |_| Ok(of_output(measure)),
};

fn skip(case: &Case) -> Option<&'static str> {
    case.expected_answer_keywords.is_empty().then_some("the case expects no keywords")
}

fn measure(case: &Case, output: &Output) -> Outcome {
    let keywords = &case.expected_answer_keywords;
    let answer = plain(&output.answer);
    let missed: Vec<&str> =
        keywords.iter().filter(|keyword| !answer.contains(&plain(keyword))).map(String::as_str).collect();
    let value = share(keywords.len() - missed.len(), keywords.len());
    if missed.is_empty() {
        scored(value)
    } else {
        scored_because(value, format!("not in the answer: {}", missed.join(", ")))
    }
}

fn plain(text: &str) -> String {
    fold(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_without_keywords_is_skipped() {
        assert_eq!(skip(&Case::default()), Some("the case expects no keywords"));
    }

    #[test]
    fn keywords_are_found_whatever_their_case_width_and_spacing() {
        let cases: [(&[&str], &str, Option<f64>); 7] = [
            (&["cosine"], "Cosine distance.", Some(1.0)),
            (&["RAG"], "ＲＡＧとは", Some(1.0)),
            (&["ガイド"], "ｶﾞｲﾄﾞを読む", Some(1.0)),
            (&["STRASSE"], "Straße", Some(1.0)),
            (&["exit code 2"], "the exit\n code  2", Some(1.0)),
            (&["one", "two", "three"], "one and three", Some(2.0 / 3.0)),
            (&["one"], "", Some(0.0)),
        ];
        for (keywords, answer, value) in cases {
            let keywords = keywords.iter().map(ToString::to_string).collect();
            let case = Case { expected_answer_keywords: keywords, ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            assert_eq!(measure(&case, &output).value(), value, "{answer}");
        }
    }
}
