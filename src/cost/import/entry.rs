//! From what a line says of a call to an entry of the ledger: whose model, at what price, under which id.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::super::ledger::{Call, Entry, Line, Outcome, PromptName, Role};
use super::super::{Cost, Used};
use super::{Reading, id_of, providers};
use crate::error::Problem;
use crate::text::brief;

/// What a format finds of a call.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// In seconds since 1970.
    pub(super) at: i64,
    pub(super) provider: Option<&'a str>,
    /// As the call was billed, and then as it was asked for.
    pub(super) models: Vec<&'a str>,
    /// What it was a part of.
    pub(super) run: Option<&'a str>,
    pub(super) prompt: Option<String>,
    /// `None` if nothing is said of tokens.
    pub(super) used: Option<Used>,
    /// What the log says that it cost.
    pub(super) said_usd: Option<Cost>,
    /// It failed and is not billed.
    pub(super) is_failed: bool,
}

/// What tells a call from all others.
pub(super) enum Identity<'a> {
    Span(&'a str, &'a str),
    /// Requests of several calls have one id, and files may count their lines; so its time, model and tokens count too.
    Id(&'a str),
    /// The whole line, and which of its like it is in the file.
    Text(&'a str),
}

/// The first second of the year 2000: what is earlier was no language model's.
const EARLIEST: i64 = 946_684_800;
/// How far clocks may be apart.
const DAY_SECONDS: i64 = 86_400;
/// No call takes so many.
const MOST_TOKENS: u64 = 1_000_000_000_000;
/// No call costs so many dollars.
const MOST_USD: &str = "1000000";
const LONGEST_NAME: usize = 200;

type Made<T> = std::result::Result<T, Problem>;

impl Reading<'_> {
    pub(super) fn entry(&mut self, found: &Found<'_>, identity: &Identity<'_>) -> Made<Entry> {
        if !(EARLIEST..=self.settings.now.saturating_add(DAY_SECONDS)).contains(&found.at) {
            let message = format!("its time is {}, which is before 2000 or after today", shown_time(found.at));
            return Err(Problem::new(message).hint("times are RFC 3339, or seconds or milliseconds since 1970"));
        }
        let model = self.model(found)?;
        let outcome = self.outcome(found, &model)?;
        let id = self.id(identity, found.at, (&model, &outcome));
        let run = found.run.filter(|run| is_name(run)).map_or_else(|| "".into(), |run| self.name(run));
        let prompt =
            found.prompt.as_ref().map(|name| Arc::new(PromptName { name: name.clone(), digest: String::new() }));
        let project = Arc::clone(&self.project);
        let call = Call { at: found.at, project, run, role: Role::Production, model: self.name(&model), prompt };
        Ok(Entry { id, line: Line { call, outcome } })
    }

    /// `provider/model`
    fn model(&self, found: &Found<'_>) -> Made<String> {
        let mut named = found.models.iter().map(|model| self.named(found.provider, model));
        let first = named.next().ok_or_else(|| Problem::new("it names no model").hint("a call has a \"model\""))?;
        let has_price = |name: &str| {
            name.split_once('/').is_some_and(|(provider, model)| self.settings.tariff.find(provider, model).is_some())
        };
        // A deployment may answer with a name that only its provider knows.
        let priced = match &first {
            Ok(name) if has_price(name) => None,
            _ => named.flatten().find(|name| has_price(name)),
        };
        priced.map_or(first, Ok)
    }

    fn named(&self, provider: Option<&str>, model: &str) -> Made<String> {
        let unknown = || {
            Problem::new(format!("nobody knows whose model {} is", brief(model, 80)))
                .hint("give it a \"provider\", write \"provider/model\", or use --provider NAME")
        };
        let (provider, model) = match provider {
            Some(said) => {
                let ours = providers::ours(said, model);
                let bare = [said, &ours].iter().find_map(|name| model.strip_prefix(*name)?.strip_prefix('/'));
                (ours, bare.unwrap_or(model))
            }
            None => match model.split_once('/') {
                // Gemini's own spelling.
                Some(("models", name)) => ("gemini".to_owned(), name),
                Some((said, name)) => (providers::ours(said, name), name),
                None => {
                    let maker = self.settings.provider.or_else(|| providers::maker(self.settings.tariff, model));
                    (maker.ok_or_else(unknown)?.to_owned(), model)
                }
            },
        };
        let name = format!("{provider}/{model}");
        let is_whole = !provider.is_empty() && !model.is_empty();
        if is_whole && is_name(&name) {
            return Ok(name);
        }
        Err(Problem::new(format!("\"{}\" is no name of a model", brief(&name, 80))))
    }

    fn outcome(&self, found: &Found<'_>, model: &str) -> Made<Outcome> {
        if found.is_failed && found.used.is_none() {
            return Ok(Outcome::refused());
        }
        let mut used = found.used.unwrap_or_default();
        if used.usage.total() > MOST_TOKENS {
            return Err(Problem::new(format!("it says that it took {} tokens", used.usage.total())));
        }
        // Many a logger writes 0 where it knows no price. Who is billed nothing says so with `free` in [cost.models].
        used.said_usd = used.said_usd.or(found.said_usd.filter(|usd| *usd != Cost::ZERO));
        let most = Cost::parse(MOST_USD).unwrap_or_default();
        if let Some(said) = used.said_usd.filter(|usd| !(Cost::ZERO..=most).contains(usd)) {
            return Err(Problem::new(format!("it says that it cost {said}")));
        }
        let (provider, name) = model.split_once('/').unwrap_or_default();
        Ok(Outcome::answered(used.usage, self.settings.tariff.of_call(provider, name, &used).ok()))
    }

    fn id(&mut self, identity: &Identity<'_>, at: i64, (model, outcome): (&str, &Outcome)) -> i64 {
        match identity {
            Identity::Span(trace, span) => id_of(&["span", trace, span]),
            Identity::Id(id) => {
                let usage = &outcome.usage;
                let tokens = format!("{} {}", usage.all_input(), usage.output.saturating_add(usage.reasoning));
                id_of(&["id", id, &at.to_string(), model, &tokens])
            }
            Identity::Text(text) => {
                let times = self.seen.entry(id_of(&["text", text])).or_default();
                *times += 1;
                id_of(&["text", text, &times.to_string()])
            }
        }
    }
}

/// Names go into tables that people and other programs read: one word that begins with a letter or digit.
pub(super) fn is_name(text: &str) -> bool {
    let is_odd = |character: char| {
        character.is_whitespace() || crate::text::printable(character.encode_utf8(&mut [0; 4])) == " "
    };
    text.chars().count() <= LONGEST_NAME
        && text.chars().next().is_some_and(char::is_alphanumeric)
        && !text.chars().any(is_odd)
}

/// The name of a prompt version from what logs say: a name with a version, together or apart. Anything else is what was asked,
/// and no business of the ledger.
pub(super) fn prompt_name(name: Option<&str>, version: Option<&Value>) -> Option<String> {
    let version = match version {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let name = match (name, version) {
        (Some(name), Some(version)) if !version.contains('@') => format!("{name}@{version}"),
        (_, Some(version)) => version,
        (Some(name), None) => {
            let (_, version) = name.rsplit_once('@')?;
            version
                .trim_start_matches('v')
                .starts_with(|first: char| first.is_ascii_digit())
                .then(|| name.to_owned())?
        }
        (None, None) => return None,
    };
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-/@+".contains(character);
    (is_name(&name) && name.chars().all(is_plain)).then_some(name)
}

/// A time in seconds since 1970: RFC 3339, or a number of seconds, milliseconds, microseconds or nanoseconds, whichever gives
/// a year of our time.
pub(super) fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => of_number(number.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            let of_text = || Some(text.parse::<Timestamp>().ok()?.as_second());
            text.parse::<f64>().ok().and_then(of_number).or_else(of_text)
        }
        _ => None,
    }
}

fn of_number(number: f64) -> Option<i64> {
    let seconds = [1e11, 1e14, 1e17, 1e20]
        .into_iter()
        .zip([1.0, 1e3, 1e6, 1e9])
        .find_map(|(below, unit)| (number >= 0.0 && number < below).then_some((number / unit).floor()))?;
    #[expect(clippy::cast_possible_truncation, reason = "less than 10^11")]
    Some(seconds as i64)
}

/// An amount of dollars: a number, or a text that is one.
pub(super) fn dollars(value: &Value) -> Option<Cost> {
    match value {
        Value::Number(number) => Cost::parse(&number.to_string()).or_else(|| Cost::near(number.as_f64()?)),
        Value::String(text) => Cost::parse(text.trim()),
        _ => None,
    }
}

fn shown_time(at: i64) -> String {
    Timestamp::from_second(at).map_or_else(|_| "no time".to_owned(), |time| time.to_string())
}
