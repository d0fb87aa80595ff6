//! Runs a parser of foreign formats on a thread of its own, so that what a broken file makes of it stays there: a
//! panic, a deep recursion, an endless loop.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Once, mpsc};
use std::thread;
use std::time::Duration;

const THREAD: &str = "document-reader";
/// Reserved address space; memory is used only as deep as the recursion really goes.
const STACK_BYTES: usize = 256 << 20;

/// What `parse` returns, or why it did not. After the time limit its thread is left alone; nothing can stop it.
pub(super) fn run<T: Send + 'static>(
    time_limit: Duration,
    parse: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    silence_panics();
    let (sender, receiver) = mpsc::channel();
    let body = move || {
        let result = panic::catch_unwind(AssertUnwindSafe(parse));
        // Nobody listens after the time limit.
        let _ = sender.send(result);
    };
    let thread = thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK_BYTES).spawn(body);
    thread.map_err(|error| format!("no thread for it: {error}"))?;
    match receiver.recv_timeout(time_limit) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err("the file is broken".to_owned()),
        Err(_) => Err(format!("it takes longer than {} s", time_limit.as_secs())),
    }
}

/// Keeps the panics of these threads, and only of these, off standard error.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(THREAD) {
                report(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_a_deep_recursion_and_an_endless_wait_stay_apart() {
        fn deep(level: usize) -> usize {
            if level == 0 { 0 } else { 1 + std::hint::black_box(deep(level - 1)) }
        }
        let limit = Duration::from_secs(60);
        assert_eq!(run(limit, || 1), Ok(1));
        assert_eq!(run(limit, || deep(100_000)), Ok(100_000));
        assert_eq!(run::<()>(limit, || panic!("broken")), Err("the file is broken".to_owned()));
        assert_eq!(run(Duration::ZERO, thread::park), Err("it takes longer than 0 s".to_owned()));
    }
}
