//! The sign of life: a ping to somebody who raises the alarm when none comes. Sent only after an evaluation that was
//! recorded, so that it stops when Logyard does, or can no longer tell.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use engine::notify::Webhook;
use tokio::{task::AbortHandle, time::Instant};
use tracing::{info, warn};

use super::Context;
use crate::config;

pub struct Heart {
    /// `None`: nobody listens.
    configured: Option<(config::Heartbeat, Webhook)>,
    last: Option<(Instant, AbortHandle)>,
    /// Whether the last ping failed, so that the log tells of changes only.
    failing: Arc<AtomicBool>,
}

impl Heart {
    pub fn new(context: &Context) -> Self {
        let webhook =
            |heartbeat: &config::Heartbeat| Webhook::new(heartbeat.url.clone(), None, heartbeat.allow_private, None);
        let configured = context.config.alerts.heartbeat.clone();
        let configured = configured.map(|heartbeat| (heartbeat.clone(), webhook(&heartbeat)));
        Self { configured, last: None, failing: Arc::default() }
    }

    /// Pings, if it is time to. Does not wait for the answer.
    pub fn beat(&mut self) {
        let Some((heartbeat, webhook)) = &self.configured else { return };
        if self.last.as_ref().is_some_and(|(at, _)| at.elapsed() < heartbeat.every) {
            return;
        }
        let (webhook, failing) = (webhook.clone(), Arc::clone(&self.failing));
        let task = tokio::spawn(async move {
            let pinged = webhook.ping().await;
            let before = failing.swap(pinged.is_err(), Ordering::Relaxed);
            match pinged {
                Err(error) if !before => warn!(%error, "the heartbeat was not taken; trying again"),
                Ok(_) if before => info!("the heartbeat is taken again"),
                Ok(_) | Err(_) => {}
            }
        });
        self.last = Some((Instant::now(), task.abort_handle()));
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        if let Some((_, task)) = &self.last {
            task.abort();
        }
    }
}
