//! The real weights of the local embedder, fetched on first use.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder for `LLMOPS_MODELS`. Fails the test with what is missing where it cannot be made.
pub(crate) fn models() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/minilm.sh");
    let output = Command::new(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim_end());
    let line = String::from_utf8(output.stdout).unwrap();
    line.trim_end().strip_prefix("LLMOPS_MODELS=").unwrap().into()
}
