//! SIGTERM, Ctrl-C and SIGHUP: the first stops the process in order, a Ctrl-C after that ends it at once.
//!
//! SIGHUP is what a terminal sends when it closes. A process that was started to ignore it (`nohup`) goes on.

use std::{fs, future::pending};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Returns a token that the first signal cancels.
pub fn on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let asked = token.clone();
    tokio::spawn(async move {
        let mut hangup = if ignores_hangup() { None } else { signal(SignalKind::hangup()).ok() };
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    () = first(hangup.as_mut()) => {}
                }
                info!("stopping");
                asked.cancel();
                interrupt.recv().await;
                std::process::exit(130);
            }
            (Err(error), _) | (_, Err(error)) => warn!(%error, "signals not caught; only a kill ends the process"),
        }
    });
    token
}

async fn first(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}

/// Whether the process was started with SIGHUP ignored. Catching it would undo that.
fn ignores_hangup() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignored(&status) & 1 == 1)
}

/// The set of ignored signals in a status of `/proc`; the lowest bit is signal 1, SIGHUP.
fn ignored(status: &str) -> u64 {
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_status() {
        assert_eq!(ignored("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000001\n"), 0x1001);
        assert_eq!(ignored("Name:\tx\n"), 0);
    }
}
