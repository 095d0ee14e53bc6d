//! Whether the event stream is connected, judged only by the age of the last heartbeat.

use model::Time;

/// Age of the last heartbeat from which the connection counts as lost. The server sends one every two seconds.
pub const LOST_AFTER_MS: f64 = 6_000.0;

/// The last heartbeat, by the server's clock and by the browser's monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    /// The server's time in the last heartbeat, and the local time of its arrival in milliseconds.
    last: Option<(Time, f64)>,
    local_ms: f64,
}

impl Line {
    /// Whether no heartbeat has arrived yet.
    pub fn is_new(&self) -> bool {
        self.last.is_none()
    }

    pub fn heartbeat(&mut self, server: Time, local_ms: f64) {
        self.last = Some((server, local_ms));
        self.local_ms = local_ms;
    }

    pub fn tick(&mut self, local_ms: f64) {
        self.local_ms = self.local_ms.max(local_ms);
    }

    /// Milliseconds since the last heartbeat.
    pub fn age_ms(&self) -> Option<f64> {
        self.last.map(|(_, heard)| (self.local_ms - heard).max(0.0))
    }

    /// The server's time of the last heartbeat, if the connection counts as lost.
    pub fn lost_since(&self) -> Option<Time> {
        let (server, _) = self.last?;
        (self.age_ms()? > LOST_AFTER_MS).then_some(server)
    }

    /// The server's current time in full seconds; that of the last heartbeat while the connection is lost.
    #[expect(clippy::cast_possible_truncation, reason = "at most LOST_AFTER_MS")]
    pub fn server_time(&self) -> Option<Time> {
        let (server, _) = self.last?;
        let since = if self.lost_since().is_some() { 0 } else { self.age_ms()? as i64 };
        Some(Time((server.0 + since).div_euclid(1_000) * 1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        let mut line = Line::default();
        line.heartbeat(Time(1_000_000), 500.0);
        line
    }

    #[test]
    fn clock_runs_between_heartbeats() {
        let mut line = line();
        line.tick(2_600.0);
        assert_eq!(line.server_time(), Some(Time(1_002_000)));
        assert_eq!(line.lost_since(), None);
    }

    #[test]
    fn silent_connection_is_lost_and_clock_stops() {
        let mut line = line();
        line.tick(500.0 + LOST_AFTER_MS + 1.0);
        assert_eq!(line.lost_since(), Some(Time(1_000_000)));
        assert_eq!(line.server_time(), Some(Time(1_000_000)));
        line.tick(900_000.0);
        assert_eq!(line.server_time(), Some(Time(1_000_000)));
        line.heartbeat(Time(1_900_000), 900_100.0);
        assert_eq!(line.lost_since(), None);
        assert_eq!(line.server_time(), Some(Time(1_900_000)));
    }

    #[test]
    fn unopened_connection_has_no_time() {
        let mut line = Line::default();
        line.tick(90_000.0);
        assert!(line.is_new());
        assert_eq!((line.server_time(), line.lost_since()), (None, None));
    }
}
