//! A real PostgreSQL with pgvector, one for all tests of a process; each test gets a database of its own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::process::Served;

static SERVER: OnceLock<Served> = OnceLock::new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// The address of a new, empty database.
pub(crate) fn database() -> String {
    let server = &SERVER.get_or_init(|| Served::start("pgvector.sh", &[], "DATABASE_URL")).value;
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("llmops_test_{}_{number}", std::process::id());
    execute(server, &format!("create database {name}"));
    let (before, after) = server.rsplit_once('/').expect("the address ends in a database");
    let options = after.split_once('?').map(|(_, options)| format!("?{options}")).unwrap_or_default();
    format!("{before}/{name}{options}")
}

/// Runs statements and returns the rows of the last ones, their columns joined by `|`.
pub(crate) fn execute(url: &str, sql: &str) -> Vec<String> {
    let (url, sql) = (url.to_owned(), sql.to_owned());
    // A thread of its own, because a test may already be inside a runtime.
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let (client, connection) =
                tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("a connection");
            tokio::spawn(connection);
            let messages = client.simple_query(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            messages.iter().filter_map(row).collect()
        })
    };
    std::thread::spawn(work).join().expect("the statements run")
}

fn row(message: &tokio_postgres::SimpleQueryMessage) -> Option<String> {
    let tokio_postgres::SimpleQueryMessage::Row(row) = message else { return None };
    let columns = (0..row.len()).map(|index| row.get(index).unwrap_or("null"));
    Some(columns.collect::<Vec<_>>().join("|"))
}
