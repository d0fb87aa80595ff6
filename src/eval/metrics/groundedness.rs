//! How much of the answer the passages support, as far as words tell: no model, no key.

mod evidence;
mod support;
mod words;

use self::support::support;
use super::refusal::is_refusal;
use super::scorer::of_output;
use super::{Metric, Need, Scale, never_skipped, scored, scored_because};
use crate::eval::{Case, Outcome, Output};
use crate::text::count;

/// Pieces of the answer that a reason quotes.
const QUOTED: usize = 5;

pub(super) const METRIC: Metric = Metric {
    name: "groundedness",
    summary: "share of the answer's words that the retrieved passages support, without a model",
    documentation: "    supported / (supported + unsupported), each a sum of weights over the different words of the answer

A word is supported if one of the passages (title, heading, text) has it, inflected or not: fully if it stands there beside
a word that it stands beside in the answer, else 0.8; 0.5 if the passages have only a word that begins alike. The rest of
its weight is unsupported. A word of content weighs 1, a function word 0.25. A name (a capital letter within a sentence), a
number or a word for the speaker (`I`, `my`) that is missing weighs 5, because it cannot be said in other words; a supported
word that the question says already weighs 0.25. Not looked at are words around an answer (`yes`, `therefore`, `according to
passage 2`, `[3]`), marks of list items, and sentences that say that something is not known. Scripts without spaces, and
Korean, are compared by pairs of characters; endings and function words are known of English only, so other languages score
a little differently, and need a bar of their own.

0 worst, 1 best. The reason names what is missing, names and numbers first: `not in the passages: \"1987\", \"Toronto\"`. It
needs no model, and takes about a millisecond.

It cannot see meaning. True paraphrase and inference score too low (`it doubled` where the passages say 4 and 8), and so do
answers that explain what every reader knows. Right words in a wrong combination score too high: two names swapped, a `not`
too many, a number of something else. A judge sees these. Use it to find answers that bring in names, figures and facts, and
to hold a bar that costs nothing.

Measured on 1,167 answers labelled by people (HaluEval: by construction), each with its passages. Balanced accuracy is the
mean of the shares of faithful and of hallucinated answers that fall on the right side of the bar of 0.60. The floor is the
share of the answer's stems that the passages have, at the bar that is best for it on all these answers:

| dataset | answers | AUROC, 95 % interval | balanced accuracy | floor's AUROC | floor's balanced accuracy |
| --- | --- | --- | --- | --- | --- |
| BEGIN, CMU-DoG, dev | 160 | 0.974 (0.951 to 0.997) | 0.934 | 0.957 | 0.883 |
| BEGIN, Wizard of Wikipedia, dev | 240 | 0.946 (0.917 to 0.974) | 0.863 | 0.938 | 0.842 |
| HaluEval, question answering | 200 | 0.995 (0.985 to 1.000) | 0.920 | 0.970 | 0.740 |
| RAGTruth, question answering, test | 218 | 0.895 (0.843 to 0.946) | 0.809 | 0.829 | 0.752 |
| WiCE, claims, dev (partly supported: hallucinated) | 349 | 0.836 (0.793 to 0.879) | 0.761 | 0.783 | 0.741 |

The weights were chosen by hand with these answers in sight. Chosen anew on four of the datasets, they have an AUROC on
the fifth that is within 0.006 of these. The bar chosen on four, 0.60 to 0.65, has a balanced accuracy of 0.72 to 0.93 on
the fifth. Answers without content, 11 of these, are left out. Expect less on other texts, and set the bar from your own.
HaluEval's figures are flattered: its faithful answers are short spans of the passages.

Not applicable if the answer is a refusal, or has no content to check, such as a bare yes. Never skipped. Errored if the
target does not say what it retrieved, or gives passages without their text. Retrieving nothing supports nothing: 0.

Source: own; word overlap as a test of faithfulness is old (knowledge F1: Shuster et al. 2021, arXiv:2104.07567). Datasets:
HaluEval (Li et al. 2023), BEGIN (Dziri et al. 2022), WiCE (Kamoi et al. 2023), RAGTruth (Niu et al. 2024).",
    scale: Scale::Share,
    needs: &[Need::Passages],
    options: &[],
    skip: never_skipped,
    build: |_| Ok(of_output(measure)),
};

fn measure(case: &Case, output: &Output) -> Outcome {
    let Some(passages) = &output.passages else {
        return Outcome::Errored { message: "the target did not say what it retrieved".to_owned() };
    };
    if !passages.is_empty() && passages.iter().all(|passage| passage.text.is_empty()) {
        return Outcome::Errored { message: "the target gave its passages without their text".to_owned() };
    }
    let texts = passages.iter().flat_map(|passage| [&*passage.title, &*passage.heading, &*passage.text]);
    let support = support(&case.question, &output.answer, &texts.collect::<Vec<_>>());
    match support.value {
        _ if output.abstained == Some(true) => not_applicable("the answer is a refusal"),
        None if is_refusal(&output.answer) => not_applicable("the answer is a refusal"),
        None => not_applicable("the answer has no content to check"),
        Some(value) if support.unsupported.is_empty() => scored(value),
        Some(value) => scored_because(value, reason(&support.unsupported)),
    }
}

fn not_applicable(reason: &str) -> Outcome {
    Outcome::NotApplicable { reason: reason.to_owned() }
}

/// `not in the passages: "1987", "Toronto"`.
fn reason(unsupported: &[String]) -> String {
    let quoted: Vec<String> = unsupported.iter().take(QUOTED).map(|piece| format!("\"{piece}\"")).collect();
    let more = match unsupported.len().saturating_sub(QUOTED) {
        0 => String::new(),
        left => format!(" and {}", count(left, "other")),
    };
    format!("not in the passages: {}{more}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rag::Passage;

    fn measured(output: &Output) -> Outcome {
        measure(&Case { question: "When was it built?".into(), ..Case::default() }, output)
    }

    fn output(answer: &str, text: &str) -> Output {
        let passage =
            Passage { document: "a.md".into(), title: "Alder Bridge".into(), text: text.into(), ..Passage::default() };
        Output { answer: answer.into(), passages: Some(vec![passage]), ..Output::default() }
    }

    #[test]
    fn the_reason_names_what_is_missing() {
        let text = "It was built from 1929 to 1931 by Okafor and Sons.";
        let cases = [
            ("The Alder Bridge was built in 1931.", None),
            ("It was built in 1934.", Some("not in the passages: \"1934\"")),
            ("It was built by Hugo Lindqvist.", Some("not in the passages: \"Hugo Lindqvist\"")),
            (
                "Brick, then steel, then glass, then wood, then clay, then paper, then sand.",
                Some("not in the passages: \"Brick\", \"steel\", \"glass\", \"wood\", \"clay\" and 2 others"),
            ),
        ];
        for (answer, expected) in cases {
            let Outcome::Scored { reason, .. } = measured(&output(answer, text)) else { panic!("{answer}") };
            assert_eq!(reason.as_deref(), expected, "{answer}");
        }
    }

    #[test]
    fn what_cannot_be_checked_is_no_score() {
        let refusal = Outcome::NotApplicable { reason: "the answer is a refusal".into() };
        let empty = Outcome::NotApplicable { reason: "the answer has no content to check".into() };
        let errored = |message: &str| Outcome::Errored { message: message.into() };
        let declared = Output { abstained: Some(true), ..output("Ask Ito.", "Text.") };
        let cases = [
            (output("The documents do not say.", "Text."), refusal.clone()),
            (declared, refusal),
            (output("Yes.", "Text."), empty.clone()),
            (output("", "Text."), empty),
            (output("1931", ""), errored("the target gave its passages without their text")),
            (Output::default(), errored("the target did not say what it retrieved")),
        ];
        for (output, expected) in cases {
            assert_eq!(measured(&output), expected, "{output:?}");
        }
        let nothing = Output { passages: Some(Vec::new()), ..output("1931", "") };
        assert_eq!(measured(&nothing).value(), Some(0.0));
    }
}
