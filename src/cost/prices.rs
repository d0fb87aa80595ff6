//! Price maps: the one that is built into the program, and which of its models a `provider/model` of ours is.
//!
//! `data/README.md` says where it comes from. It is unpacked when the first price is asked for. What newer prices are made
//! of, and what they change, is in `prices/`.

mod changes;
mod given;
mod litellm;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

use super::Price;
use crate::text::printable;

pub(crate) use changes::{Changed, Changes};
pub(crate) use given::{Given, Label};

/// A map is far smaller; more is damaged or made to fill the memory.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

/// Prices by the map's own names.
pub(crate) struct Prices {
    /// The package and version that the map is of.
    pub(crate) release: String,
    /// The day of the map: prices that changed later are not in it.
    pub(crate) date: String,
    /// SHA-256 of the map as it was published.
    pub(crate) sha256: String,
    models: HashMap<Box<str>, Price>,
}

/// Why a text is no price map.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// `None` if no line is to blame.
    pub(crate) line: Option<usize>,
    pub(crate) what: String,
}

/// Where a provider's models stand in the map.
enum Listed {
    /// Under their bare names, by entries of these providers.
    Bare(&'static [&'static str]),
    /// Behind this prefix.
    Behind(&'static str),
    /// Nowhere: no one bills their tokens. What the machine costs is not counted.
    Free,
}

/// Every provider whose prices are known. All others, and those of the user's own, are unknown.
const PROVIDERS: &[(&str, Listed)] = &[
    ("openai", OPENAI),
    ("openai-responses", OPENAI),
    ("anthropic", Listed::Bare(&["anthropic"])),
    ("gemini", Listed::Behind("gemini/")),
    ("mistral", Listed::Behind("mistral/")),
    ("groq", Listed::Behind("groq/")),
    ("deepseek", Listed::Behind("deepseek/")),
    ("openrouter", Listed::Behind("openrouter/")),
    ("together", Listed::Behind("together_ai/")),
    ("azure", Listed::Behind("azure/")),
    ("ollama", Listed::Free),
    ("vllm", Listed::Free),
    ("llamacpp", Listed::Free),
    ("local", Listed::Free),
    ("recorded", Listed::Free),
];

const OPENAI: Listed = Listed::Bare(&["openai", "text-completion-openai"]);

impl Prices {
    /// The prices of this program's version.
    pub(crate) fn embedded() -> &'static Self {
        static PRICES: OnceLock<Prices> = OnceLock::new();
        let packed = include_bytes!("../../data/prices.tsv.gz");
        PRICES.get_or_init(|| Self::read(packed).expect("the embedded prices are those that the tests read"))
    }

    /// The price of a model under our names; `None` if it is not known, which is not the same as free.
    ///
    /// Only the very name counts: another date, size or `-latest` may cost something else. Two spellings that the
    /// providers document as the same model are followed: Gemini's `models/NAME`, and `OpenAI`'s `ft:BASE:...`, which
    /// every fine-tuned model of one base is billed as. A deployment on Azure counts as the model that it is named
    /// after. Models of one's own servers cost nothing, save those that Ollama runs in its cloud.
    pub(crate) fn find(&self, provider: &str, model: &str) -> Option<&Price> {
        let (_, listed) = PROVIDERS.iter().find(|(name, _)| *name == provider)?;
        match listed {
            Listed::Free if provider == "ollama" && is_in_cloud(model) => None,
            Listed::Free => Some(free()),
            Listed::Bare(billed_by) => {
                self.named(fine_tuned_base(model)).filter(|price| billed_by.contains(&&*price.provider))
            }
            Listed::Behind(prefix) => {
                self.named(&format!("{prefix}{}", model.strip_prefix("models/").unwrap_or(model)))
            }
        }
    }

    /// Whether it was decided where this provider's prices stand.
    pub(crate) fn lists(provider: &str) -> bool {
        PROVIDERS.iter().any(|(name, _)| *name == provider)
    }

    /// The price under the map's own name.
    pub(super) fn named(&self, name: &str) -> Option<&Price> {
        self.models.get(name)
    }

    /// How many models have a price.
    pub(crate) fn len(&self) -> usize {
        self.models.len()
    }

    /// Every price with its name in the map, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Price)> {
        self.models.iter().map(|(name, price)| (&**name, price))
    }

    /// Every price that a provider of ours leads to, as `provider/model`, in the order of names.
    pub(crate) fn known(&self) -> Vec<(String, &Price)> {
        let mut known: Vec<_> = self.iter().filter_map(|(name, price)| Some((our_name(name, price)?, price))).collect();
        known.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        known
    }

    /// Reads a map as `data/README.md` describes it, plain or packed with gzip.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = unpack(bytes).map_err(|what| Malformed { line: None, what })?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Malformed> {
        let wrong = |line, what: &str| Malformed { line: Some(line), what: what.to_owned() };
        let about = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let about: Vec<&str> = about.unwrap_or_default().split('\t').collect();
        let [release, date, sha256] = about[..] else {
            return Err(wrong(1, "a price map begins with a line of #, release, date and SHA-256"));
        };
        // They are shown on terminals.
        let is_shown = |text: &str| matches!(printable(text), Cow::Borrowed(_));
        if !about.iter().all(|field| is_shown(field)) {
            return Err(wrong(1, "a control character is in it"));
        }
        let mut models = HashMap::new();
        for (index, line) in text.lines().enumerate().skip(1) {
            let number = index + 1;
            let fields = line.split_once('\t').and_then(|(name, rest)| Some((name, rest.split_once('\t')?)));
            let price = fields.and_then(|(name, (provider, rates))| Some((name, Price::parse(provider, rates)?)));
            let (name, price) = price.ok_or_else(|| wrong(number, "this is no line of a price map"))?;
            if let Some(what) = price.absurdity() {
                return Err(wrong(number, &format!("{name:?}: {what}, which no provider asks for")));
            }
            if !is_shown(name) {
                return Err(wrong(number, &format!("{name:?}: a control character is in the name")));
            }
            if models.insert(name.into(), price).is_some() {
                return Err(wrong(number, &format!("{name:?} has two prices")));
            }
        }
        Ok(Self { release: release.to_owned(), date: date.to_owned(), sha256: sha256.to_owned(), models })
    }
}

/// What leads to a model of the map; `None` if no provider of ours does.
fn our_name(name: &str, price: &Price) -> Option<String> {
    PROVIDERS.iter().find_map(|(provider, listed)| match listed {
        Listed::Bare(billed_by) => billed_by.contains(&&*price.provider).then(|| format!("{provider}/{name}")),
        Listed::Behind(prefix) => name.strip_prefix(prefix).map(|model| format!("{provider}/{model}")),
        Listed::Free => None,
    })
}

/// The price of what nobody bills.
pub(super) fn free() -> &'static Price {
    static FREE: OnceLock<Price> = OnceLock::new();
    FREE.get_or_init(|| Price::parse("", "in:0 out:0").expect("two rates of zero"))
}

/// The text of a file, plain or packed with gzip.
fn unpack(bytes: &[u8]) -> Result<String, String> {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    let mut plain = Vec::new();
    let bytes = if bytes.starts_with(GZIP) {
        let mut limited = GzDecoder::new(bytes).take(MAX_BYTES + 1);
        limited.read_to_end(&mut plain).map_err(|error| format!("it cannot be unpacked: {error}"))?;
        &plain
    } else {
        bytes
    };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is longer than {MAX_BYTES} bytes"));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| "it is not UTF-8".to_owned())
}

/// `ft:gpt-4o-mini-2024-07-18:acme::abc` is billed as `ft:gpt-4o-mini-2024-07-18`.
fn fine_tuned_base(model: &str) -> &str {
    let end = model.starts_with("ft:").then(|| model.match_indices(':').nth(1)).flatten();
    end.map_or(model, |(end, _)| &model[..end])
}

/// `gpt-oss:120b-cloud` and `glm-4.6:cloud` are not run by the server that is asked.
fn is_in_cloud(model: &str) -> bool {
    model.rsplit_once(':').is_some_and(|(_, tag)| tag == "cloud" || tag.ends_with("-cloud"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Cost, Mode, Usage};

    #[test]
    fn the_embedded_map_says_where_it_is_from() {
        let prices = Prices::embedded();
        assert_eq!((prices.release.as_str(), prices.date.as_str()), ("litellm 1.106.2", "2026-10-21"));
        assert!(prices.sha256.starts_with("66970be0"), "{}", prices.sha256);
        assert!(prices.len() > 3000, "{}", prices.len());
    }

    /// What a million input tokens cost in dollars, if that is known.
    fn of_a_million(model: &str) -> Option<String> {
        let (provider, name) = model.split_once('/').unwrap();
        let usage = Usage { input: 1_000, ..Usage::default() };
        let bill = Prices::embedded().find(provider, name)?.bill(&usage, Mode::Standard)?;
        bill.total().times(1_000).map(Cost::decimal)
    }

    #[test]
    fn a_model_has_the_price_of_its_very_name_or_none() {
        let cases = [
            ("gemini/gemini-2.5-flash", Some("0.3")),
            ("gemini/models/gemini-2.5-flash", Some("0.3")),
            ("gemini/gemini-embedding-001", Some("0.15")),
            ("openai/gpt-4o-mini", Some("0.15")),
            ("openai-responses/gpt-4o-mini", Some("0.15")),
            ("openai/text-embedding-3-small", Some("0.02")),
            ("openai/ft:gpt-4o-mini-2024-07-18:acme::abc", Some("0.3")),
            ("anthropic/claude-sonnet-4-5", Some("3")),
            ("anthropic/claude-sonnet-4-5-20250929", Some("3")),
            ("azure/gpt-4o", Some("2.5")),
            ("mistral/mistral-embed", Some("0.1")),
            ("groq/openai/gpt-oss-20b", Some("0.075")),
            ("deepseek/deepseek-chat", Some("0.28")),
            ("together/openai/gpt-oss-120b", Some("0.15")),
            // Another date, a deployment's own name, a model of another provider, a provider that nobody knows.
            ("openai/gpt-4o-mini-2031-01-01", None),
            ("azure/our-deployment", None),
            ("openai/claude-sonnet-4-5", None),
            ("openai/gemini-2.5-flash", None),
            ("anthropic/claude-sonnet-4-5-latest", None),
            ("openrouter/no/such-model", None),
            ("our-gateway/gpt-4o-mini", None),
            // Nobody bills these tokens.
            ("ollama/llama3.2:3b", Some("0")),
            ("vllm/anything", Some("0")),
            ("llamacpp/anything", Some("0")),
            ("local/extractive", Some("0")),
            ("recorded/answers.jsonl", Some("0")),
            ("ollama/gpt-oss:120b-cloud", None),
            ("ollama/glm-4.6:cloud", None),
        ];
        for (model, expected) in cases {
            assert_eq!(of_a_million(model).as_deref(), expected, "{model}");
        }
    }

    #[test]
    fn a_model_of_the_map_is_found_under_the_name_that_it_is_listed_with() {
        let prices = Prices::embedded();
        let known = prices.known();
        assert!(known.len() > 500, "{}", known.len());
        for (name, price) in &known {
            let (provider, model) = name.split_once('/').unwrap();
            assert!(std::ptr::eq(prices.find(provider, model).unwrap(), *price), "{name}");
        }
    }

    #[test]
    fn a_damaged_map_is_told_with_its_line() {
        let about = "# r\t2026-01-01\t00";
        let long = "x".repeat(usize::try_from(MAX_BYTES).unwrap() + 1);
        let cases: &[(&[u8], Option<usize>, &str)] = &[
            (b"", Some(1), "a price map begins with a line of #, release, date and SHA-256"),
            (b"# r\t2026-01-01", Some(1), "a price map begins with a line of #, release, date and SHA-256"),
            (b"# r\t2026-01-01\t00\nm\tp\tin:1\n<<<<<<< HEAD", Some(3), "this is no line of a price map"),
            (b"# r\t2026-01-01\t00\nm\tp\tout:1", Some(2), "this is no line of a price map"),
            (b"# r\t2026-01-01\t00\nm\tp\tin:1\nm\tp\tin:0", Some(3), "\"m\" has two prices"),
            (
                b"# r\t2026-01-01\t00\nm\tp\tin:-1",
                Some(2),
                "\"m\": input costs -$1.00 a token, which no provider asks for",
            ),
            (b"# r\x1b\t2026-01-01\t00", Some(1), "a control character is in it"),
            (
                "# r\t2026-01-01\t00\nm\u{202e}\tp\tin:1".as_bytes(),
                Some(2),
                "\"m\\u{202e}\": a control character is in the name",
            ),
            (b"\xff", None, "it is not UTF-8"),
            (b"\x1f\x8b\x08", None, "it cannot be unpacked: unexpected end of file"),
            (long.as_bytes(), None, "it is longer than 67108864 bytes"),
        ];
        for (bytes, line, what) in cases {
            let error = Prices::read(bytes).err().unwrap();
            assert_eq!((error.line, error.what.as_str()), (*line, *what));
        }
        assert_eq!(Prices::read(format!("{about}\r\nm\tp\tin:1\r\n").as_bytes()).ok().unwrap().len(), 1);
    }
}
