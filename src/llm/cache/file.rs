//! The SQLite file: its table, its versions, and what happens to one that is damaged.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Config, FIND, STATE_FOLDER};
use crate::lockfile;

const NAME: &str = "cache.db";

/// Of the table below.
const SCHEMA: i64 = 1;

/// `sum` is over key and body, `created` in seconds since 1970. Numbered rows, because replies are long: without row
/// numbers SQLite would keep them inside the index.
const TABLE: &str = "
    create table replies (
        id integer primary key,
        key blob not null,
        created integer not null,
        sum integer not null,
        body blob not null
    );
";

/// How long a connection waits for another process. A reader waits only while a file is recovered after a crash.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The database, and what SQLite keeps beside it.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

pub(super) struct CacheFile {
    path: PathBuf,
    /// As messages call it.
    pub(super) name: String,
}

pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Which file this is, for one may have taken the place of another.
    pub(super) id: i32,
    pub(super) is_read_only: bool,
    pub(super) generation: u64,
}

/// What lies at the path.
pub(super) enum Found {
    Nothing,
    Sound(Opened),
    /// And why.
    Useless(&'static str),
}

impl CacheFile {
    pub(super) fn of(config: &Config) -> Self {
        Self { path: config.state_folder().join(NAME), name: format!("{STATE_FOLDER}/{NAME}") }
    }

    /// A connection to a sound file, made if need be, and the line that says what was set aside for it.
    pub(super) fn open(&self) -> Result<(Opened, Option<String>), String> {
        // Whatever else is seen here may be another process's work of this moment.
        if let Ok(Found::Sound(opened)) = self.look_at_writable() {
            return Ok((opened, None));
        }
        // Only one process at a time makes the file or sets it aside; the others find it done.
        let _lock = match self.lock() {
            Ok(lock) => lock,
            Err(error) => {
                return match self.look() {
                    Ok(Found::Sound(opened)) => Ok((opened, None)),
                    _ => Err(error.to_string()),
                };
            }
        };
        let notice = match self.look()? {
            Found::Sound(opened) => return Ok((opened, None)),
            Found::Nothing => None,
            Found::Useless(why) => Some(self.rename(why)?),
        };
        Ok((self.create()?, notice))
    }

    /// The file, also where it can only be read.
    pub(super) fn look(&self) -> Result<Found, String> {
        let found = match self.look_at_writable() {
            Err(error) if is_forbidden(&error) => {
                read_only(&self.path).and_then(|connection| inspect(connection, true)).or_else(useless_if_damaged)
            }
            found => found,
        };
        found.map_err(|error| error.to_string())
    }

    fn look_at_writable(&self) -> rusqlite::Result<Found> {
        if !self.path.exists() {
            return Ok(Found::Nothing);
        }
        let before = identity(&self.path);
        let found = connect(&self.path).and_then(|connection| inspect(connection, false));
        // SQLite opens its log by path, and later than the file: of a file that was set aside in between, the log
        // would be the next one's.
        if identity(&self.path) != before {
            return Ok(Found::Nothing);
        }
        found.or_else(useless_if_damaged)
    }

    /// Sets the file aside unless another process has already done so.
    pub(super) fn set_aside_if(&self, id: i32) -> Result<Option<String>, String> {
        let _lock = self.lock().map_err(|error| error.to_string())?;
        match self.look()? {
            Found::Sound(opened) if opened.id != id => Ok(None),
            Found::Nothing => Ok(None),
            Found::Sound(_) | Found::Useless(_) => self.rename("damaged").map(Some),
        }
    }

    /// Removes the file, whatever it holds.
    pub(super) fn remove(&self) -> io::Result<()> {
        let _lock = self.lock()?;
        remove_with_log(&self.path)
    }

    /// With what SQLite keeps beside the file.
    pub(super) fn bytes(&self) -> u64 {
        self.files()[..2].iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum()
    }

    /// What is written but not yet in the file itself.
    pub(super) fn log_bytes(&self) -> u64 {
        std::fs::metadata(&self.files()[1]).map_or(0, |file| file.len())
    }

    fn files(&self) -> [PathBuf; 3] {
        SUFFIXES.map(|suffix| with_suffix(&self.path, suffix))
    }

    fn rename(&self, why: &str) -> Result<String, String> {
        let aside = (1..).map(|number| with_suffix(&self.path, &format!(".damaged-{number}")));
        let aside = aside.into_iter().find(|aside| !aside.exists()).unwrap_or_default();
        for (file, suffix) in self.files().iter().zip(SUFFIXES) {
            match std::fs::rename(file, with_suffix(&aside, suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.to_string()),
                _ => {}
            }
        }
        let (name, aside) = (&self.name, aside.file_name().unwrap_or_default().to_string_lossy());
        Ok(format!("the response cache {name} was {why}; it is now {aside}, and a new one is begun"))
    }

    /// Makes the file under another name and puts it in its place whole: of one that is empty, SQLite would take a log
    /// beside it for a leftover and delete it.
    fn create(&self) -> Result<Opened, String> {
        let new = with_suffix(&self.path, ".new");
        remove_with_log(&new).map_err(|error| error.to_string())?;
        let id = fastrand::i32(1..);
        make(&new, id).map_err(|error| error.to_string())?;
        std::fs::rename(&new, &self.path).map_err(|error| error.to_string())?;
        let connection = connect(&self.path).map_err(|error| error.to_string())?;
        Ok(Opened { connection, id, is_read_only: false, generation: 0 })
    }

    fn lock(&self) -> io::Result<File> {
        lockfile::hold(&self.path.with_extension("lock"))
    }
}

fn useless_if_damaged(error: rusqlite::Error) -> rusqlite::Result<Found> {
    if is_damage(&error) { Ok(Found::Useless("damaged")) } else { Err(error) }
}

/// Device and number of a file, where files have them; elsewhere an open file cannot be renamed anyway.
fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

fn inspect(connection: Connection, is_read_only: bool) -> rusqlite::Result<Found> {
    let number = |pragma: &str| connection.query_row(&format!("pragma {pragma}"), (), |row| row.get::<_, i64>(0));
    let (schema, id) = (number("user_version")?, number("application_id")?);
    if schema != SCHEMA {
        return Ok(Found::Useless(if schema == 0 { "damaged" } else { "of another version" }));
    }
    if connection.prepare_cached(FIND).is_err() {
        return Ok(Found::Useless("damaged"));
    }
    let id = i32::try_from(id).unwrap_or_default();
    Ok(Found::Sound(Opened { connection, id, is_read_only, generation: 0 }))
}

/// A whole file, with nothing beside it.
fn make(path: &Path, id: i32) -> rusqlite::Result<()> {
    let connection = Connection::open(path)?;
    // What a power cut leaves of it is set aside.
    connection.pragma_update(None, "synchronous", "off")?;
    // Before anything is in the file: prune gives space back without making the file anew.
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.execute_batch(TABLE)?;
    connection.pragma_update(None, "application_id", id)?;
    connection.pragma_update(None, "user_version", SCHEMA)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.close().map_err(|(_, error)| error)
}

fn remove_with_log(path: &Path) -> io::Result<()> {
    for suffix in SUFFIXES {
        match std::fs::remove_file(with_suffix(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // SQLite tidies up by path when the last connection closes. After a file was set aside, that path is another
    // file's, so nothing is tidied up; the writer does it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Waiting for the disk would be most of a short run's time. A power cut may damage the file: each reply carries a
    // checksum, and a damaged file is set aside.
    connection.pragma_update(None, "synchronous", "off")?;
    Ok(connection)
}

/// Reads where nothing can be written, not even SQLite's own files beside the database.
fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    let text = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{text}?immutable=1"), flags)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn is_forbidden(error: &rusqlite::Error) -> bool {
    let codes = [ErrorCode::CannotOpen, ErrorCode::ReadOnly, ErrorCode::PermissionDenied];
    error.sqlite_error_code().is_some_and(|code| codes.contains(&code))
}

/// Values of a kind that we never write are damage too.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    let is_foreign = matches!(
        error,
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..)
    );
    is_foreign || matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
