//! A few connections to the database, made when they are needed.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Client;

use crate::config::Secret;
use crate::error::Result;
use crate::postgres::Server;

/// One connection is one process of the server; a gate's questions do not need more.
const CONNECTIONS: usize = 4;
pub(super) struct Pool {
    server: Server,
    permits: Semaphore,
    idle: Mutex<Vec<Client>>,
}

const HINT: &str = "is it running and reachable? its address is retrieval.pgvector.url, DATABASE_URL or DB_HOST ...";

impl Pool {
    /// Errors if the address is not one. Nothing is connected yet.
    pub(super) fn new(url: &Secret) -> Result<Self> {
        let server = Server::new(url, HINT)?;
        Ok(Self { server, permits: Semaphore::new(CONNECTIONS), idle: Mutex::default() })
    }

    /// A connection for one use.
    pub(super) async fn lease(&self) -> Result<Lease<'_>> {
        let permit = self.permits.acquire().await.expect("the semaphore is never closed");
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|client| !client.is_closed());
            idle.pop()
        };
        let client = match idle {
            Some(client) => client,
            None => self.server.connect().await?,
        };
        Ok(Lease { pool: self, client, _permit: permit })
    }
}

/// A connection that goes back to the pool only by `release`: after a failure, or when its work was abandoned half
/// way, it is closed.
pub(super) struct Lease<'p> {
    pool: &'p Pool,
    client: Client,
    _permit: SemaphorePermit<'p>,
}

impl Lease<'_> {
    pub(super) fn release(self) {
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.client);
    }
}

impl Deref for Lease<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}
