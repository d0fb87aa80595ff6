//! The model against sentence-transformers, with the real weights.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

use serde::Deserialize;

use super::*;
use crate::test_support::minilm::models;

/// Made by `tests/it/fixtures/minilm/reference.py` with sentence-transformers 6.2.0, transformers 5.23.0,
/// tokenizers 0.23.3 and torch 2.15.0 on a CPU.
const REFERENCE: &str = include_str!("../../../../tests/it/fixtures/minilm/reference.jsonl");

#[derive(Deserialize)]
struct Row {
    name: String,
    text: String,
    repeat: usize,
    ids: Vec<u32>,
    /// Every twelfth component.
    vector: Vec<f32>,
}

fn reference() -> impl Iterator<Item = Row> {
    REFERENCE.lines().map(|line| serde_json::from_str(line).unwrap())
}

/// The real model, fetched on first use; fails with what to install where that is not possible.
static MODEL: LazyLock<Minilm> = LazyLock::new(|| open(&config(&models())).unwrap());

fn config(models: &Path) -> Config {
    let env = [("LLMOPS_MODELS", models.to_str().unwrap())];
    Config::of_text(PathBuf::new(), "gate.context_recall = 0.8", &env).unwrap()
}

#[test]
fn pieces_are_those_of_the_reference_tokenizer() {
    for row in reference() {
        let ids = MODEL.model.tokenizer.encode(&row.text.repeat(row.repeat), MAX_PIECES);
        assert_eq!(ids, row.ids, "{}", row.name);
    }
}

#[tokio::test]
async fn vectors_are_those_of_the_reference_implementation() {
    let rows: Vec<Row> = reference().collect();
    let texts: Vec<String> = rows.iter().map(|row| row.text.repeat(row.repeat)).collect();
    let vectors = MODEL.embed(&texts, Purpose::Document).await.unwrap();
    assert_eq!(vectors.len(), rows.len());
    for (row, vector) in rows.iter().zip(&vectors) {
        assert_eq!(Some(vector.len()), MODEL.dimensions(), "{}", row.name);
        let length = vector.iter().map(|component| component * component).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-5, "{}: length {length}", row.name);
        let sample = vector.iter().step_by(12);
        let error = sample.zip(&row.vector).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
        assert!(error < 1e-5, "{}: off by {error}", row.name);
    }
}

#[test]
fn missing_weights_are_a_configuration_error_that_says_how_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(&config(folder.path())).err().unwrap();
    assert_eq!(error.to_string(), "the local embedder's weights are not here");
    assert_eq!(error.problems[0].hint.as_deref(), Some("llmops model pull all-minilm-l6-v2"));
}

#[test]
fn the_identity_names_model_and_length() {
    assert_eq!(MODEL.id(), "local/all-minilm-l6-v2@384");
}

/// `cargo test --release minilm::tests::speed -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a test"]
#[expect(clippy::print_stdout, reason = "a measurement is for reading")]
async fn speed() {
    let folder = models();
    let started = Instant::now();
    let minilm = open(&config(&folder)).unwrap();
    println!("load: {:?}", started.elapsed());
    for sentences in [1, 4, 20] {
        let text = "the budget of a run is reserved before each call and settled ".repeat(sentences);
        let pieces = minilm.model.tokenizer.encode(&text, MAX_PIECES).len();
        let started = Instant::now();
        (0..100).for_each(|_| drop(minilm.model.embed(&text)));
        let one = 100.0 / started.elapsed().as_secs_f64();
        let texts = vec![text; 400];
        let started = Instant::now();
        minilm.embed(&texts, Purpose::Document).await.unwrap();
        let all = 400.0 / started.elapsed().as_secs_f64();
        println!("{pieces} pieces: {one:.0} texts/s on one core, {all:.0} on all");
    }
}
