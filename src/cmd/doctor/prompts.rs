//! Whether the prompt under test is there, and the history of all prompts whole.

use super::Patient;
use super::finding::Finding;
use crate::cmd::eval::{answers_itself, find_prompt};
use crate::cmd::prompt::verified;
use crate::text::count;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = &patient.config;
    let mut found = Vec::new();
    if answers_itself(config)
        && let Err(error) = find_prompt(config)
    {
        found.extend(Finding::of_error(&error));
    }
    match verified(config, None, None) {
        Err(error) => found.extend(Finding::of_error(&error)),
        Ok(verified) => {
            let versions = count(verified.versions, "version");
            let each = verified.problems.into_iter();
            found.extend(each.map(|problem| {
                let fix = problem.hint.clone().unwrap_or_else(|| "llmops prompt verify says more".to_owned());
                Finding::problem(problem.to_string(), fix)
            }));
            if found.is_empty() {
                found.push(Finding::ok(format!("{} with {versions}: whole", count(verified.prompts, "prompt"))));
            }
        }
    }
    found
}
