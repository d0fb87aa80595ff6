//! The recorded request that is nearest to one that was not recorded, and what differs.
//!
//! A run may miss thousands of requests in a file of thousands. So all are compared by a small fingerprint, and only a
//! few letter by letter.

use std::fmt::Write as _;

use serde_json::Value;

use super::Line;

/// The end of a prompt is where the question usually is.
const COMPARED_CHARS: usize = 600;
const QUOTED_CHARS: usize = 120;
/// Differences that a message lists, and values that are short enough to be in it.
const MAX_DIFFERENCES: usize = 3;
const SHORT_CHARS: usize = 40;
/// How many are compared letter by letter.
const FINALISTS: usize = 20;

/// A request as it is compared.
pub(super) struct Recorded<'a> {
    pub(super) provider: &'a str,
    pub(super) path: &'a str,
    pub(super) repeat: u32,
    pub(super) body: Value,
}

/// A recorded request as it is searched.
pub(super) struct Candidate {
    pub(super) key: String,
    provider: String,
    path: String,
    prompt: String,
    fingerprint: Fingerprint,
}

impl Candidate {
    pub(super) fn of(line: &Line) -> Self {
        let prompt = prompt(&body(line));
        let fingerprint = Fingerprint::of(&prompt);
        Self { key: line.key.clone(), provider: line.provider.clone(), path: line.path.clone(), prompt, fingerprint }
    }

    /// `the nearest recorded one asks "..."; it differs in /temperature: 0 here, 0.2 there`
    pub(super) fn compare(&self, asked: &Recorded<'_>, line: &Line) -> String {
        let mut text = format!("the nearest recorded one asks \"{}\"", quoted(&self.prompt));
        let differences = self.differences(asked, line);
        let shown = differences.iter().take(MAX_DIFFERENCES).map(String::as_str).collect::<Vec<_>>();
        if !shown.is_empty() {
            let _ = write!(text, "; it differs in {}", shown.join(", in "));
        }
        if differences.len() > shown.len() {
            let _ = write!(text, ", and in {} more", differences.len() - shown.len());
        }
        text
    }

    fn differences(&self, asked: &Recorded<'_>, line: &Line) -> Vec<String> {
        let mut differences = Vec::new();
        if asked.path != line.path {
            differences.push(format!("the path: {} here, {} there", asked.path, line.path));
        }
        if asked.repeat != line.repeat {
            differences.push(format!("the repeat: {} here, {} there", asked.repeat, line.repeat));
        }
        let (here, there) = (prompt(&asked.body), body(line));
        let mut found = Vec::new();
        compare(Some(&asked.body), Some(&there), "", &mut found);
        // That the question is another one is said already.
        let is_prompt = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| text.ends_with(&here));
        found.retain(|difference| here == self.prompt || !is_prompt(difference.here));
        differences.extend(found.iter().map(Difference::shown));
        differences
    }
}

/// Of the same provider and path if there is one, else of the same provider.
pub(super) fn nearest<'c>(asked: &Recorded<'_>, candidates: &'c [Candidate]) -> Option<&'c Candidate> {
    let prompt = prompt(&asked.body);
    let fingerprint = Fingerprint::of(&prompt);
    let of_provider = || candidates.iter().filter(|candidate| candidate.provider == asked.provider);
    let mut near: Vec<&Candidate> = of_provider().filter(|candidate| candidate.path == asked.path).collect();
    if near.is_empty() {
        near = of_provider().collect();
    }
    near.sort_by_cached_key(|candidate| {
        let is_same = candidate.prompt == prompt;
        (!is_same, usize::MAX - candidate.fingerprint.common(&fingerprint), candidate.key.clone())
    });
    let score = |candidate: &Candidate| strsim::sorensen_dice(&prompt, &candidate.prompt);
    let finalists = near.into_iter().take(FINALISTS).map(|candidate| (score(candidate), candidate));
    // The first of equals, so that a run says the same every time.
    finalists.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, candidate)| candidate)
}

fn body(line: &Line) -> Value {
    serde_json::from_str(line.request.get()).unwrap_or_default()
}

/// The last text of the last message, whatever the dialect calls it.
fn prompt(body: &Value) -> String {
    const PLACES: [&str; 5] = ["messages", "contents", "input", "requests", "question"];
    let place = PLACES.iter().find_map(|place| body.get(place)).unwrap_or(body);
    let text = last_text(place).unwrap_or_default().trim();
    let skipped = text.chars().count().saturating_sub(COMPARED_CHARS);
    text.chars().skip(skipped).collect()
}

fn last_text(value: &Value) -> Option<&str> {
    const NAMES: [&str; 4] = ["role", "type", "model", "taskType"];
    match value {
        Value::String(text) => Some(text),
        Value::Array(items) => items.iter().rev().find_map(last_text),
        Value::Object(fields) => {
            let texts = fields.iter().filter(|(name, _)| !NAMES.contains(&name.as_str()));
            texts.rev().find_map(|(_, value)| last_text(value))
        }
        _ => None,
    }
}

fn quoted(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let skipped = line.chars().count().saturating_sub(QUOTED_CHARS);
    if skipped == 0 { line } else { format!("...{}", line.chars().skip(skipped).collect::<String>()) }
}

/// A place where two values differ.
struct Difference<'a> {
    /// RFC 6901.
    pointer: String,
    here: Option<&'a Value>,
    there: Option<&'a Value>,
}

impl Difference<'_> {
    /// `/temperature: 0 here, 0.2 there`; of long values only the place.
    fn shown(&self) -> String {
        let value = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let (pointer, here, there) = (&self.pointer, value(self.here), value(self.there));
        if here.chars().count().max(there.chars().count()) > SHORT_CHARS {
            return pointer.clone();
        }
        format!("{pointer}: {here} here, {there} there")
    }
}

fn compare<'a>(here: Option<&'a Value>, there: Option<&'a Value>, pointer: &str, found: &mut Vec<Difference<'a>>) {
    match (here, there) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                compare(a.get(name), b.get(name), &format!("{pointer}/{escaped}"), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                compare(a.get(index), b.get(index), &format!("{pointer}/{index}"), found);
            }
        }
        (here, there) if here != there => found.push(Difference { pointer: pointer.to_owned(), here, there }),
        _ => {}
    }
}

/// Which pairs of neighbouring characters a text has, roughly.
struct Fingerprint([u64; 16]);

impl Fingerprint {
    fn of(text: &str) -> Self {
        let mut bits = [0_u64; 16];
        let characters: Vec<u32> = text.chars().map(u32::from).collect();
        for pair in characters.windows(2) {
            // Fibonacci hashing: the upper bits of the product are well mixed.
            let mixed = (u64::from(pair[0]) << 21 ^ u64::from(pair[1])).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
            bits[usize::try_from(mixed / 64).unwrap_or_default()] |= 1 << (mixed % 64);
        }
        Self(bits)
    }

    /// How many pairs both have, less those that only one has.
    fn common(&self, other: &Self) -> usize {
        let bits = self.0.iter().zip(&other.0);
        // At most 1024 bits differ.
        1024 - bits.map(|(a, b)| (a ^ b).count_ones() as usize).sum::<usize>()
    }
}
