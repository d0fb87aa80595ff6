//! Lines that each hold the SHA-256 of their own content and that of the line before, so that none can be edited, removed from
//! between others, or moved without being found.

use serde_json::Value;

use crate::digest::sha256;

/// The hash that the first line follows.
pub(crate) const ORIGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What to do about a line that is wrong.
pub(crate) const RESTORE: &str =
    "restore the file from git: `git log -p` shows what changed it, `git checkout COMMIT -- FILE` brings it back";

/// What a line says of its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    /// The line's number, from 1.
    pub(crate) seq: usize,
    /// The hash of the line before.
    pub(crate) previous: &'a str,
    pub(crate) hash: &'a str,
}

/// What the `hash` of a line must be. It is of all that the line holds, also of what this version does not know.
pub(crate) fn content_hash(mut line: Value) -> String {
    if let Value::Object(fields) = &mut line {
        fields.shift_remove("hash");
        fields.shift_remove("signature");
    }
    line.sort_all_objects();
    sha256(line.to_string().as_bytes())
}

impl Link<'_> {
    /// What is wrong with a line of this content, if it stands on line `number` after one with the hash `previous`.
    pub(crate) fn wrong(self, content: &str, number: usize, previous: &str) -> Option<String> {
        let Self { seq, hash, .. } = self;
        if hash != content {
            return Some("the line was edited: its hash is not that of its content".to_owned());
        }
        if seq > number {
            let missing = seq - number;
            let lines = if missing == 1 { "a line".to_owned() } else { format!("{missing} lines") };
            return Some(format!("this is entry {seq}: {lines} before it were removed, or it was moved"));
        }
        if seq < number {
            return Some(format!("this is entry {seq}: it was moved or repeated, or a line was put before it"));
        }
        (self.previous != previous)
            .then(|| "the line does not follow the one before it: one of them was forged".to_owned())
    }
}
