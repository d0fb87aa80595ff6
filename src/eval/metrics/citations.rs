//! Whether what the answer cites was retrieved.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::refusal::is_refusal;
use super::{Key, Measure, Metric, Need, Options, Scale, never_skipped, not_applicable, scored, scored_because, share};
use crate::eval::{Outcome, Output};
use crate::rag::Passage;
use crate::text::fold;

pub(super) const METRIC: Metric = Metric {
    name: "citations",
    summary: "share of the answer's citations that lead to a retrieved passage",
    documentation: "    |distinct citations of a retrieved passage| / |distinct citations|

A citation is one of these, outside of Markdown code and links:

- `[2]`, `[1, 3]`, `[1-3]`, `【2】`, also with a word before, as `[source 2]`: numbers of passages, in the order in which they
  were retrieved, from 1. The built-in prompt for documents numbers them so.
- `[Title]`: title or id of a document, without regard to case. What is in brackets and neither a number nor a retrieved
  title is no citation, unless `titles` is set: then it is a wrong one.

It says whether a source was given to the model, not whether the source supports the sentence.

0 worst, 1 best. Never skipped. Not applicable if the answer cites nothing; with `required`, that is 0, but a refusal needs
no citation. Errored if the target does not say what it retrieved.

Source: own definition, from the names that answer and passages have.",
    scale: Scale::Share,
    needs: &[Need::Passages],
    options: &[
        Key { name: "required", help: "true gives an answer without citations 0 (default false)", required: false },
        Key { name: "titles", help: "true takes every text in brackets for a title (default false)", required: false },
    ],
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let required = options.flag("required")?.unwrap_or(false);
    let titles = options.flag("titles")?.unwrap_or(false);
    Ok(Measure::Output(Box::new(move |_, output| measure(output, required, titles))))
}

fn measure(output: &Output, required: bool, titles: bool) -> Outcome {
    let Some(passages) = &output.passages else {
        return Outcome::Errored { message: "the target did not say what it retrieved".to_owned() };
    };
    let cited = Cited::of(&output.answer, passages, titles);
    let distinct = cited.right.len() + cited.wrong.len();
    if distinct > 0 {
        let value = share(cited.right.len(), distinct);
        let wrong: Vec<&str> = cited.wrong.iter().map(String::as_str).collect();
        return if wrong.is_empty() {
            scored(value)
        } else {
            scored_because(value, format!("cited but not retrieved: {}", wrong.join(", ")))
        };
    }
    let refused = output.abstained.unwrap_or_else(|| is_refusal(&output.answer));
    match (required, refused) {
        (true, false) => scored_because(0.0, "the answer cites nothing".to_owned()),
        (true, true) => not_applicable("the answer is a refusal"),
        (false, _) => not_applicable("the answer cites nothing"),
    }
}

/// What an answer cites, by whether it was retrieved.
#[derive(Default)]
struct Cited {
    right: BTreeSet<String>,
    wrong: BTreeSet<String>,
}

impl Cited {
    fn of(answer: &str, passages: &[Passage], titles: bool) -> Self {
        let mut cited = Self::default();
        let prose = CODE.replace_all(answer, " ");
        for found in BRACKETS.captures_iter(&prose).filter(|found| found.get(2).is_none()) {
            let text = found[1].trim();
            if let Some(numbers) = NUMBERS.captures(text) {
                cited.numbers(&numbers, passages.len());
            } else if is_retrieved(text, passages) {
                cited.right.insert(fold(text));
            } else if titles && !matches!(text, "" | "x" | "X") {
                cited.wrong.insert(text.to_owned());
            }
        }
        cited
    }

    /// Of a range only the ends are looked at: what is between them is right if both are.
    fn numbers(&mut self, numbers: &Captures<'_>, retrieved: usize) {
        for number in numbers[1].split(|character: char| !character.is_ascii_digit()).filter(|part| !part.is_empty()) {
            let is_right = number.parse().is_ok_and(|number| (1..=retrieved).contains(&number));
            let set = if is_right { &mut self.right } else { &mut self.wrong };
            set.insert(number.trim_start_matches('0').to_owned());
        }
    }
}

fn is_retrieved(name: &str, passages: &[Passage]) -> bool {
    let name = fold(name);
    passages.iter().any(|passage| fold(&passage.title) == name || fold(&passage.document) == name)
}

/// Fenced code, up to the end of the answer if the fence is left open, and code within a line.
static CODE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)```.*?(?:```|$)|`[^`\n]*`"));

/// Text in brackets; what makes it a link is the second group.
static BRACKETS: LazyLock<Regex> = LazyLock::new(|| regex(r"[\[【]([^\[\]【】\n]{0,300})[\]】](\()?"));

static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?i)(?:(?:passage|source|document|doc|reference|ref|context)s?\.?\s*)?#?([0-9]+(?:\s*[,;\-–]\s*#?[0-9]+)*)$",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are constant and tested")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(answer: &str, passages: usize) -> Output {
        let passage = |number| Passage {
            document: format!("doc-{number}.md"),
            title: format!("Title {number}"),
            ..Passage::default()
        };
        Output { answer: answer.to_owned(), passages: Some((1..=passages).map(passage).collect()), ..Output::default() }
    }

    #[test]
    fn citations_must_lead_to_a_retrieved_passage() {
        let cases = [
            ("Paris [1]. Seine [2][3].", Some(1.0)),
            ("Paris [4].", Some(0.0)),
            ("Paris [1], [1], [9].", Some(0.5)),
            ("Paris[1, 2; 5].", Some(2.0 / 3.0)),
            ("Paris [1-3].", Some(1.0)),
            ("Paris [2–7].", Some(0.5)),
            ("Paris [0].", Some(0.0)),
            ("Paris [99999999999999999999999].", Some(0.0)),
            ("パリ【1】。", Some(1.0)),
            ("Paris [Source 2] [passage #4].", Some(0.5)),
            ("Paris [title 1] and [doc-2.md].", Some(1.0)),
            ("Paris [sic] [Title 9].", None),
            ("See [1](https://example.com) and `list[7]`.", None),
            ("```\nlist[7]\n", None),
            ("- [x] done\n- [ ] open", None),
            ("Paris.", None),
            ("", None),
        ];
        for (answer, expected) in cases {
            assert_eq!(measure(&output(answer, 3), false, false).value(), expected, "{answer}");
        }
        assert_eq!(measure(&output("Paris [1].", 0), false, false).value(), Some(0.0));
    }

    #[test]
    fn every_text_in_brackets_is_a_title_if_titles_are_asked_for() {
        for (answer, expected) in [("[Title 1] [Title 9]", Some(0.5)), ("- [x] done", None), ("[sic]", Some(0.0))] {
            assert_eq!(measure(&output(answer, 3), false, true).value(), expected, "{answer}");
        }
    }

    #[test]
    fn an_answer_without_citations_fails_only_if_they_are_required() {
        assert!(matches!(measure(&output("Paris.", 1), false, false), Outcome::NotApplicable { .. }));
        assert_eq!(measure(&output("Paris.", 1), true, false).value(), Some(0.0));
        assert!(matches!(measure(&output("I don't know.", 1), true, false), Outcome::NotApplicable { .. }));
        let hidden = Output { answer: "Paris [1].".into(), ..Output::default() };
        assert!(matches!(measure(&hidden, false, false), Outcome::Errored { .. }));
    }
}
