//! What goes over the wire: a case to be done, and a row that is done.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::eval::runner::{Item, Row};

/// Headers count too when a server compares a message with its `max_payload`.
const HEADERS_BYTES: usize = 1024;

/// A finished row with what its worker's embedder has used since the row before.
#[derive(Serialize, Deserialize)]
struct Done<R> {
    number: usize,
    failure: Option<String>,
    embedder_tokens: u64,
    row: R,
}

pub(super) fn encode_item(item: &Item) -> Vec<u8> {
    serde_json::to_vec(item).expect("a case is plain strings and numbers")
}

pub(super) fn decode_item(bytes: &[u8]) -> Result<Item> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::unavailable("a case on the queue cannot be read").source(error))
}

pub(super) fn encode_row(row: &Row, embedder_tokens: u64) -> Vec<u8> {
    let json: &RawValue = serde_json::from_slice(&row.json).expect("a row is one JSON object");
    let done = Done { number: row.number, failure: row.failure.clone(), embedder_tokens, row: json };
    serde_json::to_vec(&done).expect("a row is JSON already")
}

/// The row, and what its worker's embedder has used.
pub(super) fn decode_row(bytes: &[u8]) -> Result<(Row, u64)> {
    let done: Done<Box<RawValue>> = serde_json::from_slice(bytes)
        .map_err(|error| Error::unavailable("a result on the queue cannot be read").source(error))?;
    let json = Box::<str>::from(done.row).into_string().into_bytes();
    Ok((Row { number: done.number, json, failure: done.failure, over_budget: None }, done.embedder_tokens))
}

/// Why a message of this size could not be sent, if the server would not take it.
pub(super) fn too_large(what: &str, bytes: usize, max_payload: usize) -> Option<String> {
    (bytes + HEADERS_BYTES > max_payload).then(|| {
        format!("{what} has {bytes} bytes, and the queue's server takes at most {max_payload} (its max_payload)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Case;

    #[test]
    fn what_is_sent_is_what_arrives() {
        let case = Case { id: "a".into(), question: "Q".into(), ..Case::default() };
        let item = Item { number: 3, repeat: 1, case, traceparent: None };
        let arrived = decode_item(&encode_item(&item)).unwrap();
        assert_eq!((arrived.number, arrived.repeat, arrived.case), (3, 1, item.case));
        let row = Row {
            number: 3,
            json: br#"{"id":"a","b":[1.50]}"#.to_vec(),
            failure: Some("down".into()),
            over_budget: None,
        };
        let (arrived, embedder_tokens) = decode_row(&encode_row(&row, 7)).unwrap();
        assert_eq!((arrived.number, arrived.json, arrived.failure, embedder_tokens), (3, row.json, row.failure, 7));
    }

    #[test]
    fn a_message_must_leave_room_for_its_headers() {
        assert_eq!(too_large("the case", 1000, 4000), None);
        let reason = too_large("the case", 3900, 4000).unwrap();
        assert_eq!(reason, "the case has 3900 bytes, and the queue's server takes at most 4000 (its max_payload)");
    }
}
