//! What every model costs this project.
//!
//! ```text
//! [cost.models] -> the project's price map, if it keeps one -> the embedded price map -> not known
//! ```

use std::collections::BTreeMap;

use super::prices::free;
use super::{Cost, Price, Prices, Used};
use crate::config::{self, Config, Rates};
use crate::error::{Error, Result};

/// The prices of one project.
pub(crate) struct Tariff {
    /// By `provider/model`.
    own: BTreeMap<String, Price>,
    /// The project's own price map, and its file.
    map: Option<(Prices, String)>,
}

/// Where a price is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The configuration.
    Own,
    /// The map that is looked into.
    Map,
    /// Nobody bills the model.
    NotBilled,
}

impl Tariff {
    /// The prices that the configuration means; an error if the price map that it names is damaged.
    pub(crate) fn open(config: &Config) -> Result<Self> {
        Ok(Self::of(Some(config), read_map(config)?))
    }

    /// The prices that the program has.
    pub(crate) fn embedded() -> Self {
        Self::of(None, None)
    }

    /// The prices of a configuration, if there is one, over those of a map, or else of the program's.
    pub(crate) fn of(config: Option<&Config>, map: Option<Prices>) -> Self {
        let file = config.map(|config| config.cost.prices.value.clone()).unwrap_or_default();
        let tariff = Self { own: BTreeMap::new(), map: map.map(|map| (map, file)) };
        let models = config.map(|config| config.cost.models.as_slice()).unwrap_or_default();
        let own = models.iter().filter_map(|model| Some((model.model.value.clone(), tariff.own_price(model)?)));
        Self { own: own.collect(), map: tariff.map }
    }

    /// The price of a model; `None` if it is not known, which is not the same as free.
    pub(crate) fn find(&self, provider: &str, model: &str) -> Option<&Price> {
        self.own.get(&format!("{provider}/{model}")).or_else(|| self.prices().find(provider, model))
    }

    /// The same with where it is from.
    pub(crate) fn find_with_origin(&self, provider: &str, model: &str) -> Option<(&Price, Origin)> {
        if let Some(own) = self.own.get(&format!("{provider}/{model}")) {
            return Some((own, Origin::Own));
        }
        let price = self.prices().find(provider, model)?;
        Some((price, if std::ptr::eq(price, free()) { Origin::NotBilled } else { Origin::Map }))
    }

    /// What one call costs; an error, which names the model, if that is not known. What the provider itself says that it
    /// costs wins.
    pub(crate) fn of_call(&self, provider: &str, model: &str, used: &Used) -> std::result::Result<Cost, String> {
        if let Some(said) = used.said_usd {
            return Ok(said);
        }
        let unknown = |why: &str| format!("the cost of {provider}/{model} is not known: {why}");
        let price = self.find(provider, model).ok_or_else(|| unknown("there is no price for it"))?;
        if used.usage.is_zero() && !price.is_free() {
            return Err(unknown("the reply does not say how many tokens it took"));
        }
        // What nobody bills is not billed in any mode.
        let mode = if price.is_free() { super::Mode::Standard } else { used.mode };
        let bill = price.bill(&used.usage, mode);
        bill.map(super::price::Bill::total).ok_or_else(|| unknown("its price does not cover what it was used for"))
    }

    /// What many calls of a model cost together. `None` if that is not known: it has no price, the price depends on how
    /// the tokens were cut into calls, or the replies did not say how many they were.
    pub(crate) fn of_calls(&self, provider: &str, model: &str, usage: &super::Usage) -> Option<Cost> {
        let price = self.find(provider, model)?;
        let known = price.is_free() || (price.is_linear() && !usage.is_zero());
        known.then(|| price.bill(usage, super::Mode::Standard)).flatten().map(super::price::Bill::total)
    }

    /// How much of what a call cost was for its input, in the proportion of its list price. Where there is none, every token
    /// counts alike.
    pub(crate) fn input_share(&self, model: &str, usage: &super::Usage, usd: Cost) -> Cost {
        let price = model.split_once('/').and_then(|(provider, name)| self.find(provider, name));
        let bill = price.and_then(|price| price.bill(usage, super::Mode::Standard));
        match bill.filter(|bill| bill.total() > Cost::ZERO) {
            Some(bill) if bill.total() == usd => bill.input,
            Some(bill) => Cost::near(usd.to_f64() * (bill.input.to_f64() / bill.total().to_f64())).unwrap_or(usd),
            None => usd.share(usage.all_input(), usage.total()).unwrap_or(usd),
        }
    }

    /// Where the prices are from, in one line for reports: `litellm 1.106.2, 2026-10-21, sha256 66970be0...`, with the
    /// project's file before it if they are from there.
    pub(crate) fn about(&self) -> String {
        let Prices { release, date, sha256, .. } = self.prices();
        let file = self.file().map(|file| format!("{file}: ")).unwrap_or_default();
        let own = match self.own.len() {
            0 => String::new(),
            n => format!("; {n} of the configuration"),
        };
        format!("{file}{release}, {date}, sha256 {sha256}{own}")
    }

    /// The map that is looked into.
    pub(crate) fn prices(&self) -> &Prices {
        self.map.as_ref().map_or_else(|| Prices::embedded(), |(map, _)| map)
    }

    /// The project's file that the map is from; `None` for the program's own.
    pub(crate) fn file(&self) -> Option<&str> {
        self.map.as_ref().map(|(_, file)| file.as_str())
    }

    /// The models that the configuration prices.
    pub(crate) fn own(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str)
    }

    fn own_price(&self, model: &config::ModelCost) -> Option<Price> {
        let listed = model.model.value.split_once('/').and_then(|(provider, name)| self.prices().find(provider, name));
        let max_output = listed.and_then(|price| price.max_output);
        match &model.rates {
            Rates::Listed => None,
            Rates::Free => Price::own(&[("in", Cost::ZERO), ("out", Cost::ZERO)], max_output),
            Rates::Own(rates) => {
                let of_one = |(kind, price): &(&'static str, Cost)| {
                    // A fee is for one request, all else for a million tokens.
                    (*kind, if *kind == "request" { *price } else { price.of_a_million() })
                };
                Price::own(&rates.iter().map(of_one).collect::<Vec<_>>(), max_output)
            }
        }
    }
}

/// The price map that a configuration names; `None` if there is no such file.
fn read_map(config: &Config) -> Result<Option<Prices>> {
    let shown = &config.cost.prices.value;
    let path = config.path(shown);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read the prices", &path, error)),
    };
    Prices::read(&bytes).map(Some).map_err(|malformed| {
        Error::config(malformed.what)
            .at(shown, malformed.line)
            .hint("make it anew with `llmops cost prices update`, or delete it for the prices of the program")
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::cost::{Mode, Usage};

    fn tariff(text: &str) -> Tariff {
        Tariff::open(&Config::of_text(PathBuf::from("/nowhere"), text, &[]).unwrap()).unwrap()
    }

    fn shown(tariff: &Tariff, model: &str, used: &Used) -> String {
        let (provider, name) = model.split_once('/').unwrap();
        tariff.of_call(provider, name, used).map_or_else(|error| error, Cost::decimal)
    }

    #[test]
    fn a_call_without_a_price_or_without_usage_has_no_cost_and_an_own_server_costs_nothing() {
        let used = Used::of(Usage { input: 1000, output: 100, ..Usage::default() });
        let listed = Tariff::embedded();
        assert_eq!(shown(&listed, "gemini/gemini-2.5-flash", &used), "0.00055");
        let unsaid = "the cost of gemini/gemini-2.5-flash is not known: the reply does not say how many tokens it took";
        assert_eq!(shown(&listed, "gemini/gemini-2.5-flash", &Used::default()), unsaid);
        let unpriced = "the cost of gemini/gemini-0 is not known: there is no price for it";
        assert_eq!(shown(&listed, "gemini/gemini-0", &used), unpriced);
        assert_eq!(shown(&listed, "local/extractive", &Used::default()), "0");
    }

    #[test]
    fn many_calls_cost_what_their_usage_costs_only_where_no_tier_depends_on_each() {
        let used = Usage { input: 10_000_000, ..Usage::default() };
        let listed = Tariff::embedded();
        let shown = |provider, model| listed.of_calls(provider, model, &used).map(Cost::decimal);
        assert_eq!(shown("openai", "text-embedding-3-small").as_deref(), Some("0.2"));
        assert_eq!(shown("gemini", "gemini-2.5-pro"), None);
        assert_eq!(listed.of_calls("openai", "text-embedding-3-small", &Usage::default()), None);
        assert_eq!(listed.of_calls("local", "all-minilm-l6-v2", &Usage::default()), Some(Cost::ZERO));
    }

    #[test]
    fn a_calls_cost_is_divided_as_its_price_divides_it() {
        let listed = Tariff::embedded();
        let usage = Usage { input: 1000, output: 100, ..Usage::default() };
        let shown = |model, usd| listed.input_share(model, &usage, Cost::parse(usd).unwrap()).to_string();
        assert_eq!(shown("gemini/gemini-2.5-flash", "0.00055"), "$0.0003");
        assert_eq!(shown("gemini/gemini-2.5-flash", "0.0011"), "$0.0006");
        assert_eq!(shown("nobody/knows", "0.0011"), "$0.001");
        assert_eq!(listed.input_share("nobody/knows", &Usage::default(), Cost::ZERO), Cost::ZERO);
    }

    #[test]
    fn the_configurations_prices_win_and_what_the_provider_says_wins_over_all() {
        let text = concat!(
            "[gate]\nrefusal = 0.5\n",
            "[cost.models.\"gemini/gemini-2.5-flash\"]\nfree = true\n",
            "[cost.models.\"vllm/ours\"]\ninput = \"0.50 USD\"\noutput = \"1 USD\"\nrequest = \"0.25 USD\"\n",
            "[cost.models.\"openai/gpt-4o-mini\"]\nrequests_per_day = 5\n",
        );
        let own = tariff(text);
        let used = Used::of(Usage { input: 1000, output: 100, ..Usage::default() });
        assert_eq!(shown(&own, "gemini/gemini-2.5-flash", &used), "0");
        assert_eq!(shown(&own, "gemini/gemini-2.5-flash", &Used { mode: Mode::Flex, ..used }), "0");
        assert_eq!(shown(&own, "vllm/ours", &used), "0.2506");
        assert_eq!(shown(&own, "openai/gpt-4o-mini", &used), "0.00021");
        let said = Used { said_usd: Cost::parse("0.007"), ..used };
        assert_eq!(shown(&own, "nobody/knows", &said), "0.007");
        assert_eq!(own.find_with_origin("vllm", "ours").unwrap().1, Origin::Own);
        assert_eq!(own.find_with_origin("vllm", "theirs").unwrap().1, Origin::NotBilled);
        assert!(own.about().ends_with("; 2 of the configuration"), "{}", own.about());
    }

    #[test]
    fn the_most_that_a_call_can_cost_takes_the_dearest_of_each() {
        let price =
            Price::parse("x", "in:1 in>=101:2 write:3 out:10 out>=101:20 reason:30 request:0.5 in@priority:9").unwrap();
        let most = |input, output| price.most(input, output).map(Cost::decimal);
        assert_eq!(most(100, 10).as_deref(), Some("600.5"));
        let embedding = Price::parse("x", "in:1").unwrap();
        assert_eq!(embedding.most(5, 0), Cost::parse("5"));
        assert_eq!(embedding.most(5, 1), None);
    }
}
