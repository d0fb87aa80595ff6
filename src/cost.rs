//! What calls consume, and what that costs.

mod encoding;
mod estimate;
pub(crate) mod golden;
pub(crate) mod import;
pub(crate) mod ledger;
mod price;
mod prices;
mod spent;
mod tariff;
mod usage;
mod used;

pub(crate) use estimate::{is_counted_exactly, tokens};
pub(crate) use price::{Kind, Mode, Price, Rate};
pub(crate) use prices::{Changed, Changes, Given, Label, MAX_BYTES, Prices};
pub(crate) use spent::{Costs, Spent};
pub(crate) use tariff::{Origin, Tariff};
pub(crate) use usage::Usage;
pub(crate) use used::{Used, tokens_of};

pub(crate) use crate::money::Cost;
