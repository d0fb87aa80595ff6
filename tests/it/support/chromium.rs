//! A real browser without a window, started for one page at a time.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the browser made of a page.
pub(crate) struct Shown {
    /// The document after its scripts ran, as HTML.
    pub(crate) dom: String,
    /// Everything that the browser's network stack did, as JSON.
    pub(crate) network: String,
}

/// Opens a file with this fragment of its address, and waits until the page's scripts are done.
pub(crate) fn open(page: &Path, fragment: &str) -> Shown {
    let profile = tempfile::tempdir().unwrap();
    let log = profile.path().join("network.json");
    let output = Command::new(program())
        // No sandbox: in a container and as root there is none to be had.
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--virtual-time-budget=5000",
        ])
        .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
        .arg(format!("--log-net-log={}", log.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}{fragment}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    assert!(dom.starts_with("<!DOCTYPE html>"), "{dom}\n{}", String::from_utf8_lossy(&output.stderr));
    Shown { dom, network: std::fs::read_to_string(log).unwrap() }
}

fn program() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/chromium.sh");
    let output = Command::new(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim_end());
    let line = String::from_utf8(output.stdout).unwrap();
    line.trim_end().strip_prefix("CHROMIUM=").unwrap().into()
}

impl Shown {
    /// The ids of the cases in the table, in order.
    pub(crate) fn cases(&self) -> Vec<&str> {
        self.dom.split(" data-id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    }

    /// What stands in the element with this id, as HTML.
    pub(crate) fn inner(&self, id: &str) -> &str {
        let (_, rest) = self.dom.split_once(&format!("id=\"{id}\"")).unwrap();
        rest.split_once('>').unwrap().1.split_once("</").unwrap().0
    }

    pub(crate) fn title(&self) -> &str {
        self.dom.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0
    }
}
