//! What `llmops cache` asks of the file: how much it holds, and to give some of it up.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::Config;
use super::file::{CacheFile, Found, Opened};
use crate::error::{Error, Result};

/// What the cache holds; times in seconds since 1970.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct CacheStats {
    pub(crate) replies: i64,
    /// On the disk.
    pub(crate) bytes: u64,
    pub(crate) oldest: Option<i64>,
    pub(crate) newest: Option<i64>,
    /// Replies that are too old to be used.
    pub(crate) expired: i64,
}

/// What `prune` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Nothing,
    /// Replies that came after this second since 1970.
    After(i64),
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Pruned {
    pub(crate) removed: usize,
    pub(crate) left: i64,
    pub(crate) freed_bytes: u64,
}

/// `None` if there is no cache.
pub(crate) fn stats(config: &Config, now: i64) -> Result<Option<CacheStats>> {
    let file = CacheFile::of(config);
    let Some(opened) = open(&file)? else { return Ok(None) };
    let expired_at = now.saturating_sub(i64::try_from(config.cache.ttl.as_secs()).unwrap_or(i64::MAX));
    let select = "select count(*), min(created), max(created), count(*) filter (where created <= ?1) from replies";
    let stats = opened.connection.query_row(select, [expired_at], |row| {
        Ok(CacheStats {
            replies: row.get(0)?,
            bytes: file.bytes(),
            oldest: row.get(1)?,
            newest: row.get(2)?,
            expired: row.get(3)?,
        })
    });
    stats.map(Some).map_err(|error| failed(&file, "read", error))
}

/// Deletes replies and gives their space back; `None` if there is no cache.
pub(crate) fn prune(config: &Config, keep: Keep) -> Result<Option<Pruned>> {
    let file = CacheFile::of(config);
    let bytes = file.bytes();
    let opened = match (open(&file), keep) {
        (Err(_), Keep::Nothing) => {
            file.remove().map_err(|error| Error::unavailable(format!("cannot remove {}", file.name)).source(error))?;
            return Ok(Some(Pruned { removed: 0, left: 0, freed_bytes: bytes }));
        }
        (opened, _) => opened?,
    };
    let Some(opened) = opened else { return Ok(None) };
    let (removed, left) = delete(&opened.connection, keep).map_err(|error| failed(&file, "prune", error))?;
    Ok(Some(Pruned { removed, left, freed_bytes: bytes.saturating_sub(file.bytes()) }))
}

fn delete(connection: &Connection, keep: Keep) -> rusqlite::Result<(usize, i64)> {
    let removed = match keep {
        Keep::Nothing => connection.execute("delete from replies where true", ())?,
        Keep::After(second) => connection.execute("delete from replies where created <= ?1", params![second])?,
    };
    // One page a step.
    let mut vacuum = connection.prepare("pragma incremental_vacuum")?;
    let mut steps = vacuum.query(())?;
    while steps.next()?.is_some() {}
    drop(steps);
    connection.query_row("pragma wal_checkpoint(truncate)", (), |_| Ok(()))?;
    let left = connection.query_row("select count(*) from replies", (), |row| row.get(0))?;
    Ok((removed, left))
}

fn open(file: &CacheFile) -> Result<Option<Opened>> {
    let unusable = |why: &str| {
        Error::unavailable(format!("the response cache {} is {why}", file.name))
            .hint("the next run sets it aside; `llmops cache prune --all` deletes it")
    };
    match file.look() {
        Ok(Found::Sound(opened)) => Ok(Some(opened)),
        Ok(Found::Nothing) => Ok(None),
        Ok(Found::Useless(why)) => Err(unusable(why)),
        Err(error) => Err(Error::unavailable(format!("cannot open the response cache {}: {error}", file.name))),
    }
}

fn failed(file: &CacheFile, action: &str, error: rusqlite::Error) -> Error {
    Error::unavailable(format!("cannot {action} the response cache {}", file.name)).source(error)
}
