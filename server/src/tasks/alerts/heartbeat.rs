//! The heartbeat: pings a service that raises the alarm when no ping comes. Sent only after an evaluation that was
//! recorded, so that pings stop when Logyard stops, or can no longer evaluate.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use engine::notify::Webhook;
use tokio::{task::AbortHandle, time::Instant};
use tracing::{info, warn};

use super::Context;
use crate::config;

pub struct Heartbeat {
    /// `None`: no service is configured.
    configured: Option<(config::Heartbeat, Webhook)>,
    last: Option<(Instant, AbortHandle)>,
    /// Whether the last ping failed, so that only changes are logged.
    failing: Arc<AtomicBool>,
}

impl Heartbeat {
    pub fn new(context: &Context) -> Self {
        let webhook =
            |heartbeat: &config::Heartbeat| Webhook::new(heartbeat.url.clone(), None, heartbeat.allow_private, None);
        let configured = context.config.alerts.heartbeat.clone();
        let configured = configured.map(|heartbeat| (heartbeat.clone(), webhook(&heartbeat)));
        Self { configured, last: None, failing: Arc::default() }
    }

    /// Pings, if it is time to. Does not wait for the answer.
    pub fn ping(&mut self) {
        let Some((heartbeat, webhook)) = &self.configured else { return };
        if self.last.as_ref().is_some_and(|(at, _)| at.elapsed() < heartbeat.every) {
            return;
        }
        let (webhook, failing) = (webhook.clone(), Arc::clone(&self.failing));
        let task = tokio::spawn(async move {
            let pinged = webhook.ping().await;
            let before = failing.swap(pinged.is_err(), Ordering::Relaxed);
            match pinged {
                Err(error) if !before => warn!(%error, "heartbeat ping failed; retrying"),
                Ok(_) if before => info!("heartbeat pings succeed again"),
                Ok(_) | Err(_) => {}
            }
        });
        self.last = Some((Instant::now(), task.abort_handle()));
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        if let Some((_, task)) = &self.last {
            task.abort();
        }
    }
}
