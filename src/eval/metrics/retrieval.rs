//! What the metrics of retrieval share: which documents a case expects, and at which ranks they were retrieved.

use std::collections::HashMap;

use serde_json::Value;

use super::formulas::Ranking;
use super::{Measure, Need, scored, scored_because};
use crate::eval::{Case, Outcome, Output};

pub(super) const NEEDS: &[Need] = &[Need::Passages];

/// The field of a row that gives expected documents another grade than 1.
const GRADES: &str = "expected_grades";

pub(super) fn skip(case: &Case) -> Option<&'static str> {
    case.expected_docs.is_empty().then_some("the case expects no documents")
}

/// A measure of the ranks, with the ranks as the reason wherever it is not 1.
pub(super) fn ranked(formula: impl Fn(&Ranking) -> f64 + Send + Sync + 'static) -> Measure {
    Measure::Output(Box::new(move |case, output| match ranking(case, output) {
        Ok(ranking) => explained(formula(&ranking), &ranking),
        Err(message) => Outcome::Errored { message },
    }))
}

/// The distinct documents of the retrieved passages, best first, with the grades of those that the case expects. An
/// expected document is one whose id or title is equal to an entry of `expected_docs`.
pub(super) fn ranking(case: &Case, output: &Output) -> Result<Ranking, String> {
    let passages = output.passages.as_ref().ok_or("the target did not say what it retrieved")?;
    let mut grades = expected_grades(case)?;
    let mut documents = Vec::with_capacity(passages.len());
    for passage in passages {
        let is_it = |name: &&String| **name == passage.document || **name == passage.title;
        let mut names = case.expected_docs.iter().filter(is_it).map(String::as_str);
        let document = names.next().unwrap_or(&passage.document);
        documents.push(document);
        // A document that is expected by its id and by its title is one document.
        for other in names.filter(|other| *other != document) {
            grades.remove(other);
        }
    }
    Ok(Ranking::new(documents, &grades))
}

/// The documents that the case expects, with their grades. What is wrong with them is known when the dataset is read.
pub(crate) fn expected_grades(case: &Case) -> Result<HashMap<&str, f64>, String> {
    let mut grades: HashMap<&str, f64> = case.expected_docs.iter().map(|name| (name.as_str(), 1.0)).collect();
    let given = match case.metadata.get(GRADES) {
        None | Some(Value::Null) => return Ok(grades),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(format!("{GRADES} must be an object of documents and numbers")),
    };
    for (name, grade) in given {
        let known = grades.get_mut(name.as_str());
        let known = known.ok_or_else(|| format!("{GRADES} has \"{name}\", which is not in expected_docs"))?;
        let grade = grade.as_f64().filter(|grade| *grade > 0.0);
        *known = grade.ok_or_else(|| format!("{GRADES}: the grade of \"{name}\" must be a number above 0"))?;
    }
    Ok(grades)
}

/// The value, with the ranks of the expected documents as the reason wherever it is not 1.
pub(super) fn explained(value: f64, ranking: &Ranking) -> Outcome {
    let ranks = ranking.ranks();
    let of = ranking.len();
    match ranks.as_slice() {
        _ if value >= 1.0 => scored(value),
        [] => scored_because(value, format!("no expected document among the {of} retrieved")),
        ranks => {
            let ranks: Vec<String> = ranks.iter().map(ToString::to_string).collect();
            let reason = format!("expected documents at rank {} of {of}", ranks.join(", "));
            scored_because(value, reason)
        }
    }
}

/// For tests: the case expects these documents, and passages of those were retrieved; the title of `a` is `title of a`.
#[cfg(test)]
pub(super) fn example(expected: &[&str], retrieved: &[&str]) -> (Case, Output) {
    use crate::rag::Passage;
    let passage =
        |id: &&str| Passage { document: (*id).to_owned(), title: format!("title of {id}"), ..Passage::default() };
    let expected_docs = expected.iter().map(ToString::to_string).collect();
    (
        Case { expected_docs, ..Case::default() },
        Output { passages: Some(retrieved.iter().map(passage).collect()), ..Output::default() },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::metrics::formulas::{ALL, Gain};

    #[test]
    fn passages_of_one_document_take_one_rank_and_names_are_ids_or_titles() {
        type Row = (&'static [&'static str], &'static [&'static str], &'static [usize], f64);
        let cases: [Row; 6] = [
            (&["a"], &["x", "x", "a", "a"], &[2], 1.0),
            (&["title of a", "b"], &["a", "b"], &[1, 2], 1.0),
            (&["a", "title of a"], &["x", "a"], &[2], 1.0),
            (&["a", "a", "b"], &["a"], &[1], 0.5),
            (&["a"], &[], &[], 0.0),
            (&["A"], &["a"], &[], 0.0),
        ];
        for (expected, retrieved, ranks, recall) in cases {
            let (case, output) = example(expected, retrieved);
            let ranking = ranking(&case, &output).unwrap();
            assert_eq!(ranking.ranks(), ranks, "{expected:?} {retrieved:?}");
            assert_eq!(ranking.recall(ALL).to_bits(), recall.to_bits(), "{expected:?} {retrieved:?}");
        }
    }

    #[test]
    fn grades_are_of_expected_documents_and_above_0() {
        let graded = |grades: Value| {
            let (mut case, output) = example(&["a", "b"], &["a", "b"]);
            case.metadata.insert(GRADES.to_owned(), grades);
            ranking(&case, &output).map(|ranking| ranking.ndcg(ALL, Gain::Linear))
        };
        assert!(graded(json!({"b": 3})).unwrap() < 0.9);
        assert!(graded(json!({"a": 3})).unwrap() > 0.999);
        let cases = [
            (json!([2]), "expected_grades must be an object of documents and numbers"),
            (json!({"c": 1}), "expected_grades has \"c\", which is not in expected_docs"),
            (json!({"a": "2"}), "expected_grades: the grade of \"a\" must be a number above 0"),
            (json!({"a": 0}), "expected_grades: the grade of \"a\" must be a number above 0"),
        ];
        for (grades, expected) in cases {
            assert_eq!(graded(grades).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_target_that_hides_its_passages_is_an_error_and_a_low_value_says_where_the_documents_were() {
        let Measure::Output(measure) = ranked(|ranking| ranking.reciprocal_rank(ALL)) else { panic!() };
        let case = example(&["a"], &[]).0;
        assert!(matches!(measure(&case, &Output::default()), Outcome::Errored { .. }));
        let reason = |retrieved: &[&str]| match measure(&case, &example(&[], retrieved).1) {
            Outcome::Scored { reason, .. } => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(&["a"]), None);
        assert_eq!(reason(&["x", "a"]).as_deref(), Some("expected documents at rank 2 of 2"));
        assert_eq!(reason(&["x"]).as_deref(), Some("no expected document among the 1 retrieved"));
    }
}
