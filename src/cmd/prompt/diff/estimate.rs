//! What a version's own text costs with every call.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::super::super::eval::model_of;
use crate::config::Config;
use crate::cost::{Cost, Tariff, Usage, Used, tokens};
use crate::error::Result;
use crate::llm::Model;
use crate::prompt::{PromptVersion, Variable};

/// Input tokens of a call before and after, without what callers fill in.
#[derive(Debug, Serialize)]
pub(super) struct Estimate {
    old: Side,
    new: Side,
    /// Variables that were filled with nothing, having neither default nor example.
    without: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct Side {
    tokens: usize,
    /// Who would answer.
    model: String,
    /// `None` if the model has no price.
    #[serde(serialize_with = "in_full")]
    cost_usd: Option<Cost>,
}

impl Estimate {
    /// `None` if the application chooses the model.
    pub(super) fn of(config: &Config, old: &PromptVersion, new: &PromptVersion) -> Result<Option<Self>> {
        let mut without = BTreeSet::new();
        let tariff = Tariff::open(config)?;
        let mut side = |prompt| side((config, &tariff), prompt, &mut without);
        let (old, new) = (side(old), side(new));
        Ok(old.zip(new).map(|(old, new)| Self { old, new, without }))
    }

    /// Tokens and cost, where they differ.
    pub(super) fn rows(&self) -> Vec<[String; 3]> {
        let (old, new) = (&self.old, &self.new);
        let mut rows = Vec::new();
        if old.tokens != new.tokens {
            let change =
                i128::try_from(new.tokens).unwrap_or_default() - i128::try_from(old.tokens).unwrap_or_default();
            rows.push(["tokens".to_owned(), format!("about {}", old.tokens), format!("{} ({change:+})", new.tokens)]);
        }
        let cost = |side: &Side| side.cost_usd.map_or_else(|| "unknown".to_owned(), |cost| cost.to_string());
        let prices = [cost(old), cost(new)];
        if prices[0] != prices[1] {
            let [before, after] = prices;
            rows.push(["input cost".to_owned(), before, after]);
        }
        rows
    }

    /// `tokens and input cost are of a call to openai/gpt-5-mini, without context and question`
    pub(super) fn remark(&self) -> String {
        let (old, new) = (&self.old.model, &self.new.model);
        let models = if old == new { format!("to {new}") } else { format!("to {old} and to {new}") };
        let without: Vec<&str> = self.without.iter().map(String::as_str).collect();
        let without = if without.is_empty() { String::new() } else { format!(", without {}", without.join(", ")) };
        format!("tokens and input cost are of a call {models}{without}")
    }
}

/// An amount as its text, `"0.0000025"`: a number would be rounded on its way.
#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn in_full<S: Serializer>(cost: &Option<Cost>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    cost.map(Cost::decimal).serialize(serializer)
}

fn side((config, tariff): (&Config, &Tariff), prompt: &PromptVersion, without: &mut BTreeSet<String>) -> Option<Side> {
    let model = model_of(config, prompt)?;
    let mut values = Map::new();
    for variable in &prompt.variables.0 {
        let known = variable.default.as_ref().or(variable.example.as_ref());
        if known.is_none() {
            without.insert(variable.name.clone());
        }
        values.insert(variable.name.clone(), known.cloned().unwrap_or_else(|| nothing(variable)));
    }
    // A template that cannot be filled with nothing is counted as it is written.
    let text = prompt.render(&values).map_or_else(
        |_| prompt.text(),
        |messages| messages.into_iter().map(|message| message.content).collect::<Vec<_>>().join("\n"),
    );
    let tokens = tokens(model, &text);
    let parsed: Option<Model> = model.parse().ok();
    let usage = Usage { input: tokens as u64, ..Usage::default() };
    let cost_usd = parsed.and_then(|model| tariff.of_call(&model.provider, &model.name, &Used::of(usage)).ok());
    Some(Side { tokens, model: model.to_owned(), cost_usd })
}

fn nothing(variable: &Variable) -> Value {
    use crate::prompt::Kind::{Boolean, Integer, List, Number, Object, String};
    match variable.kind {
        None | Some(String) => "".into(),
        Some(Number | Integer) => 0.into(),
        Some(Boolean) => false.into(),
        Some(List) => json!([]),
        Some(Object) => json!({}),
    }
}
