//! What the arguments of `llmops compare` mean.

use super::super::eval::{Candidate, Prepared, apply, apply_asking};
use super::super::{configuration_for, output};
use crate::cli::{Compare, Global, Tested};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::prompt::{self, Change, PromptVersion};

/// Variants that are compared with each other; the first is the reference.
pub(super) struct Chosen {
    /// Where the first is from, if not from the work tree.
    pub(super) origin: Option<String>,
    pub(super) candidates: Vec<Candidate>,
}

/// The variants that were named.
pub(super) fn chosen(global: &Global, arguments: &Compare) -> Result<Chosen> {
    if arguments.variants.len() < 2 {
        return Err(Error::config("one variant alone is compared with nothing")
            .hint("name two or more, for example `llmops compare latest draft`, or use --since REF"));
    }
    let candidates = arguments.variants.iter().map(|text| {
        let (prompt, model) = split(text);
        candidate(global, arguments, (prompt, model), None)
    });
    Ok(Chosen { origin: None, candidates: candidates.collect::<Result<_>>()? })
}

/// Each prompt that changed: what it was, and what it is. What cannot be compared is said.
pub(super) fn since(global: &Global, arguments: &Compare, config: &Config, reference: &str) -> Result<Vec<Chosen>> {
    let prompt::Changes { changes, notes } = prompt::changes(&config.root, reference)?;
    for note in &notes {
        output::note(note);
    }
    let only = arguments.tested.prompt.as_deref();
    let wanted = changes.into_iter().filter(|change| only.is_none_or(|only| change.new.name == only));
    let group = |Change { old, new }: Change| {
        let of = |version: PromptVersion| {
            let selector = format!("{}@{}", version.name, version.version);
            candidate(global, arguments, (Some(&selector), None), Some(version))
        };
        Ok(Chosen { origin: Some(reference.to_owned()), candidates: vec![of(old)?, of(new)?] })
    };
    wanted.map(group).collect()
}

/// What a variant names of prompt and model. A model has a slash and a prompt has none, so `+` before the provider parts them;
/// a version may have one too.
fn split(text: &str) -> (Option<&str>, Option<&str>) {
    let Some(slash) = text.find('/') else { return (Some(text), None) };
    match text[..slash].rfind('+') {
        Some(plus) => (Some(&text[..plus]), Some(&text[plus + 1..])),
        None => (None, Some(text)),
    }
}

fn candidate(
    global: &Global,
    arguments: &Compare,
    (prompt, model): (Option<&str>, Option<&str>),
    given: Option<PromptVersion>,
) -> Result<Candidate> {
    let mut config = configuration_for(global, arguments.asking.purpose())?;
    if given.is_none() {
        // A version alone is one of the prompt that -p names.
        apply(&mut config, &arguments.tested)?;
    }
    let or = |own: Option<&str>, all: &Option<String>| own.map(str::to_owned).or_else(|| all.clone());
    let tested = Tested {
        prompt: or(prompt, &arguments.tested.prompt),
        model: or(model, &arguments.tested.model),
        ..arguments.tested.clone()
    };
    apply(&mut config, &tested)?;
    apply_asking(&mut config, global, &arguments.asking);
    Ok(Candidate { config, prompt: given })
}

/// What tells the variants apart: their prompts, their models, or both.
pub(super) fn names(prepared: &[Prepared], origin: Option<&str>) -> Vec<String> {
    let prompt = |prepared: &Prepared| {
        prepared.facts.prompt.as_ref().map(|prompt| format!("{}@{}", prompt.name, prompt.version)).unwrap_or_default()
    };
    let model = |prepared: &Prepared| prepared.facts.target.model.clone().unwrap_or_default();
    let differ = |of: &dyn Fn(&Prepared) -> String| prepared.windows(2).any(|two| of(&two[0]) != of(&two[1]));
    let (by_prompt, by_model) = (differ(&prompt), differ(&model));
    let name = |(place, prepared): (usize, &Prepared)| {
        let name = match (by_prompt, by_model) {
            (_, false) => prompt(prepared),
            (false, true) => model(prepared),
            (true, true) => format!("{}+{}", prompt(prepared), model(prepared)),
        };
        match origin {
            Some(origin) if place == 0 => format!("{name} ({origin})"),
            _ => name,
        }
    };
    prepared.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_names_a_prompt_a_model_or_both() {
        let cases = [
            ("1.1.0", (Some("1.1.0"), None)),
            ("qa@draft", (Some("qa@draft"), None)),
            ("1.0.0+build.1", (Some("1.0.0+build.1"), None)),
            ("openai/gpt-5-mini", (None, Some("openai/gpt-5-mini"))),
            ("ollama/a/b+c:7b", (None, Some("ollama/a/b+c:7b"))),
            ("qa@1.0.0+openai/m", (Some("qa@1.0.0"), Some("openai/m"))),
            ("1.0.0+build.1+openai/m", (Some("1.0.0+build.1"), Some("openai/m"))),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
