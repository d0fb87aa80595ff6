//! Whether the application says that it does not know, where it cannot know.

use super::scorer::of_output;
use super::{Metric, Scale, scored, scored_because};
use crate::eval::{Case, Outcome, Output};
use crate::text::{fold, sentences};

pub(super) const METRIC: Metric = Metric {
    name: "refusal",
    summary: "whether an unanswerable question is refused",
    documentation: "    1 if the answer to a question that no document answers says so, else 0

For cases with `answerable: false`. The answer counts as a refusal if the target declares it (the local model does), or if
one of its first two sentences holds a usual phrase for not knowing in English, German, French, Spanish, Portuguese,
Japanese, Chinese or Korean (\"the documents do not\", \"I don't know\", \"記載されていません\", ...). An empty answer is no
refusal. The test is of words, not of meaning: give the prompt one fixed sentence to refuse with.

0 worst, 1 best. Refusing an answerable question costs nothing here; `answer_relevancy` sees that.

Skipped for cases that do not say `answerable: false`. Errored if the case is.

Source: the unanswerable questions of SQuAD 2.0 (Rajpurkar, Jia, Liang 2018).",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip,
    build: |_| Ok(of_output(measure)),
};

fn skip(case: &Case) -> Option<&'static str> {
    (case.answerable != Some(false)).then_some("the case does not say that it is unanswerable")
}

fn measure(_: &Case, output: &Output) -> Outcome {
    if output.abstained.unwrap_or_else(|| is_refusal(&output.answer)) {
        scored(1.0)
    } else {
        scored_because(0.0, "answered although no document holds the answer".to_owned())
    }
}

/// Whether a text says near its beginning that the answer is not known.
pub(crate) fn is_refusal(answer: &str) -> bool {
    sentences(answer).take(2).any(|sentence| {
        let folded = fold(sentence).replace('\u{2019}', "'");
        PHRASES.iter().any(|phrase| folded.contains(phrase))
    })
}

/// Folded. Each must be unlikely in an answer that does know.
const PHRASES: &[&str] = &[
    "i don't know",
    "i do not know",
    "i'm not sure",
    "i cannot answer",
    "i can't answer",
    "i am unable to answer",
    "i'm unable to answer",
    "cannot be answered",
    "can't be answered",
    "not possible to answer",
    "no information about",
    "no information on",
    "no information in",
    "not enough information",
    "insufficient information",
    "documents do not",
    "documents don't",
    "document does not",
    "document doesn't",
    "documentation does not",
    "documentation doesn't",
    "context does not",
    "context doesn't",
    "passages do not",
    "passages don't",
    "passage does not",
    "text does not mention",
    "is not mentioned in",
    "are not mentioned in",
    "is not specified in",
    "not stated in",
    "could not find",
    "couldn't find",
    "unanswerable",
    "weiss ich nicht",
    "weiss es nicht",
    "keine information",
    "keine angabe",
    "dokumente enthalten keine",
    "dokumente sagen nichts",
    "nicht beantworten",
    "geht nicht hervor",
    "je ne sais pas",
    "aucune information",
    "ne mentionne",
    "ne permettent pas de repondre",
    "ne permettent pas de répondre",
    "no lo sé",
    "no hay información",
    "no mencionan",
    "no menciona",
    "não sei",
    "não há informa",
    "não menciona",
    "わかりません",
    "分かりません",
    "記載されていません",
    "記載がありません",
    "記載はありません",
    "書かれていません",
    "情報がありません",
    "情報はありません",
    "見つかりません",
    "お答えできません",
    "回答できません",
    "含まれていません",
    "不知道",
    "没有提到",
    "沒有提到",
    "未提及",
    "没有相关信息",
    "无法回答",
    "無法回答",
    "모르겠습니다",
    "알 수 없습니다",
    "정보가 없습니다",
    "언급되어 있지 않",
    "답변할 수 없습니다",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_recognised_and_answers_are_not() {
        let refusals = [
            "The documents do not say.",
            "I’m sorry, but I don’t know.",
            "Sorry. The context doesn't mention a price.",
            "提供された文書には記載されていません。",
            "Das kann ich nicht beantworten.",
            "文档中没有提到这一点。",
        ];
        for text in refusals {
            assert!(is_refusal(text), "{text}");
        }
        let answers = [
            "",
            "The gate needs a recall of 0.80.",
            "It uses cosine distance. The index is HNSW. Note that other metrics do not mention it.",
            "コサイン距離を使います。",
            "Die Dokumente enthalten den Preis: 40 Euro.",
            "The free plan does not provide single sign-on; enterprise does and costs 40 dollars.",
            "No information is sent to third parties.",
        ];
        for text in answers {
            assert!(!is_refusal(text), "{text}");
        }
    }

    #[test]
    fn every_phrase_is_in_folded_form() {
        for phrase in PHRASES {
            assert_eq!(fold(phrase), *phrase);
        }
    }

    #[test]
    fn only_unanswerable_cases_are_measured() {
        let output = |answer: &str, abstained| Output { answer: answer.into(), abstained, ..Output::default() };
        let cases = [
            (output("I don't know.", None), 1.0),
            (output("42", None), 0.0),
            (output("42", Some(true)), 1.0),
            (output("I don't know.", Some(false)), 0.0),
        ];
        for (output, expected) in cases {
            assert_eq!(measure(&Case::default(), &output).value(), Some(expected), "{output:?}");
        }
        for (answerable, is_skipped) in [(Some(false), false), (Some(true), true), (None, true)] {
            assert_eq!(skip(&Case { answerable, ..Case::default() }).is_some(), is_skipped, "{answerable:?}");
        }
    }
}
