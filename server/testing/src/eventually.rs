//! Waiting for a condition instead of for a time.
//!
//! ```ignore
//! eventually("the alert is resolved", within(20.secs()), || server.alert(id).is_resolved()).await;
//! ```
//!
//! Always: a wait ends at its deadline, even if a probe never answers, and then names what never came, the last value
//! seen, and the line of the test.

use std::{
    fmt::{Debug, Display},
    panic::Location,
    thread,
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout_at};

/// The pause after the first probe; it doubles with each one.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How long a condition may take. Only a test that fails waits for the end of it.
#[derive(Clone, Copy)]
pub struct Within {
    limit: Duration,
    longest_pause: Duration,
}

pub fn within(limit: Duration) -> Within {
    Within { limit, longest_pause: LONGEST_PAUSE }
}

impl Within {
    /// Probes at least this often; for a test that must act at once.
    #[must_use]
    pub fn every(self, longest_pause: Duration) -> Self {
        Self { longest_pause, ..self }
    }
}

/// Durations as tests write them: `20.secs()`.
pub trait Span {
    fn millis(self) -> Duration;
    fn secs(self) -> Duration;
    fn mins(self) -> Duration;
}

impl Span for u64 {
    fn millis(self) -> Duration {
        Duration::from_millis(self)
    }

    fn secs(self) -> Duration {
        Duration::from_secs(self)
    }

    fn mins(self) -> Duration {
        Duration::from_mins(self)
    }
}

/// What a probe returns: either the value waited for, or what was seen instead of it.
pub trait Answer {
    type Value;

    fn arrived(self) -> Result<Self::Value, String>;
}

impl Answer for bool {
    type Value = ();

    fn arrived(self) -> Result<(), String> {
        if self { Ok(()) } else { Err("false".to_owned()) }
    }
}

impl<T> Answer for Option<T> {
    type Value = T;

    fn arrived(self) -> Result<T, String> {
        self.ok_or_else(|| "nothing".to_owned())
    }
}

impl<T, E: Debug> Answer for Result<T, E> {
    type Value = T;

    fn arrived(self) -> Result<T, String> {
        self.map_err(|seen| format!("{seen:?}"))
    }
}

/// The value if it is as wanted; otherwise the wait goes on, and the value is shown if it fails.
pub fn seen<T>(value: T, as_wanted: impl FnOnce(&T) -> bool) -> Result<T, T> {
    if as_wanted(&value) { Ok(value) } else { Err(value) }
}

/// Calls the probe until its answer arrives; panics after the deadline.
#[track_caller]
pub fn eventually<A: Answer>(
    what: impl Display,
    within: Within,
    mut probe: impl FnMut() -> A,
) -> impl Future<Output = A::Value> {
    let mut wait = Wait::new(what, within);
    async move {
        loop {
            match probe().arrived() {
                Ok(value) => return value,
                Err(last) => wait.missed(last),
            }
            sleep(wait.pause()).await;
        }
    }
}

/// The same with a probe that has to wait for its answer.
#[track_caller]
pub fn eventually_async<A: Answer, F: Future<Output = A>>(
    what: impl Display,
    within: Within,
    mut probe: impl FnMut() -> F,
) -> impl Future<Output = A::Value> {
    let mut wait = Wait::new(what, within);
    async move {
        loop {
            match timeout_at(wait.deadline, probe()).await.map(Answer::arrived) {
                Ok(Ok(value)) => return value,
                Ok(Err(last)) => wait.missed(last),
                Err(_) => wait.fail(),
            }
            sleep(wait.pause()).await;
        }
    }
}

/// The same on a thread that may be blocked.
#[track_caller]
pub fn eventually_blocking<A: Answer>(what: impl Display, within: Within, mut probe: impl FnMut() -> A) -> A::Value {
    let mut wait = Wait::new(what, within);
    loop {
        match probe().arrived() {
            Ok(value) => return value,
            Err(last) => wait.missed(last),
        }
        thread::sleep(wait.pause());
    }
}

struct Wait {
    what: String,
    within: Within,
    deadline: Instant,
    pause: Duration,
    last: String,
    caller: &'static Location<'static>,
}

impl Wait {
    #[track_caller]
    fn new(what: impl Display, within: Within) -> Self {
        Self {
            what: what.to_string(),
            deadline: Instant::now() + within.limit,
            within,
            pause: FIRST_PAUSE,
            last: "no answer".to_owned(),
            caller: Location::caller(),
        }
    }

    fn missed(&mut self, last: String) {
        self.last = last;
        if Instant::now() >= self.deadline {
            self.fail();
        }
    }

    fn pause(&mut self) -> Duration {
        let pause = self.pause.min(self.within.longest_pause);
        self.pause = pause * 2;
        pause
    }

    fn fail(&self) -> ! {
        panic!("never within {:?}: {}; last seen: {} ({})", self.within.limit, self.what, self.last, self.caller)
    }
}

#[cfg(test)]
mod tests;
