//! The ledger: every call of a model is written down before it is made and settled after, so that no budget is passed and
//! nothing is forgotten when a process is killed.
//!
//! ```text
//! reserve (the most that it can cost) -> call -> settle (what it did cost)
//!    |                                     \-> killed: stays reserved, counted at the most
//!    \-> refused: a limit would be passed
//! ```

mod call;
mod change;
mod clerk;
mod forecast;
mod limit;
mod postgres;
mod sqlite;
mod statement;
mod store;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

pub(crate) use self::call::{Call, Outcome, PromptName, Role, State};
pub(crate) use self::change::{Change, Side};
use self::clerk::{Clerk, Op, OpenStore, Reserve};
pub(crate) use self::forecast::{Days, Forecast, days_left, first_day};
use self::limit::Scope;
pub(crate) use self::limit::{Limit, Most, Sum};
use self::postgres::Postgres;
use self::sqlite::Sqlite;
pub(crate) use self::statement::{Amounts, AtMost, By, Calendar, Key, Table};
pub(crate) use self::store::{Line, Slice};
use self::store::{Store, Wanted};
use crate::config::{Config, LedgerPlace, STATE_FOLDER};
use crate::cost::Cost;
use crate::error::{Error, Result};

/// The file in the state folder.
const FILE: &str = "ledger.db";

/// A handle to the clerk who writes. Clones share him.
#[derive(Clone)]
pub(crate) struct Ledger {
    clerk: Sender<Op>,
    notices: Arc<Mutex<Vec<String>>>,
}

/// Whether a call may be made.
type Permission = std::result::Result<(), Refusal>;

/// Why a call may not be made.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A limit would be passed.
    Limit { limit: Box<Limit>, sum: Sum, model: Arc<str>, most: Option<Cost> },
    /// It cannot be written down.
    Broken(Error),
}

/// A call that may be made. Dropped without being settled, it counts as sent and never answered.
#[derive(Debug)]
pub(crate) struct Held {
    clerk: Sender<Op>,
    id: i64,
    most: Option<Cost>,
    is_settled: bool,
}

impl Ledger {
    /// The ledger of a configuration; it is opened with the first call.
    pub(crate) fn new(config: &Config) -> Self {
        let place = config.cost.ledger.clone();
        let path = path(config);
        Self::start(Limit::of(&config.cost), Box::new(move || open_store(&place, &path)))
    }

    /// One that is forgotten with the process.
    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        Self::start(Vec::new(), Box::new(|| open_store(&LedgerPlace::Memory, Path::new(":memory:"))))
    }

    fn start(limits: Vec<Limit>, open_store: OpenStore) -> Self {
        let (clerk, ops) = channel();
        let notices = Arc::default();
        let worker = Clerk::new(ops, limits, Arc::clone(&notices), open_store);
        std::thread::spawn(move || worker.run());
        Self { clerk, notices }
    }

    /// Waits until the call may be made: it is written down then.
    pub(crate) async fn reserve(&self, call: Call, most: Option<Cost>) -> std::result::Result<Held, Refusal> {
        let (answer, permission) = oneshot::channel();
        let id = new_id();
        let gone = || Refusal::Broken(Error::unavailable("the ledger of costs is closed"));
        self.clerk.send(Op::Reserve(Reserve { id, call, most, answer })).map_err(|_| gone())?;
        permission.await.map_err(|_| gone())??;
        Ok(Held { clerk: self.clerk.clone(), id, most, is_settled: false })
    }

    /// Writes down a call that nothing was sent for.
    pub(crate) fn record(&self, call: Call, outcome: Outcome) {
        // A clerk who is gone is noticed by the next who waits for him.
        let _ = self.clerk.send(Op::Record { id: new_id(), call, outcome });
    }

    /// Waits until everything is written.
    pub(crate) fn flush(&self) -> Result<()> {
        let (done, written) = channel();
        let gone = || Error::unavailable("the ledger of costs is closed");
        self.clerk.send(Op::Flush(done)).map_err(|_| gone())?;
        written.recv().map_err(|_| gone())?
    }

    /// What the user should know: limits that are nearly reached.
    pub(crate) fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.notices))
    }
}

/// The limits of days and months with what is used of each at a time, in seconds since 1970.
pub(crate) fn used(config: &Config, at: i64) -> Result<Vec<(Limit, Sum)>> {
    let limits = Limit::of(&config.cost).into_iter();
    let scoped: Vec<(Limit, Scope)> =
        limits.filter_map(|limit| limit.scope_at(&config.name, at).map(|scope| (limit, scope))).collect();
    if scoped.is_empty() || is_unwritten(config) {
        return Ok(scoped.into_iter().map(|(limit, _)| (limit, Sum::default())).collect());
    }
    let wanted = Wanted {
        from: at,
        to: at,
        scopes: scoped.iter().map(|(_, scope)| scope.clone()).collect(),
        ..Wanted::default()
    };
    let mut used = Vec::new();
    open_store(&config.cost.ledger, &path(config))?.write(&wanted, &mut |pages| {
        used.extend(scoped.iter().map(|(limit, scope)| (limit.clone(), pages.sum(scope))));
    })?;
    Ok(used)
}

/// Gives the calls that a configuration's ledger holds of a time, in the order of time. One that was never written is empty.
pub(crate) fn read(config: &Config, slice: &Slice<'_>, on: &mut dyn FnMut(Line)) -> Result<()> {
    if is_unwritten(config) {
        return Ok(());
    }
    open_store(&config.cost.ledger, &path(config))?.read(slice, on)
}

/// A call that somebody else has written down, under an id that is the same whenever it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) line: Line,
}

/// How many calls of an import are one transaction: others who write wait that long.
const IMPORTED_AT_ONCE: usize = 4096;

/// Writes down calls that were made elsewhere; one that is there already is left alone. Gives how many were new. Without
/// `keep` nothing is written.
pub(crate) fn import(config: &Config, mut entries: Vec<Entry>, keep: bool) -> Result<usize> {
    if entries.is_empty() || (!keep && is_unwritten(config)) {
        return Ok(entries.len());
    }
    // A transaction looks at every sum of its time: the shorter that is, the fewer they are.
    entries.sort_by_key(|entry| entry.line.call.at);
    let mut store = open_store(&config.cost.ledger, &path(config))?;
    let mut new = 0;
    for chunk in entries.chunks(IMPORTED_AT_ONCE) {
        let ids = chunk.iter().map(|entry| entry.id).collect();
        let (first, last) = (chunk[0].line.call.at, chunk[chunk.len() - 1].line.call.at);
        let wanted = Wanted { from: first, to: last, ids, ..Wanted::default() };
        store.write(&wanted, &mut |pages| {
            for Entry { id, line } in chunk {
                new += usize::from(!pages.present.contains(id));
                if keep {
                    pages.insert(*id, &line.call, line.outcome);
                }
            }
        })?;
    }
    Ok(new)
}

fn is_unwritten(config: &Config) -> bool {
    matches!(config.cost.ledger, LedgerPlace::Embedded) && !path(config).exists()
}

impl Held {
    pub(crate) fn settle(mut self, outcome: Outcome) {
        self.is_settled = true;
        let _ = self.clerk.send(Op::Settle { id: self.id, outcome });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_settled {
            let _ = self.clerk.send(Op::Settle { id: self.id, outcome: Outcome::lost(self.most) });
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Broken(error) => error,
            Refusal::Limit { limit, sum, model, most } => {
                let used = limit.used(&sum);
                let next = match (limit.most, most) {
                    (Most::Dollars(_), Some(most)) => format!(", and the next call of {model} may cost {most}"),
                    _ => String::new(),
                };
                let open = match sum.open_usd {
                    Cost::ZERO => String::new(),
                    open => format!(", at most {open} more is under way elsewhere or was when its process was killed"),
                };
                Self::over_budget(format!("{limit} is reached: {used} {} spent{open}{next}", be(&limit)))
                    .hint(format!("raise {limit}, or set max_tokens in the prompt; --resume then goes on"))
            }
        }
    }
}

fn be(limit: &Limit) -> &'static str {
    if matches!(limit.most, Most::Requests(_)) { "are" } else { "is" }
}

fn path(config: &Config) -> PathBuf {
    config.state_folder().join(FILE)
}

fn open_store(place: &LedgerPlace, path: &Path) -> Result<Box<dyn Store>> {
    match place {
        LedgerPlace::Embedded => Ok(Box::new(Sqlite::open(path, &format!("{STATE_FOLDER}/{FILE}"))?)),
        #[cfg(test)]
        LedgerPlace::Memory => Ok(Box::new(Sqlite::open(Path::new(":memory:"), "memory")?)),
        LedgerPlace::Postgres(url) => Ok(Box::new(Postgres::open(url)?)),
    }
}

/// Positive and random, so that machines need not agree on one.
fn new_id() -> i64 {
    fastrand::i64(1..=i64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
