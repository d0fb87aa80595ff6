//! Counts of what arrived and what became of it, as `GET /stats` tells them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::json;

#[derive(Default)]
pub(crate) struct Stats {
    connections: Cell<u64>,
    requests: Cell<u64>,
    body_bytes: Cell<u64>,
    at_once: Cell<u64>,
    most_at_once: Cell<u64>,
    by_kind: RefCell<BTreeMap<&'static str, u64>>,
}

impl Stats {
    pub(crate) fn connected(&self) {
        self.connections.set(self.connections.get() + 1);
    }

    /// A request has arrived; it is under way until the result is dropped.
    pub(crate) fn arrived(&self, body_bytes: usize) -> UnderWay<'_> {
        self.requests.set(self.requests.get() + 1);
        self.body_bytes.set(self.body_bytes.get() + body_bytes as u64);
        self.at_once.set(self.at_once.get() + 1);
        self.most_at_once.set(self.most_at_once.get().max(self.at_once.get()));
        UnderWay(self)
    }

    pub(crate) fn became(&self, kind: &'static str) {
        *self.by_kind.borrow_mut().entry(kind).or_default() += 1;
    }

    pub(crate) fn json(&self) -> Vec<u8> {
        let stats = json!({
            "connections": self.connections.get(),
            "requests": self.requests.get(),
            "body_bytes": self.body_bytes.get(),
            "most_at_once": self.most_at_once.get(),
            "by_kind": *self.by_kind.borrow(),
        });
        stats.to_string().into_bytes()
    }
}

/// A request that is not answered yet.
pub(crate) struct UnderWay<'a>(&'a Stats);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.at_once.set(self.0.at_once.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_most_at_once_is_kept_when_requests_end() {
        let stats = Stats::default();
        stats.connected();
        let (first, second) = (stats.arrived(10), stats.arrived(10));
        drop(first);
        let third = stats.arrived(10);
        stats.became("answered");
        drop((second, third));
        let told: Value = serde_json::from_slice(&stats.json()).unwrap();
        let expected = json!({
            "connections": 1, "requests": 3, "body_bytes": 30, "most_at_once": 2, "by_kind": { "answered": 1 },
        });
        assert_eq!(told, expected);
    }
}
