//! Security validation: what is said to a model, what it says, and how well that is told apart.
//!
//! ```text
//! text ── decode ──> views ── reading ──> words, concepts ── rules, model ──> findings ── policy ──> Assessment
//! corpus ── input ──> Judged ── measure ──> Measures                                      (llmops guard test)
//! corpus ── model::recipe ──> weights                                                    (llmops guard train)
//! ```

pub(crate) mod attack;
mod content;
pub(crate) mod corpus;
mod decode;
mod document;
mod finding;
mod input;
mod lexicon;
mod markers;
mod measure;
mod model;
mod normal;
mod output;
mod overlap;
mod passage;
mod policy;
mod reading;
mod rules;
mod sensitive;
mod tag;
mod view;
mod vocabulary;

pub(crate) use content::subjects;
pub(crate) use document::check_document;
pub(crate) use finding::{Finding, Severity};
pub(crate) use input::{Action, Assessment, INPUT_RULES, check, check_with};
pub(crate) use measure::{Group, Judged, Measures, measures};
pub(crate) use model::{Material, Model};
pub(crate) use output::{Answer, OUTPUT_RULES, OutputPolicy, check_answer};
pub(crate) use policy::Policy;
pub(crate) use rules::RULES;
pub(crate) use sensitive::{Vault, kinds, secrets};
