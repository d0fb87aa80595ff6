//! A vault between the processes of one conversation: what was masked in the question is put back in the answer.
//!
//! ```json
//! {"version": 1, "placeholders": {"CARD_1": "4111 1111 1111 1111", "GITHUB_TOKEN_1": {"sha256": "…"}}, "taken": []}
//! ```
//!
//! It holds personal data, which is what it is for; secrets that let somebody in stand in it as a hash only.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Vault, name};
use crate::error::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    placeholders: BTreeMap<String, Kept>,
    /// Placeholders that a text brought along, which are never ours.
    taken: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Value(String),
    Hash { sha256: String },
}

const VERSION: u32 = 1;

impl Vault {
    /// The content of a file that `read` makes this vault of.
    pub(crate) fn written(&self) -> String {
        let hashes: BTreeMap<(&str, u32), &[u8; 32]> =
            self.numbers.iter().map(|((name, hash), number)| ((*name, *number), hash)).collect();
        let kept = |(key, value): (&(&'static str, u32), &Option<String>)| {
            let hash = || hashes.get(key).map(|hash| HEXLOWER.encode(*hash)).unwrap_or_default();
            (shown(key), value.clone().map_or_else(|| Kept::Hash { sha256: hash() }, Kept::Value))
        };
        let mut taken: Vec<String> = self.taken.iter().map(shown).collect();
        taken.sort_unstable();
        let content = Content { version: VERSION, placeholders: self.values.iter().map(kept).collect(), taken };
        serde_json::to_string_pretty(&content).unwrap_or_default() + "\n"
    }

    /// Reads what `written` gave.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let content: Content = serde_json::from_str(text)
            .map_err(|error| Error::config("this is no file of placeholders").source(error))?;
        if content.version != VERSION {
            return Err(Error::config(format!(
                "the placeholders are of version {}; {VERSION} is known",
                content.version
            )));
        }
        let mut vault = Self::default();
        for (written, kept) in content.placeholders {
            let (name, number) = parsed(&written)?;
            let (hash, value) = match kept {
                Kept::Value(value) => (Sha256::digest(&value).into(), Some(value)),
                Kept::Hash { sha256 } => (hash(&written, &sha256)?, None),
            };
            vault.numbers.insert((name, hash), number);
            vault.values.insert((name, number), value);
            let last = vault.last.entry(name).or_default();
            *last = number.max(*last);
        }
        vault.taken = content.taken.iter().map(|written| parsed(written)).collect::<Result<_>>()?;
        Ok(vault)
    }
}

fn shown((name, number): &(&'static str, u32)) -> String {
    format!("{name}_{number}")
}

fn parsed(written: &str) -> Result<(&'static str, u32)> {
    let key = written.rsplit_once('_').and_then(|(text, number)| Some((name(text)?, number.parse().ok()?)));
    key.ok_or_else(|| Error::config(format!("\"{written}\" is no placeholder")))
}

fn hash(written: &str, hex: &str) -> Result<[u8; 32]> {
    let bytes = HEXLOWER.decode(hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Error::config(format!("the placeholder \"{written}\" has no SHA-256")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::sensitive::scan;

    #[test]
    fn a_vault_that_was_written_goes_on_as_it_was() {
        let mut vault = Vault::default();
        let secret = ["hunt", "er2!x"].concat();
        let first = format!("[PHONE_1] a@example.org password = \"{secret}\"");
        vault.mask(&first, &scan(&first));
        let written = vault.written();
        assert!(!written.contains(&secret), "{written}");
        let mut read = Vault::read(&written).unwrap();
        assert_eq!(read.written(), written);
        for text in ["b@example.org and a@example.org", &first, "call +1 415 555 2671", "[EMAIL_1]"] {
            assert_eq!(read.mask(text, &scan(text)), vault.mask(text, &scan(text)), "{text}");
        }
        assert_eq!(read.restore("[EMAIL_1] [EMAIL_2] [PASSWORD_1]"), "a@example.org b@example.org [PASSWORD_1]");
    }

    #[test]
    fn what_is_no_vault_is_refused() {
        for text in [
            "",
            "{}",
            r#"{"version": 2, "placeholders": {}, "taken": []}"#,
            r#"{"version": 1, "placeholders": {"NOTHING_1": "a"}, "taken": []}"#,
            r#"{"version": 1, "placeholders": {"EMAIL": "a"}, "taken": []}"#,
            r#"{"version": 1, "placeholders": {"EMAIL_1": {"sha256": "00"}}, "taken": []}"#,
        ] {
            assert!(Vault::read(text).is_err(), "{text}");
        }
    }
}
