//! Whether the runner of this process is at work: seen from outside, without asking it.
//!
//! It makes itself heard each time it goes round, which is once a second if nothing else, and only after the database
//! answered. Silence as long as a lease means that nobody takes jobs here, whatever holds it up.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

/// The runner's end.
pub struct Heart(watch::Sender<Instant>);

/// What others see of it. Cheap to clone.
#[derive(Clone)]
pub struct Pulse {
    beats: watch::Receiver<Instant>,
    within: Duration,
}

/// What a runner is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vitality {
    RunsJobs,
    /// It has not been heard of for as long as a lease lasts.
    Silent,
    Stopped,
}

/// `within`: how long it may be silent.
pub fn heart(within: Duration) -> (Heart, Pulse) {
    let (heart, beats) = watch::channel(Instant::now());
    (Heart(heart), Pulse { beats, within })
}

impl Heart {
    pub fn beat(&self) {
        self.0.send_replace(Instant::now());
    }
}

impl Pulse {
    pub fn take(&self) -> Vitality {
        if self.beats.has_changed().is_err() {
            Vitality::Stopped
        } else if self.beats.borrow().elapsed() > self.within {
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
    fn a_runner_that_goes_round_is_at_work_a_dropped_one_is_not() {
        let (heart, pulse) = heart(Duration::from_hours(1));
        assert_eq!(pulse.take(), Vitality::RunsJobs);
        heart.beat();
        assert_eq!(pulse.take(), Vitality::RunsJobs);
        drop(heart);
        assert_eq!(pulse.take(), Vitality::Stopped);
    }

    #[test]
    fn a_runner_that_is_not_heard_of_in_time_is_silent() {
        let (_heart, pulse) = heart(Duration::ZERO);
        let began = Instant::now();
        while Instant::now() == began {}
        assert_eq!(pulse.take(), Vitality::Silent);
    }
}
