//! The response cache: replies of models by everything that can change them, in one SQLite file that processes share.
//!
//! ```text
//! get: key -> a connection of the pool -> reply, if it is young enough and whole
//! put: key, reply -> bounded queue -> writer thread -> many replies a transaction
//! ```
//! It is never the reason why a run fails: a damaged file is set aside, and what cannot be read or written is not. Each
//! is said once.

mod file;
mod housekeeping;
mod writer;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use self::file::{CacheFile, Opened, is_damage};
use self::writer::{Entry, Writer};
use crate::config::{Config, STATE_FOLDER};
use crate::digest::raw_sha256_parts;

pub(crate) use housekeeping::{CacheStats, Keep, Pruned, prune, stats};

pub(super) type Key = [u8; 32];

/// The cache of a run. Nothing is opened before the first use.
pub(super) struct Cache {
    shared: Arc<Shared>,
    writer: Mutex<Option<Writer>>,
    /// Whether earlier replies answer; without, the cache is only filled.
    reads: bool,
    ttl: Duration,
    now: fn() -> i64,
}

/// What readers and the writer have in common.
struct Shared {
    file: CacheFile,
    idle: Mutex<Vec<Opened>>,
    /// Counts the files that were set aside, so that connections to an earlier one are dropped.
    generation: AtomicU64,
    /// Nothing can be read any more.
    is_unreadable: AtomicBool,
    /// Nothing can be written any more.
    is_unwritable: AtomicBool,
    notices: Mutex<Vec<String>>,
}

impl Cache {
    pub(super) fn new(config: &Config, now: fn() -> i64) -> Self {
        // A bar on latency wants the model's time, which a stored reply does not have.
        let reads = !config.gates("latency");
        let shared = Arc::new(Shared::new(CacheFile::of(config)));
        Self { shared, writer: Mutex::default(), reads, ttl: config.cache.ttl, now }
    }

    /// The reply that is kept under this key.
    pub(super) fn get(&self, key: &Key) -> Option<Value> {
        if !self.reads {
            return None;
        }
        let ttl = i64::try_from(self.ttl.as_secs()).unwrap_or(i64::MAX);
        self.shared.read(key, (self.now)().saturating_sub(ttl))
    }

    /// Keeps a reply. If the writer cannot follow, the reply is let go rather than the run held up.
    pub(super) fn put(&self, key: Key, reply: &Value) {
        if self.shared.is_unwritable.load(Ordering::Relaxed) {
            return;
        }
        let body = reply.to_string();
        let entry = Entry { key, created: (self.now)(), sum: checksum(&key, body.as_bytes()), body };
        let mut writer = lock(&self.writer);
        writer.get_or_insert_with(|| Writer::start(Arc::clone(&self.shared))).offer(entry);
    }

    /// Waits until everything is written.
    pub(super) fn close(&self) {
        let writer = lock(&self.writer).take();
        if let Some(writer) = writer {
            writer.finish();
        }
        lock(&self.shared.idle).clear();
    }

    /// What the user should know; each is said once.
    pub(super) fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.shared.notices))
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn new(file: CacheFile) -> Self {
        Self {
            file,
            idle: Mutex::default(),
            generation: AtomicU64::new(0),
            is_unreadable: AtomicBool::new(false),
            is_unwritable: AtomicBool::new(false),
            notices: Mutex::default(),
        }
    }

    fn read(&self, key: &Key, expired_at: i64) -> Option<Value> {
        if self.is_unreadable.load(Ordering::Relaxed) {
            return None;
        }
        let idle = lock(&self.idle).pop();
        let opened = idle.or_else(|| self.open())?;
        match find(&opened.connection, key) {
            Ok(found) => {
                if opened.generation == self.generation.load(Ordering::Relaxed) {
                    lock(&self.idle).push(opened);
                }
                found.filter(|row| row.created > expired_at).map(|row| row.body)
            }
            Err(error) => {
                if is_damage(&error) {
                    self.set_aside(opened);
                }
                // Otherwise somebody holds the file; then the reply is asked for again.
                None
            }
        }
    }

    /// A connection to a sound file; `None` if there can be none, which is said.
    fn open(&self) -> Option<Opened> {
        let generation = self.generation.load(Ordering::Relaxed);
        match self.file.open() {
            Ok((opened, set_aside)) => {
                if let Some(notice) = set_aside {
                    self.say(&notice);
                }
                Some(Opened { generation, ..opened })
            }
            Err(error) => {
                self.is_unwritable.store(true, Ordering::Relaxed);
                if !self.is_unreadable.swap(true, Ordering::Relaxed) {
                    let name = &self.file.name;
                    self.say(&format!("the response cache {name} cannot be used: {error}; the run goes on without it"));
                }
                None
            }
        }
    }

    /// Damage that showed itself on this connection.
    fn set_aside(&self, opened: Opened) {
        let id = opened.id;
        drop(opened);
        self.generation.fetch_add(1, Ordering::Relaxed);
        lock(&self.idle).clear();
        match self.file.set_aside_if(id) {
            Ok(Some(notice)) => self.say(&notice),
            Ok(None) => {}
            Err(error) => {
                self.is_unwritable.store(true, Ordering::Relaxed);
                if !self.is_unreadable.swap(true, Ordering::Relaxed) {
                    let name = &self.file.name;
                    self.say(&format!("the response cache {name} is damaged: {error}; the run goes on without it"));
                }
            }
        }
    }

    fn say(&self, notice: &str) {
        lock(&self.notices).push(format!("warning: {notice}"));
    }
}

struct Row {
    created: i64,
    body: Value,
}

/// The first bytes of the key are the row's number: one search in one tree finds the reply. The whole key is compared.
const FIND: &str = "select key, created, sum, body from replies where id = ?1";

fn find(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Row>> {
    let mut select = connection.prepare_cached(FIND)?;
    let row = select.query_row([row_id(key)], |row| {
        if row.get_ref(0)?.as_blob()? != key {
            return Ok(None);
        }
        let body = row.get_ref(3)?.as_blob()?;
        // A byte that changed on the disk must not become an answer.
        let is_whole = row.get::<_, i64>(2)? == checksum(key, body);
        let body = serde_json::from_slice(body).ok().filter(|_| is_whole);
        let body = body.ok_or(rusqlite::Error::InvalidColumnType(3, "body".into(), rusqlite::types::Type::Blob))?;
        Ok(Some(Row { created: row.get(1)?, body }))
    });
    row.optional().map(Option::flatten)
}

fn row_id(key: &Key) -> i64 {
    first_eight(key)
}

fn checksum(key: &Key, body: &[u8]) -> i64 {
    first_eight(&raw_sha256_parts([key.as_slice(), body]))
}

fn first_eight(bytes: &[u8; 32]) -> i64 {
    bytes[..8].iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
