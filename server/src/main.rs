//! The program `logyard`: see `logyard::cli`.

use std::process::ExitCode;

/// A listing makes thousands of small strings in one thread and frees them in another, which mimalloc does faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    logyard::cli::main()
}
