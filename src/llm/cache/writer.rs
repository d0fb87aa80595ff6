//! The one thread that writes: whatever has queued up goes into one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{ErrorCode, params};

use super::file::{Opened, is_damage};
use super::{Key, Shared, row_id};

/// Replies that wait to be written, by number and by size.
const MAX_QUEUED: usize = 4096;
const MAX_QUEUED_BYTES: usize = 64 << 20;
/// Replies of one transaction.
const MAX_BATCH: usize = 4096;
/// How long a reply waits for others: a transaction for each would cost more than the call that it keeps.
const GATHER: Duration = Duration::from_millis(50);

const READ_ONLY: &str = "it is read-only";

/// A reply to keep.
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) created: i64,
    pub(super) sum: i64,
    pub(super) body: String,
}

pub(super) struct Writer {
    queue: SyncSender<Entry>,
    queued_bytes: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl Writer {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let (queue, entries) = sync_channel(MAX_QUEUED);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let bytes = Arc::clone(&queued_bytes);
        let thread = std::thread::spawn(move || write_all(&shared, &entries, &bytes));
        Self { queue, queued_bytes, thread }
    }

    /// Queues a reply if there is room.
    pub(super) fn offer(&self, entry: Entry) {
        let bytes = entry.body.len();
        if self.queued_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_QUEUED_BYTES
            || self.queue.try_send(entry).is_err()
        {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Waits until everything is written.
    pub(super) fn finish(self) {
        drop(self.queue);
        self.thread.thread().unpark();
        // A writer that has failed has nothing more to say.
        let _ = self.thread.join();
    }
}

fn write_all(shared: &Shared, entries: &Receiver<Entry>, queued_bytes: &AtomicUsize) {
    let mut opened: Option<Opened> = None;
    while let Ok(first) = entries.recv() {
        std::thread::park_timeout(GATHER);
        let batch: Vec<Entry> = std::iter::once(first).chain(entries.try_iter().take(MAX_BATCH - 1)).collect();
        let bytes: usize = batch.iter().map(|entry| entry.body.len()).sum();
        queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        opened = shared.write(opened, &batch);
    }
    if let Some(opened) = opened {
        tidy_up(&opened, shared);
    }
}

/// A long log would make the next start slow; a short one costs it less than writing it back costs this run.
fn tidy_up(opened: &Opened, shared: &Shared) {
    const LONG_BYTES: u64 = 256 << 10;
    if shared.file.log_bytes() > LONG_BYTES {
        // If another process is in the way, it tidies up itself.
        let _ = opened.connection.query_row("pragma wal_checkpoint(truncate)", (), |_| Ok(()));
    }
}

impl Shared {
    /// Writes a batch, with the connection of the last one if it is still good.
    fn write(&self, opened: Option<Opened>, batch: &[Entry]) -> Option<Opened> {
        if self.is_unwritable.load(Ordering::Relaxed) {
            return None;
        }
        let current = opened.filter(|opened| opened.generation == self.generation.load(Ordering::Relaxed));
        let mut opened = current.or_else(|| self.open())?;
        if opened.is_read_only {
            self.stop_writing(READ_ONLY);
            return None;
        }
        match insert(&mut opened, batch) {
            Ok(()) => Some(opened),
            Err(error) if is_damage(&error) => {
                self.set_aside(opened);
                None
            }
            // Somebody else has been writing for long; these replies are let go.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Some(opened),
            Err(error) => {
                let is_read_only = error.sqlite_error_code() == Some(ErrorCode::ReadOnly);
                self.stop_writing(if is_read_only { READ_ONLY.to_owned() } else { error.to_string() }.as_str());
                None
            }
        }
    }

    fn stop_writing(&self, why: &str) {
        if !self.is_unwritable.swap(true, Ordering::Relaxed) {
            let name = &self.file.name;
            self.say(&format!("cannot write to the response cache {name}: {why}; new replies are not kept"));
        }
    }
}

fn insert(opened: &mut Opened, batch: &[Entry]) -> rusqlite::Result<()> {
    let transaction = opened.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction.prepare_cached(
            "insert or replace into replies (id, key, created, sum, body) values (?1, ?2, ?3, ?4, ?5)",
        )?;
        for Entry { key, created, sum, body } in batch {
            insert.execute(params![row_id(key), key.as_slice(), created, sum, body.as_bytes()])?;
        }
    }
    transaction.commit()
}
