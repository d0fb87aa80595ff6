//! A server that a script of `tests/servers/` starts. It serves until its standard input closes, so it ends with this
//! process, however that ends.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) struct Served {
    /// What the script printed behind `NAME=`.
    pub(crate) value: String,
    /// Holds the script's standard input open.
    _child: Child,
}

impl Served {
    /// Starts `script` and waits for the line `NAME=VALUE`. Fails the test with the script's own words if it cannot.
    pub(crate) fn start(script: &str, arguments: &[&str], name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(script);
        let log = std::env::temp_dir().join(format!("llmops-{}-{script}.log", std::process::id()));
        let mut child = Command::new(&path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let prefix = format!("{name}=");
        let value = lines.map_while(Result::ok).find_map(|line| line.strip_prefix(&prefix).map(str::to_owned));
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let _ = std::fs::remove_file(&log);
        let value = value.unwrap_or_else(|| panic!("tests/servers/{script} did not start: {said}"));
        Self { value, _child: child }
    }
}
