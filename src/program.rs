//! Programs of the user's that are started, and that end with everything which they have started.

use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

/// A program in a folder, at the head of a group of its own, with pipes for all that it reads and writes.
pub(crate) fn command(program: &str, arguments: &[String], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// A program that runs. When this is dropped, whatever it has started is ended too: a wrapper such as a shell would leave the real
/// program running.
pub(crate) struct Running(pub(crate) Child);

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        let group = self.0.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            // It may have ended already.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}
