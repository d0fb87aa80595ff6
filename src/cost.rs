//! What calls consume, and what that costs.

mod encoding;
mod estimate;
pub(crate) mod golden;
mod money;
mod price;
mod prices;
mod spent;
mod usage;

pub(crate) use estimate::tokens;
pub(crate) use money::Cost;
use price::{Mode, Price};
pub(crate) use prices::Prices;
pub(crate) use spent::{Costs, Spent};
pub(crate) use usage::Usage;

/// What one call of a model costs at its list price; an error, which names the model, if that is not known.
pub(crate) fn of_call(provider: &str, model: &str, usage: &Usage) -> Result<Cost, String> {
    let unknown = |why: &str| format!("the cost of {provider}/{model} is not known: {why}");
    let price = Prices::embedded().find(provider, model).ok_or_else(|| unknown("there is no price for it"))?;
    if usage.is_zero() && !price.is_free() {
        return Err(unknown("the reply does not say how many tokens it took"));
    }
    let bill = price.bill(usage, Mode::Standard);
    bill.map(price::Bill::total).ok_or_else(|| unknown("its price does not cover what it was used for"))
}

/// What many calls of a model cost together. `None` if that is not known: it has no price, the price depends on how the
/// tokens were cut into calls, or the replies did not say how many they were.
pub(crate) fn of_calls(provider: &str, model: &str, usage: &Usage) -> Option<Cost> {
    let price = Prices::embedded().find(provider, model)?;
    let known = price.is_free() || (price.is_linear() && !usage.is_zero());
    known.then(|| price.bill(usage, Mode::Standard)).flatten().map(price::Bill::total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_a_price_or_without_usage_has_no_cost_and_an_own_server_costs_nothing() {
        let used = Usage { input: 1000, output: 100, ..Usage::default() };
        let shown = |model, usage| of_call("gemini", model, &usage).map_or_else(|error| error, Cost::decimal);
        assert_eq!(shown("gemini-2.5-flash", used), "0.00055");
        let unsaid = "the cost of gemini/gemini-2.5-flash is not known: the reply does not say how many tokens it took";
        assert_eq!(shown("gemini-2.5-flash", Usage::default()), unsaid);
        assert_eq!(shown("gemini-0", used), "the cost of gemini/gemini-0 is not known: there is no price for it");
        assert_eq!(of_call("local", "extractive", &Usage::default()), Ok(Cost::ZERO));
    }

    #[test]
    fn many_calls_cost_what_their_usage_costs_only_where_no_tier_depends_on_each() {
        let used = Usage { input: 10_000_000, ..Usage::default() };
        let shown = |provider, model| of_calls(provider, model, &used).map(Cost::decimal);
        assert_eq!(shown("openai", "text-embedding-3-small").as_deref(), Some("0.2"));
        assert_eq!(shown("gemini", "gemini-2.5-pro"), None);
        assert_eq!(of_calls("openai", "text-embedding-3-small", &Usage::default()), None);
        assert_eq!(of_calls("local", "all-minilm-l6-v2", &Usage::default()), Some(Cost::ZERO));
    }
}
