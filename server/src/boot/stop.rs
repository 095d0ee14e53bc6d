//! SIGTERM and Ctrl-C: the first stops the process in order, a second Ctrl-C ends it at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Returns a token that the first signal cancels.
pub fn on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let asked = token.clone();
    tokio::spawn(async move {
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
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
