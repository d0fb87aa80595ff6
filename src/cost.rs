//! What calls consume.

mod usage;

pub(crate) use usage::Usage;
