//! What a model's tokens cost, and what one call comes to.

use super::{Cost, Usage};

/// The rates of one model: at most one for each kind, tier and mode. The input's first tier in standard mode is always
/// there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Price {
    /// Who bills, in the price map's word.
    pub(super) provider: Box<str>,
    rates: Vec<Rate>,
    pub(super) max_output: Option<u64>,
}

/// What one kind of token costs in one tier and mode.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) kind: Kind,
    /// The fewest input tokens of a call, cached ones included, to which it applies.
    pub(crate) from_tokens: u64,
    pub(crate) mode: Mode,
    /// For one token, or for one request.
    pub(crate) price: Cost,
}

/// What is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Input,
    CachedInput,
    CacheWrite,
    CacheWrite1h,
    Output,
    Reasoning,
    Request,
}

/// How a call is served, which providers bill at different rates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Standard,
    Batch,
    Flex,
    Priority,
}

/// What one call comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bill {
    /// Input tokens of all kinds, and the fee for the request if there is one.
    pub(crate) input: Cost,
    /// Output and reasoning tokens.
    pub(crate) output: Cost,
}

impl Bill {
    pub(crate) fn total(self) -> Cost {
        self.input + self.output
    }
}

impl Price {
    /// Reads rates as `data/README.md` describes them: `in:0.0000025 in>=200001@batch:0.000002 out:0.00001 most:8192`. `None`
    /// if they are malformed.
    pub(super) fn parse(provider: &str, text: &str) -> Option<Self> {
        let (mut rates, mut max_output) = (Vec::new(), None);
        for part in text.split(' ') {
            match part.strip_prefix("most:") {
                Some(tokens) => max_output = Some(tokens.parse().ok()?),
                None => rates.push(Rate::parse(part)?),
            }
        }
        let is_price = rates.iter().any(|rate| rate.kind == Kind::Input && rate.is_first());
        is_price.then(|| Self { provider: provider.into(), rates, max_output })
    }

    /// Rates of one's own: kinds as the price map names them, and what one token or one request costs.
    pub(super) fn own(rates: &[(&str, Cost)], max_output: Option<u64>) -> Option<Self> {
        let rate = |(kind, price): &(&str, Cost)| {
            Some(Rate { kind: Kind::named(kind)?, from_tokens: 0, mode: Mode::Standard, price: *price })
        };
        let rates = rates.iter().map(rate).collect::<Option<_>>()?;
        Some(Self { provider: "llmops.toml".into(), rates, max_output })
    }

    /// The most that a call can come to that sends no more than `input` tokens and is answered with no more than `output`, if
    /// it is served in standard mode. `None` if there is no rate for one of them.
    ///
    /// Any of the tokens may be of the dearest kind: written to a cache, or thought. A tier may be reached or not.
    pub(crate) fn most(&self, input: u64, output: u64) -> Option<Cost> {
        let dearest = |kinds: &[Kind]| {
            let rates = self.rates.iter().filter(|rate| rate.mode == Mode::Standard && kinds.contains(&rate.kind));
            rates.filter(|rate| rate.from_tokens <= input).map(|rate| rate.price).max()
        };
        let request = dearest(&[Kind::Request]).unwrap_or(Cost::ZERO);
        let input_rate = dearest(&[Kind::Input, Kind::CachedInput, Kind::CacheWrite, Kind::CacheWrite1h])?;
        let output = match dearest(&[Kind::Output, Kind::Reasoning]) {
            Some(rate) => rate.times(output)?,
            // Embeddings have no output.
            None if output == 0 => Cost::ZERO,
            None => return None,
        };
        Some(input_rate.times(input)? + output + request)
    }

    pub(crate) fn has_output(&self) -> bool {
        self.rates.iter().any(|rate| rate.kind == Kind::Output)
    }

    /// Whether thoughts are billed at a rate of their own, which only models that think have.
    pub(crate) fn has_reasoning(&self) -> bool {
        self.rates.iter().any(|rate| rate.kind == Kind::Reasoning)
    }

    /// The most tokens that an answer may have, if it is known.
    pub(crate) fn max_output(&self) -> Option<u64> {
        self.max_output
    }

    pub(crate) fn rates(&self) -> &[Rate] {
        &self.rates
    }

    /// What a kind costs in the first tier and standard mode, if the price says it.
    pub(crate) fn first(&self, kind: Kind) -> Option<Cost> {
        self.rates.iter().find(|rate| rate.kind == kind && rate.is_first()).map(|rate| rate.price)
    }

    /// What is wrong with the price, if it is none that any provider asks for: a rate below nothing, of more than a dollar
    /// for a token, or of more than a hundred for a request.
    pub(super) fn absurdity(&self) -> Option<String> {
        self.rates.iter().find_map(|rate| {
            let (most, per) = if rate.kind == Kind::Request { ("100", "request") } else { ("1", "token") };
            let is_sane = rate.price >= Cost::ZERO && Cost::parse(most).is_some_and(|most| rate.price <= most);
            (!is_sane).then(|| format!("{} costs {} a {per}", rate.kind.words(), rate.price))
        })
    }

    /// What a call of this usage comes to. `None` if that is not known: the model has no price for this mode, or none
    /// for a kind of token that the call used.
    ///
    /// The call's input tokens of all kinds decide on the tier, which then prices all of its tokens. A kind that a tier
    /// does not price keeps its rate of the tier below. Without a rate of their own, cached input and cache writes are
    /// billed as input, writes for an hour as writes, and reasoning as output. Where flex or priority do not price a
    /// kind, its standard rate counts; a batch is not mixed with standard rates.
    pub(crate) fn bill(&self, usage: &Usage, mode: Mode) -> Option<Bill> {
        let offered = self.rates.iter().any(|rate| rate.kind == Kind::Input && rate.mode == mode);
        let meter = Meter { rates: &self.rates, mode, input_tokens: usage.all_input() };
        let request = meter.rate(&[Kind::Request]).unwrap_or(Cost::ZERO);
        offered.then_some(Bill {
            input: meter.cost(usage.input, &[Kind::Input])?
                + meter.cost(usage.cached_input, &[Kind::CachedInput, Kind::Input])?
                + meter.cost(usage.cache_write, &[Kind::CacheWrite, Kind::Input])?
                + meter.cost(usage.cache_write_1h, &[Kind::CacheWrite1h, Kind::CacheWrite, Kind::Input])?
                + request,
            output: meter.cost(usage.output, &[Kind::Output])? + meter.cost(usage.reasoning, meter.reasoning())?,
        })
    }

    /// Whether many calls cost what their added-up usage costs: there are no tiers and no fee for a request.
    pub(super) fn is_linear(&self) -> bool {
        self.rates.iter().all(|rate| rate.from_tokens == 0 && rate.kind != Kind::Request)
    }

    pub(crate) fn is_free(&self) -> bool {
        self.rates.iter().all(|rate| rate.price == Cost::ZERO)
    }
}

impl Rate {
    /// `KIND[>=TOKENS][@MODE]:PRICE`
    fn parse(text: &str) -> Option<Self> {
        let (what, price) = text.split_once(':')?;
        let (what, mode) = match what.split_once('@') {
            None => (what, Mode::Standard),
            Some((what, mode)) => (what, Mode::named(mode)?),
        };
        let (kind, from_tokens) = match what.split_once(">=") {
            None => (what, 0),
            Some((kind, tokens)) => (kind, tokens.parse().ok()?),
        };
        Some(Self { kind: Kind::named(kind)?, from_tokens, mode, price: Cost::parse(price)? })
    }

    fn is_first(&self) -> bool {
        self.from_tokens == 0 && self.mode == Mode::Standard
    }
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "in" => Self::Input,
            "read" => Self::CachedInput,
            "write" => Self::CacheWrite,
            "write1h" => Self::CacheWrite1h,
            "out" => Self::Output,
            "reason" => Self::Reasoning,
            "request" => Self::Request,
            _ => return None,
        })
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CachedInput => "cached input",
            Self::CacheWrite => "cache write",
            Self::CacheWrite1h => "cache write for an hour",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::Request => "request",
        }
    }
}

impl Mode {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "standard" => Self::Standard,
            "batch" => Self::Batch,
            "flex" => Self::Flex,
            "priority" => Self::Priority,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
        }
    }
}

/// Finds the rates of one call.
struct Meter<'a> {
    rates: &'a [Rate],
    mode: Mode,
    input_tokens: u64,
}

impl Meter<'_> {
    /// What `tokens` cost at the rate of the first of `kinds` that has one; nothing costs nothing.
    fn cost(&self, tokens: u64, kinds: &[Kind]) -> Option<Cost> {
        if tokens == 0 { Some(Cost::ZERO) } else { self.rate(kinds)?.times(tokens) }
    }

    fn rate(&self, kinds: &[Kind]) -> Option<Cost> {
        kinds.iter().find_map(|kind| {
            let known = self.rates.iter().filter(|rate| rate.kind == *kind && self.applies(rate));
            known.max_by_key(|rate| (rate.from_tokens, rate.mode == self.mode)).map(|rate| rate.price)
        })
    }

    /// The output's rate of a mode is nearer to what its reasoning costs than a standard rate for reasoning.
    fn reasoning(&self) -> &'static [Kind] {
        let has = |kind| self.rates.iter().any(|rate| rate.kind == kind && rate.mode == self.mode);
        if has(Kind::Output) && !has(Kind::Reasoning) { &[Kind::Output] } else { &[Kind::Reasoning, Kind::Output] }
    }

    fn applies(&self, rate: &Rate) -> bool {
        let stands_in = rate.mode == Mode::Standard && self.mode != Mode::Batch;
        rate.from_tokens <= self.input_tokens && (rate.mode == self.mode || stands_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The input's and the output's cost.
    fn bill(rates: &str, mode: Mode, usage: Usage) -> Option<String> {
        let bill = Price::parse("p", rates).unwrap().bill(&usage, mode)?;
        Some(format!("{} + {}", bill.input.decimal(), bill.output.decimal()))
    }

    fn tokens(input: u64, output: u64) -> Usage {
        Usage { input, output, ..Usage::default() }
    }

    #[test]
    fn every_kind_has_its_rate_or_the_one_that_stands_in() {
        let usage =
            Usage { input: 1, cached_input: 10, cache_write: 100, cache_write_1h: 1000, output: 1, reasoning: 10 };
        let cases = [
            ("in:1 out:1", Some("1111 + 11")),
            ("in:1 read:0 write:2 out:1", Some("2201 + 11")),
            ("in:1 read:0.5 write:2 write1h:3 out:1 reason:4", Some("3206 + 41")),
            ("in:1 out:1 request:0.5", Some("1111.5 + 11")),
            ("in:1", None),
        ];
        for (rates, expected) in cases {
            assert_eq!(bill(rates, Mode::Standard, usage).as_deref(), expected, "{rates}");
        }
        assert_eq!(bill("in:1", Mode::Standard, tokens(7, 0)).as_deref(), Some("7 + 0"));
    }

    #[test]
    fn a_tier_prices_every_token_and_counts_cached_ones() {
        let rates = "in:1 in>=101:2 in>=201:4 out:10 out>=101:20 read:0.5";
        let cached = Usage { input: 1, cached_input: 100, ..Usage::default() };
        let cases = [
            (tokens(100, 1), Some("100 + 10")),
            (tokens(101, 1), Some("202 + 20")),
            (tokens(201, 1), Some("804 + 20")),
            (cached, Some("52 + 0")),
        ];
        for (usage, expected) in cases {
            assert_eq!(bill(rates, Mode::Standard, usage).as_deref(), expected, "{usage:?}");
        }
    }

    #[test]
    fn a_mode_without_a_price_is_unknown_and_a_batch_is_not_mixed_with_standard_rates() {
        let rates = "in:4 in@flex:2 in@batch:1 in@priority:8 in>=101:8 out:40 out@priority:80 reason:50 read:3";
        let reasoned = Usage { reasoning: 1, ..Usage::default() };
        let cached = Usage { cached_input: 10, ..Usage::default() };
        let cases = [
            (Mode::Priority, reasoned, Some("0 + 80")),
            (Mode::Flex, reasoned, Some("0 + 50")),
            (Mode::Standard, reasoned, Some("0 + 50")),
            (Mode::Flex, tokens(1, 1), Some("2 + 40")),
            (Mode::Flex, tokens(101, 0), Some("808 + 0")),
            (Mode::Flex, cached, Some("30 + 0")),
            (Mode::Batch, tokens(101, 0), Some("101 + 0")),
            (Mode::Batch, tokens(1, 1), None),
            (Mode::Batch, cached, Some("10 + 0")),
        ];
        for (mode, usage, expected) in cases {
            assert_eq!(bill(rates, mode, usage).as_deref(), expected, "{mode:?} {usage:?}");
        }
        assert_eq!(bill("in:4 out:4", Mode::Priority, tokens(1, 0)), None);
    }

    #[test]
    fn a_price_that_nobody_asks_for_is_told() {
        let cases = [
            ("in:0 out:1 request:100", None),
            ("in:0 out:-1E-9", Some("output costs -$0.000000001 a token")),
            ("in:1.01", Some("input costs $1.01 a token")),
            ("in:1 read>=101@flex:2", Some("cached input costs $2.00 a token")),
            ("in:1 request:101", Some("request costs $101.00 a request")),
        ];
        for (rates, expected) in cases {
            assert_eq!(Price::parse("p", rates).unwrap().absurdity().as_deref(), expected, "{rates}");
        }
    }

    #[test]
    fn a_damaged_count_of_tokens_has_no_cost() {
        assert_eq!(bill("in:1", Mode::Standard, tokens(u64::MAX, 0)), None);
    }
}
