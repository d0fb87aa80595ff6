//! Numbers for cases that belong together.

use std::collections::HashMap;

/// Gives each named cluster a number, and each case without one a number of its own.
#[derive(Default)]
pub(super) struct Clusters {
    numbers: HashMap<String, usize>,
    given: usize,
}

impl Clusters {
    pub(super) fn number(&mut self, name: Option<&str>) -> usize {
        let next = self.given;
        let number = match name {
            Some(name) => *self.numbers.entry(name.to_owned()).or_insert(next),
            None => next,
        };
        self.given += usize::from(number == next);
        number
    }

    /// Whether any case was in a named one.
    pub(super) fn are_named(&self) -> bool {
        !self.numbers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_without_a_cluster_is_its_own() {
        let mut clusters = Clusters::default();
        let numbers = [Some("a"), None, Some("a"), None, Some("b")].map(|name| clusters.number(name));
        assert_eq!(numbers, [0, 1, 0, 2, 3]);
        assert!(clusters.are_named() && !Clusters::default().are_named());
    }
}
