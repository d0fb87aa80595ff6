//! The program; everything is in the library.

use std::process::ExitCode;

/// Many small values come and go on every thread; the system's allocator takes a fifth of a run's time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    llmops::run().into()
}
