//! What the integration tests stand on, for the unit tests of what calls servers.

#[path = "../tests/it/support/http.rs"]
pub(crate) mod http;
#[path = "../tests/it/support/minilm.rs"]
pub(crate) mod minilm;
#[path = "../tests/it/support/postgres.rs"]
pub(crate) mod postgres;
#[path = "../tests/it/support/process.rs"]
#[expect(dead_code, reason = "only an integration test reads on after the start")]
mod process;
