//! What a coordinator and a worker must have in common so that a row is the same whoever measures it.

use std::collections::HashMap;

use crate::digest::sha256_parts;

/// Named parts, in the order in which differences are told.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    parts: Vec<(&'static str, String)>,
}

impl Content {
    pub(crate) fn new(parts: Vec<(&'static str, String)>) -> Self {
        Self { parts }
    }

    /// SHA-256 of all parts.
    pub(crate) fn digest(&self) -> String {
        sha256_parts(self.parts.iter().flat_map(|(name, value)| [*name, value]))
    }

    /// Short enough for a name.
    pub(super) fn key(&self) -> String {
        self.digest()[..16].to_owned()
    }

    /// The parts as a run on the queue shows them.
    pub(super) fn to_metadata(&self) -> HashMap<String, String> {
        self.parts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// What a run on the queue has otherwise, in words.
    pub(super) fn differences(&self, theirs: &HashMap<String, String>) -> String {
        let differs = self.parts.iter().filter(|(name, value)| theirs.get(*name) != Some(value));
        let list: Vec<String> = differs
            .map(|(name, ours)| {
                let theirs = theirs.get(*name).map_or("none", String::as_str);
                format!("{name} is {} there and {} here", shorten(theirs), shorten(ours))
            })
            .collect();
        list.join("; ")
    }
}

/// The value with only the beginning of each SHA-256 in it.
fn shorten(value: &str) -> String {
    let is_digest = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.split(' ').map(|word| if is_digest(word) { &word[..8] } else { word }).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_by_name_with_short_digests() {
        let content =
            |prompt: &str, model: &str| Content::new(vec![("prompt", prompt.into()), ("model", model.into())]);
        let ours = content(&format!("qa@1.0.0 {}", "a".repeat(64)), "m");
        let theirs = content(&format!("qa@1.0.0 {}", "b".repeat(64)), "m");
        let expected = "prompt is qa@1.0.0 bbbbbbbb there and qa@1.0.0 aaaaaaaa here";
        assert_eq!(ours.differences(&theirs.to_metadata()), expected);
        assert_eq!(ours.differences(&ours.to_metadata()), "");
        assert_ne!(ours.key(), theirs.key());
    }
}
