//! What several calls took together, and what they cost, when each may be of another model.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{Cost, Usage};

/// Calls added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) usage: Usage,
    pub(crate) costs: Costs,
}

/// List prices of calls, in US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Costs {
    /// Of the calls that were sent, as far as it is known.
    pub(crate) usd: Cost,
    /// What the calls that were answered from a cache or a recording would have cost, as far as it is known.
    pub(crate) saved_usd: Cost,
    /// Calls that were sent and whose cost is not known.
    pub(crate) unknown: usize,
}

impl Spent {
    /// One call that has this list price; `sent` is false if it was answered from a cache or a recording.
    pub(crate) fn of_call(usage: Usage, price: Option<Cost>, sent: bool) -> Self {
        let costs = match price {
            Some(usd) if sent => Costs { usd, ..Costs::default() },
            Some(saved_usd) => Costs { saved_usd, ..Costs::default() },
            None => Costs { unknown: usize::from(sent), ..Costs::default() },
        };
        Self { usage, costs }
    }
}

impl Costs {
    #[must_use]
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Costs {
    fn add_assign(&mut self, other: Self) {
        self.usd += other.usd;
        self.saved_usd += other.saved_usd;
        self.unknown += other.unknown;
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.usage += other.usage;
        self.costs += other.costs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_several_models_add_up_and_what_is_unknown_is_counted() {
        let usage = Usage { input: 1000, output: 100, ..Usage::default() };
        let price = Cost::parse("0.00055").unwrap();
        let mut spent = Spent::of_call(usage, Some(price), true);
        spent += Spent::of_call(usage, Some(price), false);
        spent += Spent::of_call(usage, None, true);
        spent += Spent::of_call(usage, None, false);
        assert_eq!(spent.costs, Costs { usd: price, saved_usd: price, unknown: 1 });
        assert_eq!((spent.usage.input, spent.usage.output), (4000, 400));
    }
}
