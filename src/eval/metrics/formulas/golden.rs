//! The formulas by the names and inputs of golden rows, which hold what another implementation gave.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::bleu::{self, Bleu};
use super::chrf::Chrf;
use super::ranking::{ALL, Gain, Ranking};
use super::rouge::{self, Rouge, Words};
use super::{edit, float, squad};

type Computed<T = Value> = Result<T, String>;

/// The names that [`compute`] knows.
pub(crate) const NAMES: &[&str] = &[
    "recall@k",
    "precision@k",
    "hit_rate@k",
    "mrr@k",
    "map@k",
    "ndcg@k",
    "ndcg_exp@k",
    "mrr",
    "map",
    "ndcg",
    "r_precision",
    "recall@k:scored",
    "ndcg@k:scored",
    "mrr:scored",
    "run_mean",
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeLsum",
    "rouge1:stemmed",
    "rouge2:stemmed",
    "rougeL:stemmed",
    "sentence_bleu",
    "corpus_bleu",
    "chrf",
    "chrf++",
    "corpus_chrf",
    "levenshtein",
    "indel_ratio",
    "jaro_winkler",
    "squad_f1",
    "squad_em",
];

/// What we compute for a golden row, in the shape of its expected value. `None` if the name is unknown; an error says which
/// field of the input is missing or asks for what we do not have.
pub(crate) fn compute(metric: &str, input: &Value) -> Option<Computed> {
    let input = Input(input);
    Some(match metric {
        "run_mean" => run_mean(&input),
        "sentence_bleu" => sentence_bleu(&input),
        "corpus_bleu" => corpus_bleu(&input),
        "chrf" | "chrf++" => sentence_chrf(metric, &input),
        "corpus_chrf" => corpus_chrf(&input),
        "levenshtein" => input.pair("a", "b").map(
            |(a, b)| json!({ "distance": edit::levenshtein(a, b), "similarity": edit::levenshtein_similarity(a, b) }),
        ),
        "indel_ratio" => input.pair("a", "b").map(|(a, b)| edit::indel_ratio(a, b).into()),
        "jaro_winkler" => jaro_winkler(&input),
        "squad_f1" => input.pair("prediction", "gold").map(|(text, gold)| squad::token_f1(text, gold).into()),
        "squad_em" => input.pair("prediction", "gold").map(|(text, gold)| squad::exact_match(text, gold).into()),
        "rouge1" | "rouge2" | "rougeL" | "rougeLsum" | "rouge1:stemmed" | "rouge2:stemmed" | "rougeL:stemmed" => {
            rouge(metric, &input)
        }
        _ if NAMES.contains(&metric) => ranking(metric, &input),
        _ => return None,
    })
}

fn ranking(metric: &str, input: &Input<'_>) -> Computed {
    let grades = grades(input.object("qrels")?)?;
    let (measure, ranking) = match metric.strip_suffix(":scored") {
        Some(measure) => (measure, Ranking::of_scores(&self::grades(input.object("scores")?)?, &grades)),
        None => (metric, Ranking::new(input.texts("ranking")?, &grades)),
    };
    let k = if measure.ends_with("@k") { input.positive("k")? } else { ALL };
    Ok(Value::from(match measure {
        "recall@k" => ranking.recall(k),
        "precision@k" => ranking.precision(k),
        "hit_rate@k" => ranking.hit(k),
        "mrr" | "mrr@k" => ranking.reciprocal_rank(k),
        "map" | "map@k" => ranking.average_precision(k),
        "ndcg_exp@k" => ranking.ndcg(k, Gain::Exponential),
        "r_precision" => ranking.r_precision(),
        _ => ranking.ndcg(k, Gain::Linear),
    }))
}

/// Means over all judged queries; one without a ranking counts as 0.
fn run_mean(input: &Input<'_>) -> Computed {
    let (queries, rankings, k) = (input.object("qrels")?, input.object("rankings")?, input.positive("k")?);
    let mut sums = [0.0; 4];
    for (query, qrels) in queries {
        let qrels = qrels.as_object().ok_or_else(|| format!("the qrels of {query} must be an object"))?;
        let documents = rankings.get(query).map(|ranking| texts(ranking, query)).transpose()?;
        let ranking = Ranking::new(documents.unwrap_or_default(), &grades(qrels)?);
        let values = [
            ranking.ndcg(k, Gain::Linear),
            ranking.recall(k),
            ranking.reciprocal_rank(ALL),
            ranking.average_precision(ALL),
        ];
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    if queries.is_empty() {
        return Err("qrels holds no query to take a mean of".to_owned());
    }
    let [ndcg, recall, mrr, map] = sums.map(|sum| Value::from(sum / float(queries.len())));
    Ok(json!({ format!("ndcg@{k}"): ndcg, format!("recall@{k}"): recall, "mrr": mrr, "map": map }))
}

fn rouge(metric: &str, input: &Input<'_>) -> Computed {
    let (candidate, reference) = input.pair("candidate", "reference")?;
    let (measure, stemmed) = match metric.strip_suffix(":stemmed") {
        Some(measure) => (measure, true),
        None => (metric, false),
    };
    let words = if input.flag("stemmer", stemmed)? { Words::Stemmed } else { Words::AsWritten };
    let Rouge { precision, recall, f1 } = match measure {
        "rouge1" => rouge::rouge_n(candidate, reference, 1, words),
        "rouge2" => rouge::rouge_n(candidate, reference, 2, words),
        "rougeL" => rouge::rouge_l(candidate, reference, words),
        _ => rouge::rouge_l_sum(candidate, reference, words).ok_or("lines are too long for rougeLsum")?,
    };
    Ok(json!({ "precision": precision, "recall": recall, "f1": f1 }))
}

fn sentence_bleu(input: &Input<'_>) -> Computed {
    input.only("effective_order", &true.into())?;
    scaled_bleu(input, bleu::sentence(input.text("candidate")?, &input.references()?))
}

fn corpus_bleu(input: &Input<'_>) -> Computed {
    input.only("effective_order", &false.into())?;
    let corpus = input.corpus()?;
    scaled_bleu(input, bleu::corpus(corpus.iter().map(|(candidate, references)| (*candidate, references.as_slice()))))
}

fn scaled_bleu(input: &Input<'_>, bleu: Bleu) -> Computed {
    input.only("tokenize", &"13a".into())?;
    input.only("smoothing", &"exp".into())?;
    let score = bleu.score * input.number("scale", 100.0)?;
    Ok(json!({ "score": score, "brevity_penalty": bleu.brevity_penalty }))
}

fn sentence_chrf(metric: &str, input: &Input<'_>) -> Computed {
    let chrf = chrf(input, if metric == "chrf++" { 2 } else { 0 })?;
    let score = chrf.sentence(input.text("candidate")?, &input.references()?);
    Ok((score * input.number("scale", 100.0)?).into())
}

fn corpus_chrf(input: &Input<'_>) -> Computed {
    let corpus = input.corpus()?;
    let texts = corpus.iter().map(|(candidate, references)| (*candidate, references.as_slice()));
    Ok((chrf(input, 0)?.corpus(texts) * input.number("scale", 100.0)?).into())
}

fn chrf(input: &Input<'_>, word_order: usize) -> Computed<Chrf> {
    let order = |name, default| if input.0.get(name).is_some() { input.count(name) } else { Ok(default) };
    Ok(Chrf {
        character_order: order("char_order", 6)?,
        word_order: order("word_order", word_order)?,
        beta: input.number("beta", 2.0)?,
    })
}

fn jaro_winkler(input: &Input<'_>) -> Computed {
    let (a, b) = input.pair("a", "b")?;
    Ok(edit::jaro_winkler(a, b, input.number("prefix_weight", 0.1)?).into())
}

/// The input of a row, read field by field.
struct Input<'a>(&'a Value);

impl<'a> Input<'a> {
    fn field(&self, name: &str) -> Computed<&'a Value> {
        self.0.get(name).ok_or_else(|| format!("the input has no field {name:?}"))
    }

    fn text(&self, name: &str) -> Computed<&'a str> {
        self.field(name)?.as_str().ok_or_else(|| format!("{name} must be a text"))
    }

    fn pair(&self, first: &str, second: &str) -> Computed<(&'a str, &'a str)> {
        Ok((self.text(first)?, self.text(second)?))
    }

    fn texts(&self, name: &str) -> Computed<Vec<&'a str>> {
        texts(self.field(name)?, name)
    }

    fn references(&self) -> Computed<Vec<&'a str>> {
        let references = self.texts("references")?;
        if references.is_empty() { Err("references is empty".to_owned()) } else { Ok(references) }
    }

    /// Candidates, each with its references.
    fn corpus(&self) -> Computed<Vec<(&'a str, Vec<&'a str>)>> {
        let candidates = self.texts("candidates")?;
        let references = self.field("references")?.as_array().ok_or("references must be a list of lists of texts")?;
        if candidates.len() != references.len() {
            return Err("candidates and references must be equally many".to_owned());
        }
        let with_references = |(candidate, list)| Ok((candidate, texts(list, "references")?));
        candidates.into_iter().zip(references).map(with_references).collect()
    }

    fn object(&self, name: &str) -> Computed<&'a Map<String, Value>> {
        self.field(name)?.as_object().ok_or_else(|| format!("{name} must be an object"))
    }

    fn count(&self, name: &str) -> Computed<usize> {
        let number = self.field(name)?.as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| format!("{name} must be a whole number"))
    }

    fn positive(&self, name: &str) -> Computed<usize> {
        let number = self.count(name)?;
        if number == 0 { Err(format!("{name} must be at least 1")) } else { Ok(number) }
    }

    fn number(&self, name: &str, default: f64) -> Computed<f64> {
        self.0.get(name).map_or(Ok(default), |value| value.as_f64().ok_or_else(|| format!("{name} must be a number")))
    }

    fn flag(&self, name: &str, default: bool) -> Computed<bool> {
        self.0
            .get(name)
            .map_or(Ok(default), |value| value.as_bool().ok_or_else(|| format!("{name} must be true or false")))
    }

    /// Refuses a variant of a formula that we do not have.
    fn only(&self, name: &str, known: &Value) -> Computed<()> {
        match self.0.get(name) {
            Some(value) if value != known => Err(format!("{name} = {value} is not supported, only {known}")),
            _ => Ok(()),
        }
    }
}

fn texts<'a>(value: &'a Value, name: &str) -> Computed<Vec<&'a str>> {
    let items = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    items.ok_or_else(|| format!("{name} must be a list of texts"))
}

fn grades(object: &Map<String, Value>) -> Computed<HashMap<&str, f64>> {
    let number = |(document, value): (&'_ String, &Value)| {
        value.as_f64().ok_or_else(|| format!("{document} must have a number"))
    };
    object.iter().map(|entry| Ok((entry.0.as_str(), number(entry)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRIEVAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/golden/retrieval.jsonl"));
    const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/golden/text.jsonl"));

    fn rows() -> impl Iterator<Item = Value> {
        RETRIEVAL.lines().chain(TEXT.lines()).map(|line| serde_json::from_str(line).unwrap())
    }

    /// Whether every number of `expected` is met.
    fn agrees(value: &Value, expected: &Value, tolerance: f64) -> bool {
        match expected {
            Value::Object(fields) => fields.iter().all(|(name, expected)| agrees(&value[name], expected, tolerance)),
            _ => value.as_f64().zip(expected.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= tolerance),
        }
    }

    #[test]
    fn every_golden_row_agrees_within_its_tolerance() {
        for row in rows() {
            let value = compute(row["metric"].as_str().unwrap(), &row["input"]).unwrap();
            let tolerance = row["tolerance"].as_f64().unwrap();
            let agree = value.as_ref().is_ok_and(|value| agrees(value, &row["expected"], tolerance));
            assert!(agree, "{}: {value:?} is not {}", row["id"], row["expected"]);
        }
    }

    #[test]
    fn every_name_has_a_row_and_an_error_for_each_missing_field() {
        let optional = ["k", "unit", "tie_rule", "stemmer", "tokenize", "smoothing", "effective_order", "scale"];
        let optional = [&optional[..], &["char_order", "word_order", "beta", "prefix_weight"]].concat();
        for name in NAMES {
            let row = rows().find(|row| row["metric"] == *name).unwrap();
            for field in row["input"].as_object().unwrap().keys() {
                if !optional.contains(&field.as_str()) || (field == "k" && name.ends_with("@k")) {
                    let mut input = row["input"].clone();
                    input.as_object_mut().unwrap().remove(field);
                    let expected = format!("the input has no field {field:?}");
                    assert_eq!(compute(name, &input), Some(Err(expected)), "{name}");
                }
            }
            assert!(compute(name, &Value::Null).unwrap().is_err(), "{name}");
        }
    }

    #[test]
    fn what_is_unknown_or_not_supported_is_said() {
        assert_eq!(compute("rouge9", &json!({})), None);
        let cases = [
            ("recall@k", json!({ "ranking": [], "qrels": {}, "k": 0 }), "k must be at least 1"),
            ("recall@k", json!({ "ranking": [1], "qrels": {}, "k": 1 }), "ranking must be a list of texts"),
            ("mrr", json!({ "ranking": [], "qrels": { "a": "1" } }), "a must have a number"),
            ("run_mean", json!({ "rankings": {}, "qrels": {}, "k": 1 }), "qrels holds no query to take a mean of"),
            (
                "sentence_bleu",
                json!({ "candidate": "a", "references": ["a"], "tokenize": "zh" }),
                "tokenize = \"zh\" is not supported, only \"13a\"",
            ),
            ("chrf", json!({ "candidate": "a", "references": [] }), "references is empty"),
            ("rouge1", json!({ "candidate": 1, "reference": "a" }), "candidate must be a text"),
        ];
        for (metric, input, expected) in cases {
            assert_eq!(compute(metric, &input), Some(Err(expected.to_owned())), "{metric}");
        }
    }
}
