//! Whether the runner of this process is alive, seen from outside without asking it.
//!
//! The runner sends a heartbeat with each poll, at least once a second, and only after the database answered. Silence
//! as long as a lease means that this process takes no jobs, whatever the cause.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

/// Sends heartbeats: the runner's side.
pub struct Heartbeat(watch::Sender<Instant>);

/// Reads heartbeats. Cheap to clone.
#[derive(Clone)]
pub struct Pulse {
    heartbeats: watch::Receiver<Instant>,
    within: Duration,
}

/// What a runner is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vitality {
    RunsJobs,
    /// No heartbeat came for as long as a lease lasts.
    Silent,
    Stopped,
}

/// `within`: how long the runner may be silent.
pub fn heartbeat(within: Duration) -> (Heartbeat, Pulse) {
    let (sender, heartbeats) = watch::channel(Instant::now());
    (Heartbeat(sender), Pulse { heartbeats, within })
}

impl Heartbeat {
    pub fn send(&self) {
        self.0.send_replace(Instant::now());
    }
}

impl Pulse {
    pub fn take(&self) -> Vitality {
        if self.heartbeats.has_changed().is_err() {
            Vitality::Stopped
        } else if self.heartbeats.borrow().elapsed() > self.within {
            Vitality::Silent
        } else {
            Vitality::RunsJobs
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_runner_is_stopped() {
        let (heartbeat, pulse) = heartbeat(Duration::from_hours(1));
        assert_eq!(pulse.take(), Vitality::RunsJobs);
        heartbeat.send();
        assert_eq!(pulse.take(), Vitality::RunsJobs);
        drop(heartbeat);
        assert_eq!(pulse.take(), Vitality::Stopped);
    }

    #[test]
    fn runner_without_heartbeat_is_silent() {
        let (_heartbeat, pulse) = heartbeat(Duration::ZERO);
        let began = Instant::now();
        while Instant::now() == began {}
        assert_eq!(pulse.take(), Vitality::Silent);
    }
}
