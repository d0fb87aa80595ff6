//! Whether the secrets are set that the configuration asks for, and whether one is set under almost its name.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::{Patient, models};
use crate::config::{Config, Env};
use crate::llm::PROVIDERS;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = &patient.config;
    let mut found = Vec::new();
    let mut known = Vec::new();
    // What needs it, by the provider.
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (role, model) in models::used(config) {
        users.entry(model.provider.clone()).or_default().push(format!("{role} {model}"));
    }
    for (provider, users) in users {
        let users = users.join(" and ");
        let names = PROVIDERS.iter().find(|known| known.name == provider).map_or(&[][..], |known| known.key_env);
        match patient.client.endpoint(&provider) {
            Ok(_) => known.extend(config.env.first(names).map(|(name, _)| name.to_owned())),
            Err(error) => {
                let near = near(&config.env, names);
                let each = Finding::of_error(&error).into_iter();
                found.extend(each.map(|finding| Finding {
                    message: format!("{}; the {users} needs it", finding.message),
                    fix: near.clone().or(finding.fix),
                    ..finding
                }));
            }
        }
    }
    let text = std::fs::read_to_string(config.root.join(&config.file)).unwrap_or_default();
    for (name, of_deployment) in asked(&text) {
        if config.env.get(&name).is_some() {
            known.push(name);
        } else if !found.iter().any(|finding: &Finding| finding.message.contains(&name)) {
            found.push(missing(config, &name, of_deployment));
        }
    }
    if found.is_empty() {
        known.sort();
        known.dedup();
        let what =
            if known.is_empty() { "no secret is needed".to_owned() } else { format!("set: {}", known.join(", ")) };
        found.push(Finding::ok(what));
    }
    found
}

fn missing(config: &Config, name: &str, of_deployment: bool) -> Finding {
    let message = format!("{} asks for the variable {name}, which is not set", config.file);
    match (near(&config.env, &[name]), of_deployment) {
        (Some(near), _) => Finding::problem(message, near),
        (None, true) => {
            Finding::warning(message, "only the job that deploys needs it: make it a secret there".to_owned())
        }
        (None, false) => {
            let fix = format!("export {name}=..., put it into .env, and make it a secret of your CI");
            Finding::problem(message, fix)
        }
    }
}

/// Every NAME of a value `env:NAME` in a configuration, and whether only deployments read it.
fn asked(text: &str) -> BTreeMap<String, bool> {
    fn walk(value: &toml::Value, of_deployment: bool, names: &mut BTreeMap<String, bool>) {
        match value {
            toml::Value::String(text) => {
                if let Some(name) = text.strip_prefix("env:") {
                    let only = names.entry(name.to_owned()).or_insert(of_deployment);
                    *only &= of_deployment;
                }
            }
            toml::Value::Array(items) => items.iter().for_each(|item| walk(item, of_deployment, names)),
            toml::Value::Table(table) => table.values().for_each(|value| walk(value, of_deployment, names)),
            _ => {}
        }
    }
    let mut names = BTreeMap::new();
    for (section, value) in toml::from_str::<toml::Table>(text).unwrap_or_default() {
        walk(&value, matches!(section.as_str(), "deploy" | "evidence"), &mut names);
    }
    names
}

/// What to do about a variable that is set and almost called so.
fn near(env: &Env, names: &[&str]) -> Option<String> {
    names.iter().find_map(|wanted| {
        let set = env.names().find(|set| set != wanted && is_near(set, wanted))?;
        Some(format!("{set} is set: call it {wanted}"))
    })
}

/// `GEMINI_KEY`, `GEMINI_APIKEY` and `GEMNI_API_KEY` are almost `GEMINI_API_KEY`.
fn is_near(set: &str, wanted: &str) -> bool {
    let set = set.to_uppercase();
    let stem = |name: &str| {
        let plain = name.replace('_', "");
        ["APIKEY", "APITOKEN", "KEY", "TOKEN", "SECRET"]
            .iter()
            .find_map(|end| plain.strip_suffix(end).map(str::to_owned))
    };
    let is_same = stem(&set).is_some_and(|stem_of_set| !stem_of_set.is_empty() && Some(stem_of_set) == stem(wanted));
    is_same || strsim::osa_distance(&set, wanted) <= wanted.len() / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_near_if_people_would_take_it_for_the_other() {
        for set in
            ["GEMINI_KEY", "GEMINI_APIKEY", "GEMINI_API_TOKEN", "GEMNI_API_KEY", "gemini_api_key", "GEMINI_API_KEYS"]
        {
            assert!(is_near(set, "GEMINI_API_KEY"), "{set}");
        }
        for set in ["OPENAI_API_KEY", "API_KEY", "KEY", "GEMINI_BASE_URL", "HOME"] {
            assert!(!is_near(set, "GEMINI_API_KEY"), "{set}");
        }
    }

    #[test]
    fn variables_are_found_wherever_they_are_asked_for() {
        let text =
            "[a]\nurl = \"env:B\"\n# x = \"env:NOT\"\n[a.headers]\nx = \"env:A\"\n[[b]]\nlist = [\"env:C\", \"env\"]\n";
        assert_eq!(asked(text).into_keys().collect::<Vec<_>>(), ["A", "B", "C"]);
    }
}
