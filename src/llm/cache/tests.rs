//! The cache on a disk that lies, ages and is shared.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;

/// Within the time of life of everything that these tests keep.
const NOW: fn() -> i64 = || 1_000_000;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn config(&self, toml: &str) -> Config {
        let text = format!("{toml}\n[gate]\nanswer_relevancy = 0.5\n");
        Config::of_text(self.0.path().to_owned(), &text, &[]).unwrap()
    }

    fn cache(&self) -> Cache {
        Cache::new(&self.config(""), NOW)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join(".llmops/cache.db")
    }

    /// A sound file of many replies, all of it in the one file.
    fn filled(&self) {
        let cache = self.cache();
        (0..200).for_each(|number| cache.put(key(number), &reply(number)));
        cache.close();
        let connection = Connection::open(self.file()).unwrap();
        connection.query_row("pragma wal_checkpoint(truncate)", (), |_| Ok(())).unwrap();
    }

    fn set_aside(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.0.path().join(".llmops")).unwrap();
        let mut names: Vec<String> =
            names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name.contains("damaged") && !name.ends_with("-wal") && !name.ends_with("-shm"));
        names
    }
}

fn key(number: u32) -> Key {
    raw_sha256_parts([number.to_be_bytes().as_slice()])
}

fn reply(number: u32) -> Value {
    json!({ "number": number, "text": format!("reply {number} ").repeat(40) })
}

#[test]
fn a_reply_is_found_by_its_key_until_it_expires() {
    let folder = Folder::new();
    let cache = folder.cache();
    assert_eq!(cache.get(&key(1)), None);
    cache.put(key(1), &reply(1));
    cache.close();
    assert_eq!((folder.cache().get(&key(1)), folder.cache().get(&key(2))), (Some(reply(1)), None));
    let config = folder.config("[cache]\nttl = \"10 s\"");
    assert_eq!(Cache::new(&config, || 1_000_009).get(&key(1)), Some(reply(1)));
    assert_eq!(Cache::new(&config, || 1_000_010).get(&key(1)), None);
    assert!(cache.take_notices().is_empty());
}

#[test]
fn a_newer_reply_takes_the_place_of_the_older_one() {
    let folder = Folder::new();
    let cache = folder.cache();
    cache.put(key(1), &reply(1));
    cache.put(key(1), &reply(2));
    cache.close();
    assert_eq!(cache.get(&key(1)), Some(reply(2)));
    assert_eq!(stats(&folder.config(""), 0).unwrap().unwrap().replies, 1);
}

#[test]
fn with_a_bar_on_latency_the_cache_is_only_written() {
    let folder = Folder::new();
    let config = Config::of_text(folder.0.path().to_owned(), "gate.latency = \"1 s\"", &[]).unwrap();
    let cache = Cache::new(&config, NOW);
    cache.put(key(1), &reply(1));
    cache.close();
    assert_eq!(cache.get(&key(1)), None);
    assert_eq!(folder.cache().get(&key(1)), Some(reply(1)));
}

#[test]
fn two_caches_share_one_file() {
    let folder = Folder::new();
    let (one, other) = (folder.cache(), folder.cache());
    std::thread::scope(|scope| {
        scope.spawn(|| (0..100).for_each(|number| one.put(key(number), &reply(number))));
        scope.spawn(|| (100..200).for_each(|number| other.put(key(number), &reply(number))));
    });
    one.close();
    other.close();
    for number in 0..200 {
        assert_eq!(one.get(&key(number)), Some(reply(number)));
    }
    assert!(one.take_notices().is_empty() && other.take_notices().is_empty());
}

fn garbage(path: &Path) {
    std::fs::write(path, "this is no database. ".repeat(1000)).unwrap();
}

fn half(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

fn other_version(path: &Path) {
    Connection::open(path).unwrap().pragma_update(None, "user_version", 99).unwrap();
}

fn without_table(path: &Path) {
    Connection::open(path).unwrap().execute_batch("drop table replies").unwrap();
}

/// A letter of one reply, wherever the file has a copy of it: pages that are no longer used keep theirs.
fn one_letter(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let found: Vec<usize> = (0..bytes.len() - 8).filter(|at| bytes[*at..].starts_with(b"\"reply 7 ")).collect();
    assert!(!found.is_empty());
    for at in found {
        bytes[at + 1] = b'R';
    }
    std::fs::write(path, bytes).unwrap();
}

/// A page in the middle, which shows only when it is read.
fn one_page(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[4096 * 3..].fill(0xff);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_useless_file_is_set_aside_said_once_and_begun_anew() {
    type Damage = (fn(&Path), &'static str);
    let damages: [Damage; 6] = [
        (garbage, "damaged"),
        (half, "damaged"),
        (other_version, "of another version"),
        (without_table, "damaged"),
        (one_letter, "damaged"),
        (one_page, "damaged"),
    ];
    for (index, (damage, why)) in damages.into_iter().enumerate() {
        let folder = Folder::new();
        folder.filled();
        damage(&folder.file());
        let cache = folder.cache();
        assert_eq!(cache.get(&key(7)), None, "{index}");
        cache.put(key(7), &reply(7));
        cache.close();
        assert_eq!(cache.get(&key(7)), Some(reply(7)), "{index}");
        let expected = format!(
            "warning: the response cache .llmops/cache.db was {why}; it is now cache.db.damaged-1, and a new one is begun"
        );
        assert_eq!(cache.take_notices(), [expected], "{index}");
        assert_eq!(folder.set_aside(), ["cache.db.damaged-1"], "{index}");
    }
}

#[test]
fn damage_in_the_middle_of_a_run_does_not_end_it() {
    let folder = Folder::new();
    folder.filled();
    let (one, other) = (folder.cache(), folder.cache());
    assert!(one.get(&key(1)).is_some() && other.get(&key(1)).is_some());
    one_letter(&folder.file());
    assert_eq!(one.get(&key(7)), None);
    one.put(key(7), &reply(7));
    one.close();
    // The other still reads the old file, and must not set the new one aside.
    assert_eq!(other.get(&key(7)), None);
    assert_eq!(other.get(&key(7)), Some(reply(7)));
    assert_eq!((one.take_notices().len(), other.take_notices().len()), (1, 0));
    assert_eq!(folder.set_aside().len(), 1);
}

#[test]
fn many_that_find_a_damaged_file_at_once_set_it_aside_once() {
    let folder = Folder::new();
    folder.filled();
    garbage(&folder.file());
    let caches: Vec<Cache> = (0..8).map(|_| folder.cache()).collect();
    std::thread::scope(|scope| {
        for (cache, number) in caches.iter().zip(0..) {
            scope.spawn(move || {
                cache.get(&key(number));
                cache.put(key(number), &reply(number));
                cache.close();
            });
        }
    });
    let notices: Vec<String> = caches.iter().flat_map(Cache::take_notices).collect();
    assert_eq!((notices.len(), folder.set_aside().len()), (1, 1), "{notices:?}");
    assert!((0..8).all(|number| caches[0].get(&key(number)) == Some(reply(number))));
}

#[test]
fn a_cache_that_cannot_be_made_is_said_once_and_costs_nothing_else() {
    let folder = Folder::new();
    std::fs::write(folder.0.path().join(".llmops"), "a file where the folder should be").unwrap();
    let cache = folder.cache();
    assert_eq!(cache.get(&key(1)), None);
    cache.put(key(1), &reply(1));
    cache.close();
    assert_eq!(cache.get(&key(1)), None);
    let notices = cache.take_notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with("warning: the response cache .llmops/cache.db cannot be used: "), "{notices:?}");
    assert!(notices[0].ends_with("; the run goes on without it"), "{notices:?}");
}

#[test]
fn nothing_is_made_before_the_first_use() {
    let folder = Folder::new();
    let cache = folder.cache();
    cache.close();
    assert!(!folder.0.path().join(".llmops").exists());
    let config = folder.config("");
    assert_eq!(stats(&config, 0).unwrap(), None);
    assert_eq!(prune(&config, Keep::Nothing).unwrap(), None);
    assert!(!folder.0.path().join(".llmops").exists());
}

#[test]
fn what_is_too_old_is_pruned_and_its_space_given_back() {
    let folder = Folder::new();
    folder.filled();
    let config = folder.config("[cache]\nttl = \"10 s\"");
    let young = Cache::new(&config, || 1_000_020);
    young.put(key(1), &reply(1));
    young.close();
    let before = stats(&config, 1_000_020).unwrap().unwrap();
    assert_eq!((before.replies, before.expired), (200, 199));
    assert_eq!((before.oldest, before.newest), (Some(1_000_000), Some(1_000_020)));
    let pruned = prune(&config, Keep::After(1_000_010)).unwrap().unwrap();
    assert_eq!((pruned.removed, pruned.left), (199, 1));
    assert!(pruned.freed_bytes > 80_000, "{pruned:?} of {before:?}");
    assert_eq!(stats(&config, 0).unwrap().unwrap().replies, 1);
    assert_eq!(young.get(&key(1)), Some(reply(1)));
    assert_eq!(prune(&config, Keep::Nothing).unwrap().unwrap().removed, 1);
}

#[test]
fn a_damaged_cache_can_only_be_deleted() {
    let folder = Folder::new();
    folder.filled();
    garbage(&folder.file());
    let config = folder.config("");
    let error = stats(&config, 0).unwrap_err();
    assert_eq!(error.to_string(), "the response cache .llmops/cache.db is damaged");
    assert!(prune(&config, Keep::After(0)).is_err());
    assert!(prune(&config, Keep::Nothing).unwrap().unwrap().freed_bytes > 0);
    assert!(!folder.file().exists());
}
