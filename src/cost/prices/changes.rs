//! What a new price map changes, and what of it is hard to believe.

use super::Prices;
use crate::cost::price::{Kind, Price};
use crate::money::Cost;

/// A price that moves by more is looked at by somebody.
const MOST_TIMES: u64 = 3;
/// Percent of the models that a new map has at least.
const LEAST_PERCENT: usize = 90;

/// The differences between two maps, by the names of the maps.
pub(crate) struct Changes<'a> {
    pub(crate) added: Vec<&'a str>,
    pub(crate) removed: Vec<&'a str>,
    /// The largest first.
    pub(crate) changed: Vec<Changed<'a>>,
    shrinks: bool,
}

/// A model whose price is another one: before and after, for one token, in the first tier and standard mode. Where these are
/// equal, something else has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changed<'a> {
    pub(crate) model: &'a str,
    pub(crate) input: [Option<Cost>; 2],
    pub(crate) output: [Option<Cost>; 2],
}

impl<'a> Changes<'a> {
    pub(crate) fn between(old: &'a Prices, new: &'a Prices) -> Self {
        let only = |these: &'a Prices, others: &Prices| {
            let mut names: Vec<&str> =
                these.iter().map(|(name, _)| name).filter(|name| others.named(name).is_none()).collect();
            names.sort_unstable();
            names
        };
        let mut changed: Vec<_> =
            new.iter().filter_map(|(name, new)| Changed::of(name, old.named(name)?, new)).collect();
        changed.sort_by(|one, other| other.times().total_cmp(&one.times()).then(one.model.cmp(other.model)));
        let shrinks = new.len() * 100 < old.len() * LEAST_PERCENT;
        Self { added: only(new, old), removed: only(old, new), changed, shrinks }
    }

    /// Whether so many models vanish that the new map is more likely damaged than true.
    pub(crate) fn shrinks(&self) -> bool {
        self.shrinks
    }

    /// The changes that are hard to believe.
    pub(crate) fn implausible(&self) -> impl Iterator<Item = &Changed<'a>> {
        self.changed.iter().filter(|changed| changed.is_implausible())
    }
}

impl<'a> Changed<'a> {
    fn of(model: &'a str, old: &Price, new: &Price) -> Option<Self> {
        let of = |kind| [old.first(kind), new.first(kind)];
        (old != new).then(|| Self { model, input: of(Kind::Input), output: of(Kind::Output) })
    }

    /// Whether it is what input or output costs that is another price.
    pub(crate) fn is_moved(&self) -> bool {
        [self.input, self.output].iter().any(|[old, new]| old != new)
    }

    /// Whether a price is more than three times what it was or less than a third, begins, or ends.
    pub(crate) fn is_implausible(&self) -> bool {
        let moved = |low: Cost, high: Cost| low.times(MOST_TIMES).is_some_and(|most| most < high);
        self.both().any(|(old, new)| moved(old, new) || moved(new, old))
    }

    /// How many times the larger price is the smaller one; for sorting.
    fn times(&self) -> f64 {
        let times = |(old, new): (Cost, Cost)| match (old.min(new), old.max(new)) {
            (low, high) if low == high => 1.0,
            (low, high) => high.to_f64() / low.to_f64(),
        };
        self.both().map(times).fold(1.0, f64::max)
    }

    /// The prices that are there before and after.
    fn both(&self) -> impl Iterator<Item = (Cost, Cost)> {
        [self.input, self.output].into_iter().filter_map(|[old, new]| old.zip(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(models: &[(&str, &str)]) -> Prices {
        let lines: Vec<String> = models.iter().map(|(name, rates)| format!("{name}\tp\t{rates}\n")).collect();
        Prices::read(format!("# r\t2026-01-01\t00\n{}", lines.concat()).as_bytes()).unwrap()
    }

    #[test]
    fn a_price_may_move_by_a_factor_of_three_and_not_to_or_from_nothing() {
        let cases = [
            ("in:0.1 out:0.3", "in:0.3 out:0.1", false),
            ("in:0.1", "in:0.300000000000001", true),
            ("in:0.3", "in:0.1", false),
            ("in:0.3", "in:0.09999", true),
            ("in:0.1 out:0.1", "in:0.1 out:0.9", true),
            ("in:0.1", "in:0", true),
            ("in:0", "in:1E-9", true),
            ("in:0 out:0", "in:0 out:0 most:9", false),
            ("in:0.1 in@batch:0.1", "in:0.1 in@batch:0.9", false),
            ("in:0.1 out:0.1", "in:0.1", false),
        ];
        for (old, new, expected) in cases {
            let (old_map, new_map) = (map(&[("m", old)]), map(&[("m", new)]));
            let changes = Changes::between(&old_map, &new_map);
            assert_eq!(changes.changed[0].is_implausible(), expected, "{old} -> {new}");
        }
    }

    #[test]
    fn changes_are_counted_and_the_largest_come_first() {
        let old = map(&[("a", "in:0.1"), ("b", "in:0.1"), ("c", "in:0.1"), ("d", "in:0.1"), ("gone", "in:1")]);
        let new = map(&[
            ("a", "in:0.1"),
            ("b", "in:0.2"),
            ("c", "in:0"),
            ("d", "in:0.01"),
            ("new", "in:1"),
            ("more", "in:1"),
        ]);
        let changes = Changes::between(&old, &new);
        assert_eq!((&changes.added[..], &changes.removed[..]), (&["more", "new"][..], &["gone"][..]));
        assert_eq!(changes.changed.iter().map(|changed| changed.model).collect::<Vec<_>>(), ["c", "d", "b"]);
        assert_eq!(changes.implausible().map(|changed| changed.model).collect::<Vec<_>>(), ["c", "d"]);
    }

    #[test]
    fn a_map_may_lose_a_tenth_of_its_models() {
        let names: Vec<String> = (0..10).map(|number| number.to_string()).collect();
        let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "in:1")).collect();
        let old = map(&all);
        let shrinks = |new: &Prices| Changes::between(&old, new).shrinks();
        assert!(!shrinks(&map(&all[1..])));
        assert!(shrinks(&map(&all[2..])));
    }
}
