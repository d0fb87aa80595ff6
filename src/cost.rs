//! What calls consume, and what that costs.

mod encoding;
pub(crate) mod golden;
mod money;
mod price;
mod prices;
mod usage;

pub(crate) use encoding::Encoding;
pub(crate) use money::Cost;
pub(crate) use price::{Mode, Price};
pub(crate) use prices::Prices;
pub(crate) use usage::Usage;

/// What one call of a model costs at its list price. `None` if that is not known: the model has no price, or the reply
/// did not say what it used.
pub(crate) fn of_call(provider: &str, model: &str, usage: &Usage) -> Option<Cost> {
    let price = Prices::embedded().find(provider, model)?;
    if usage.total() == 0 && !price.is_free() {
        return None;
    }
    price.bill(usage, Mode::Standard).map(price::Bill::total)
}

/// What many calls of a model cost together; also `None` if it depends on how they were cut.
pub(crate) fn of_calls(provider: &str, model: &str, usage: &Usage) -> Option<Cost> {
    let price = Prices::embedded().find(provider, model)?;
    price.is_linear().then(|| price.bill(usage, Mode::Standard)).flatten().map(price::Bill::total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_a_price_or_without_usage_has_no_cost_and_an_own_server_costs_nothing() {
        let used = Usage { input: 1000, output: 100, ..Usage::default() };
        let shown = |provider, model, usage| of_call(provider, model, &usage).map(Cost::decimal);
        assert_eq!(shown("gemini", "gemini-2.5-flash", used).as_deref(), Some("0.00055"));
        assert_eq!(shown("gemini", "gemini-2.5-flash", Usage::default()), None);
        assert_eq!(shown("gemini", "gemini-0", used), None);
        assert_eq!(shown("local", "extractive", Usage::default()).as_deref(), Some("0"));
    }

    #[test]
    fn many_calls_cost_what_their_usage_costs_only_where_no_tier_depends_on_each() {
        let used = Usage { input: 10_000_000, ..Usage::default() };
        let shown = |provider, model| of_calls(provider, model, &used).map(Cost::decimal);
        assert_eq!(shown("openai", "text-embedding-3-small").as_deref(), Some("0.2"));
        assert_eq!(shown("gemini", "gemini-2.5-pro"), None);
        assert_eq!(of_calls("openai", "text-embedding-3-small", &Usage::default()), Some(Cost::ZERO));
    }
}
