//! Files of other tools that hold prompts.

use std::sync::LazyLock;

use regex::Regex;

use crate::cmd::prompt::import::{Offered, offered};
use crate::config::Config;

/// A file and the prompts that it would bring.
pub(in crate::cmd::init) struct PromptFile {
    pub(in crate::cmd::init) file: String,
    pub(in crate::cmd::init) prompts: Vec<Offered>,
}

impl PromptFile {
    pub(in crate::cmd::init) fn is_new(&self) -> bool {
        self.prompts.iter().any(|prompt| prompt.is_new)
    }

    pub(in crate::cmd::init) fn names(&self) -> String {
        self.prompts.iter().map(|prompt| prompt.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The first prompt that retrieval and a question fill.
    pub(in crate::cmd::init) fn answering(&self) -> Option<&str> {
        let fits = |prompt: &&Offered| {
            let has = |name: &str| prompt.variables.contains(name);
            let all_given =
                prompt.variables.iter().all(|name| ["question", "context", "passages"].contains(&name.as_str()));
            all_given && has("question") && (has("context") || has("passages"))
        };
        self.prompts.iter().find(fits).map(|prompt| prompt.name.as_str())
    }
}

/// A dict in Python that is called after prompts.
static PYTHON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^\w*(prompt|template)\w*[ \t]*(:[^=\n]*)?=[ \t]*(\{|dict\()").expect("the pattern is one")
});

pub(super) fn find(config: &Config, files: &[String], notes: &mut Vec<String>) -> Vec<PromptFile> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| is_likely(config, file)) {
        match offered(config, file) {
            Ok(prompts) => found.push(PromptFile { file: file.clone(), prompts }),
            Err(error) => notes.push(format!("{file} looks like prompts and was not read: {error}")),
        }
    }
    found
}

fn is_likely(config: &Config, file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file).to_lowercase();
    if name.starts_with("promptfooconfig.") {
        let text = std::fs::read_to_string(config.root.join(file)).unwrap_or_default();
        return text.contains("prompts");
    }
    match name.rsplit_once('.') {
        Some((_, "py")) => {
            let text = std::fs::read_to_string(config.root.join(file)).unwrap_or_default();
            PYTHON.is_match(&text)
        }
        Some((stem, "json")) => stem.contains("prompt"),
        _ => false,
    }
}
