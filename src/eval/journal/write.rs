//! Appends rows on a thread of its own, so that a slow disk holds up no call; whatever has gathered goes out in one
//! write. A second thread asks the disk every second to make it durable, so that a power cut costs a second of work.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Journal, Place, Spent};
use crate::error::{Error, Result};

/// Rows that may wait for the disk. More would only hide that it is too slow.
const QUEUE: usize = 4096;
const MAX_BATCH_BYTES: usize = 1 << 20;
/// How long a row waits for others: a write for each would cost more than the call that it is about.
const GATHER: Duration = Duration::from_millis(5);
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// A finished row on its way to the disk.
struct Entry {
    number: usize,
    spent: Spent,
    row: Vec<u8>,
}

/// A journal that is being written.
pub(in crate::eval) struct Writer {
    sender: SyncSender<Entry>,
    thread: JoinHandle<(Journal, Result<()>)>,
    started: Instant,
    before: Spent,
}

impl Writer {
    pub(in crate::eval) fn start(journal: Journal) -> Self {
        let (sender, receiver) = sync_channel(QUEUE);
        let before = journal.spent;
        let thread = std::thread::spawn(move || work(journal, &receiver));
        Self { sender, thread, started: Instant::now(), before }
    }

    /// Hands a row over, with what the embedder has used in this part of the run. False if the journal cannot be
    /// written any more; `finish` says why.
    pub(in crate::eval) fn append(&self, number: usize, row: Vec<u8>, embedder_tokens: u64) -> bool {
        let spent = self.spent(embedder_tokens);
        self.sender.send(Entry { number, spent, row }).is_ok()
    }

    /// What the run has taken in all, earlier parts included.
    fn spent(&self, embedder_tokens: u64) -> Spent {
        Spent {
            elapsed_ms: self.before.elapsed_ms + self.started.elapsed().as_secs_f64() * 1000.0,
            embedder_tokens: self.before.embedder_tokens + embedder_tokens,
        }
    }

    /// Waits until everything is written. What was written before a failure is in the journal.
    pub(in crate::eval) fn finish(self, embedder_tokens: u64) -> (Journal, Result<()>) {
        let spent = self.spent(embedder_tokens);
        drop(self.sender);
        self.thread.thread().unpark();
        let (journal, result) = self.thread.join().expect("the journal's thread does not panic");
        (Journal { spent, ..journal }, result)
    }
}

fn work(mut journal: Journal, receiver: &Receiver<Entry>) -> (Journal, Result<()>) {
    let result = write_all(&mut journal, receiver);
    (journal, result)
}

fn write_all(journal: &mut Journal, receiver: &Receiver<Entry>) -> Result<()> {
    let file = journal.file.try_clone().map_err(|error| journal.cannot_go_on(error))?;
    let (stop, stopped) = sync_channel::<()>(0);
    let durable = std::thread::spawn(move || keep_durable(&file, &stopped));
    let written = write_batches(journal, receiver);
    drop(stop);
    let durable = durable.join().expect("the syncing thread does not panic");
    written.and_then(|()| durable.map_err(|error| journal.cannot_go_on(error)))
}

/// Until the writer stops. The end of a run needs no more: its report is made durable then.
fn keep_durable(file: &File, stopped: &Receiver<()>) -> io::Result<()> {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(SYNC_INTERVAL) {
        file.sync_data()?;
    }
    Ok(())
}

fn write_batches(journal: &mut Journal, receiver: &Receiver<Entry>) -> Result<()> {
    let mut batch = Batch::default();
    while let Ok(first) = receiver.recv() {
        batch.clear();
        batch.push(&first);
        std::thread::park_timeout(GATHER);
        while batch.bytes.len() < MAX_BATCH_BYTES
            && let Ok(next) = receiver.try_recv()
        {
            batch.push(&next);
        }
        journal.write(&batch)?;
    }
    Ok(())
}

/// Lines that go out in one write.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Row number, and where the row stands in `bytes`.
    rows: Vec<(usize, usize, usize)>,
}

impl Batch {
    fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
    }

    fn push(&mut self, entry: &Entry) {
        // A vector takes all that is written to it.
        let _ = write!(self.bytes, "[{},{:.3},{},", entry.number, entry.spent.elapsed_ms, entry.spent.embedder_tokens);
        self.rows.push((entry.number, self.bytes.len(), entry.row.len()));
        self.bytes.extend_from_slice(&entry.row);
        self.bytes.extend_from_slice(b"]\n");
    }
}

impl Journal {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(&batch.bytes));
        if let Err(error) = written {
            // Half a batch would be repaired when it is read, but a journal should be whole whenever it can be.
            let _ = self.file.set_len(self.end);
            return Err(self.cannot_go_on(error));
        }
        for &(number, start, bytes) in &batch.rows {
            let bytes = u32::try_from(bytes).map_err(|error| self.cannot_go_on(io::Error::other(error)))?;
            self.places[number] = Some(Place { offset: self.end + start as u64, bytes });
        }
        self.end += batch.bytes.len() as u64;
        Ok(())
    }

    fn cannot_go_on(&self, error: io::Error) -> Error {
        Error::io("write the journal", &self.path, error)
            .hint("what was finished before is kept; free the disk, and go on with --resume")
    }

    /// Marks the run as finished: its report has been written, there is nothing to continue.
    pub(crate) fn finish(mut self) {
        // Without the mark the run could be continued, which would write the same report again: no harm.
        let _ = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(b"{\"finished\":true}\n"));
    }
}
