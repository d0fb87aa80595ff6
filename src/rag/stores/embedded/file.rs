//! The SQLite file itself: its tables, its versions, and a few connections to it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result};
use crate::lockfile;

pub(super) const NAME: &str = "store.db";

/// Of the tables below and of all that decides what is in them: `chunk`, `text::terms`. Raise it when these change.
const SCHEMA: i64 = 1;

/// The index holds terms, not the text: `text::terms` has cut and folded it, the tokenizer stems it. Marks belong to
/// words, or scripts such as Devanagari and Thai would fall apart.
const TABLES: &str = "
    create table documents (
        id text primary key,
        title text not null,
        category text,
        content_hash text not null
    );
    create index documents_title on documents (title);
    create table chunks (
        id integer primary key,
        document text not null,
        position integer not null,
        heading text not null,
        text text not null,
        text_hash text not null
    );
    create unique index chunks_document on chunks (document, position);
    create virtual table terms using fts5 (
        title, heading, body,
        content = '', contentless_delete = 1,
        tokenize = \"porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'\"
    );
    create table vectors (
        text_hash text not null,
        embedder text not null,
        vector blob not null,
        primary key (text_hash, embedder)
    );
    create table state (generation integer not null);
    insert into state values (0);
";

/// Another process may be writing; this is how long we wait for it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct StoreFile {
    path: PathBuf,
    /// As messages call it.
    name: String,
    idle: Mutex<Vec<Connection>>,
    /// More threads than cores would only wait for each other.
    permits: Semaphore,
}

impl StoreFile {
    pub(super) fn new(path: PathBuf, name: String) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { path, name, idle: Mutex::default(), permits: Semaphore::new(cores.clamp(2, 8)) }
    }

    pub(super) async fn permit(&self) -> SemaphorePermit<'_> {
        self.permits.acquire().await.expect("the semaphore is never closed")
    }

    /// Works with a connection of the pool. Blocks.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        let idle = self.idle().pop();
        let mut connection = idle.map_or_else(|| self.open(), Ok)?;
        // A connection on which something failed is not used again.
        let value = work(&mut connection).map_err(|error| self.error(error))?;
        self.idle().push(connection);
        Ok(value)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to a file of this schema, made if need be.
    fn open(&self) -> Result<Connection> {
        if let Some(connection) = self.open_current()? {
            return Ok(connection);
        }
        // Only one process at a time makes the file; the others find it made.
        let _lock = self.lock().map_err(|error| Error::io("lock", &self.path, error))?;
        if let Some(connection) = self.open_current()? {
            return Ok(connection);
        }
        remove(&self.path).map_err(|error| Error::io("remove", &self.path, error))?;
        self.create().map_err(|error| self.error(error))
    }

    /// `None` if there is no file, or one that is damaged or of another schema.
    fn open_current(&self) -> Result<Option<Connection>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let open = || {
            let connection = connect(&self.path)?;
            let schema: i64 = connection.query_row("pragma user_version", (), |row| row.get(0))?;
            Ok((schema == SCHEMA).then_some(connection))
        };
        open().or_else(|error| if damaged(&error) { Ok(None) } else { Err(self.error(error)) })
    }

    fn create(&self) -> rusqlite::Result<Connection> {
        let mut connection = connect(&self.path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
        transaction.commit()?;
        Ok(connection)
    }

    fn lock(&self) -> io::Result<File> {
        lockfile::hold(&self.path.with_extension("lock"))
    }

    /// Removes a damaged file; the next connection makes a new one.
    pub(super) fn remove(&self) -> Result<()> {
        self.idle().clear();
        let _lock = self.lock().map_err(|error| Error::io("lock", &self.path, error))?;
        remove(&self.path).map_err(|error| Error::io("remove", &self.path, error))
    }

    fn error(&self, error: rusqlite::Error) -> Error {
        let hint = if damaged(&error) {
            Some(format!("delete {}; it is made anew from the documents", self.name))
        } else {
            None
        };
        let error = Error::unavailable(format!("cannot work with the store {}", self.name)).source(error);
        hint.into_iter().fold(error, Error::hint)
    }
}

/// Whether the file is not a sound SQLite database.
pub(super) fn is_damage(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<rusqlite::Error>());
    source.is_some_and(damaged)
}

/// Values of a kind that we never write are damage too.
fn damaged(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    let is_foreign = matches!(
        error,
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..)
    );
    is_foreign || matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Counts the changes of the stored chunks, so that what was loaded before can be recognised as stale.
pub(super) fn generation(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("select generation from state")?.query_row((), |row| row.get(0))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // In WAL mode this can lose the last commits in a power cut, but not damage the file; all of it is derived.
    connection.pragma_update(None, "synchronous", "normal")?;
    Ok(connection)
}

fn remove(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
