//! What keeps the lines of a ledger, and their sums: an SQLite file, or a `PostgreSQL` database.

use std::collections::{BTreeMap, HashSet};

use super::call::{Call, Outcome};
use super::limit::{Scope, Sum};
use crate::error::Result;

/// Keeps calls. Many processes may use one at once; each [`Store::write`] is whole or has not happened.
pub(super) trait Store: Send {
    /// Lets `work` look at the sums and decide what is written, while nobody else writes.
    fn write(&mut self, wanted: &Wanted, work: &mut dyn FnMut(&mut Pages)) -> Result<()>;

    /// Gives the calls of a time one by one, in the order of time.
    fn read(&mut self, slice: &Slice<'_>, on: &mut dyn FnMut(Line)) -> Result<()>;
}

/// What of a ledger is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice<'a> {
    /// In seconds since 1970, the end excluded.
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// `None` for all.
    pub(crate) project: Option<&'a str>,
}

/// A call that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) call: Call,
    pub(crate) outcome: Outcome,
}

/// What a write looks at.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// From the first to the last time of its calls, in seconds since 1970.
    pub(super) from: i64,
    pub(super) to: i64,
    /// The runs of its calls: sums of others are not looked at.
    pub(super) runs: HashSet<String>,
    /// Sums that must be there; one that is not is added up from the calls.
    pub(super) scopes: HashSet<Scope>,
    /// Ids of lines that may have been written before.
    pub(super) ids: Vec<i64>,
}

/// What a write sees and does.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Every sum whose time meets that of the calls and which is of no other run, and whether it was changed.
    sums: BTreeMap<Scope, (Sum, bool)>,
    /// Those of the ids that were asked for which are there.
    pub(super) present: HashSet<i64>,
    /// Lines that are new or changed, by id, as they are to be.
    pub(super) lines: BTreeMap<i64, Line>,
}

impl Pages {
    pub(super) fn of(sums: impl IntoIterator<Item = (Scope, Sum)>, present: HashSet<i64>) -> Self {
        let sums = sums.into_iter().map(|(scope, sum)| (scope, (sum, false))).collect();
        Self { sums, present, lines: BTreeMap::new() }
    }

    pub(super) fn has(&self, scope: &Scope) -> bool {
        self.sums.contains_key(scope)
    }

    /// A sum that was just added up from the calls.
    pub(super) fn found(&mut self, scope: Scope, sum: Sum) {
        self.sums.insert(scope, (sum, true));
    }

    pub(super) fn sum(&self, scope: &Scope) -> Sum {
        self.sums.get(scope).map(|(sum, _)| *sum).unwrap_or_default()
    }

    /// A new line. One that is there already is left alone.
    pub(super) fn insert(&mut self, id: i64, call: &Call, outcome: Outcome) {
        if !self.present.insert(id) {
            return;
        }
        self.each_sum(call, |sum| sum.add(&outcome));
        self.lines.insert(id, Line { call: call.clone(), outcome });
    }

    /// What has become of a line.
    pub(super) fn update(&mut self, id: i64, call: &Call, (before, after): (Outcome, Outcome)) {
        self.each_sum(call, |sum| {
            sum.remove(&before);
            sum.add(&after);
        });
        self.lines.insert(id, Line { call: call.clone(), outcome: after });
    }

    /// The sums that were changed.
    pub(super) fn changed(&self) -> impl Iterator<Item = (&Scope, &Sum)> {
        self.sums.iter().filter(|(_, (_, changed))| *changed).map(|(scope, (sum, _))| (scope, sum))
    }

    fn each_sum(&mut self, call: &Call, change: impl Fn(&mut Sum)) {
        for (scope, (sum, changed)) in &mut self.sums {
            if scope.holds(call) {
                change(sum);
                *changed = true;
            }
        }
    }
}

/// Tokens of any real call are far below 2^63; what a damaged reply says is cut there.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
