//! What commands print: lines that no closed reader turns into a panic.
//!
//! `logyard … | head -1` closes standard output early. The command then ends as if by SIGPIPE: quietly, and with the exit
//! code 141 that shells show for it. A long command stops in order first, as after Ctrl-C. A closed standard error is
//! ignored: nobody waits for what it says. Every command prints with `out!` and `err!`.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use super::Exit;

/// As shells report a process that SIGPIPE ended.
const BROKEN_PIPE: u8 = 128 + 13;

static CLOSED: AtomicBool = AtomicBool::new(false);
static UNWRITABLE: AtomicBool = AtomicBool::new(false);

/// Prints a line to standard output.
macro_rules! out {
    () => { $crate::cli::output::print(format_args!("\n")) };
    ($($text:tt)*) => { $crate::cli::output::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// Prints a line to standard error.
macro_rules! err {
    ($($text:tt)*) => { $crate::cli::output::warn(format_args!($($text)*)) };
}

pub fn print(text: fmt::Arguments<'_>) {
    let mut output = io::stdout().lock();
    note(output.write_fmt(text).and_then(|()| output.flush()));
}

pub fn warn(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Records the result of writing to standard output.
pub fn note(written: io::Result<()>) {
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => CLOSED.store(true, Relaxed),
        Err(error) => {
            if !UNWRITABLE.swap(true, Relaxed) {
                warn(format_args!("logyard: standard output cannot be written: {error}"));
            }
        }
    }
}

/// Whether the reader of standard output is gone.
pub fn closed() -> bool {
    CLOSED.load(Relaxed)
}

/// The exit code of a command that ended with this one.
pub fn exit(code: ExitCode) -> ExitCode {
    if closed() {
        BROKEN_PIPE.into()
    } else if UNWRITABLE.load(Relaxed) && code == ExitCode::SUCCESS {
        Exit::ItemsFailed.into()
    } else {
        code
    }
}
