//! One real llama.cpp server, for chat and embeddings, for all tests of the process.

use std::sync::OnceLock;

use super::process::Served;

/// Its address, as `OPENAI_BASE_URL` is written.
pub(crate) fn base_url() -> String {
    static SERVER: OnceLock<Served> = OnceLock::new();
    SERVER.get_or_init(|| Served::start("llama.sh", &["--embedding"], "OPENAI_BASE_URL")).value.clone()
}
