//! What the outputs of several commands have in common as JSON.

use serde_json::{Value, json};

use crate::eval::stats::Share;

/// A share with its interval; null if nothing was counted.
pub(super) fn share(share: Option<Share>) -> Value {
    share.map_or(
        Value::Null,
        |share| json!({"value": share.value, "low": share.interval.low, "high": share.interval.high, "n": share.n}),
    )
}
