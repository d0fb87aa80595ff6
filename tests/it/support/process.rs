//! A server that a script of `tests/servers/` starts. It serves until its standard input closes, so it ends with this
//! process, however that ends.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

pub(crate) struct Served {
    /// What the script printed behind `NAME=`.
    pub(crate) value: String,
    /// Holds the script's standard input open.
    _child: Child,
}

impl Served {
    /// Starts `script` and waits for the line `NAME=VALUE`.
    pub(crate) fn start(script: &str, arguments: &[&str], name: &str) -> Self {
        let Launched { value, child, .. } = Launched::start(script, arguments, name);
        Self { value, _child: child }
    }
}

/// A script that has said what it serves.
pub(crate) struct Launched {
    pub(crate) value: String,
    pub(crate) child: Child,
    /// What it prints from now on.
    pub(crate) lines: Printed,
}

pub(crate) type Printed = Lines<BufReader<ChildStdout>>;

impl Launched {
    /// Starts `script` and waits for the line `NAME=VALUE`. Fails the test with the script's own words if it cannot.
    pub(crate) fn start(script: &str, arguments: &[&str], name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(script);
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut child = Command::new(&path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let value = value(&mut lines, name).unwrap_or_else(|| {
            let said = std::fs::read_to_string(log.path()).unwrap_or_default();
            panic!("tests/servers/{script} did not start: {said}")
        });
        Self { value, child, lines }
    }
}

/// What is printed next behind `NAME=`.
pub(crate) fn value(lines: &mut Printed, name: &str) -> Option<String> {
    let prefix = format!("{name}=");
    lines.map_while(Result::ok).find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
}
