//! Whether the line is alive, judged by the age of its last beat alone.

use model::Time;

/// The server beats every two seconds; three missed beats are a lost line.
pub const LOST_AFTER_MS: f64 = 6_000.0;

/// The server's last beat against the browser's monotonic clock, both in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    /// The server's time in the last beat, and the local time when it came.
    last: Option<(Time, f64)>,
    local_ms: f64,
}

impl Line {
    /// True until the first beat.
    pub fn is_new(&self) -> bool {
        self.last.is_none()
    }

    pub fn beat(&mut self, server: Time, local_ms: f64) {
        self.last = Some((server, local_ms));
        self.local_ms = local_ms;
    }

    pub fn tick(&mut self, local_ms: f64) {
        self.local_ms = self.local_ms.max(local_ms);
    }

    /// Milliseconds since the last beat.
    pub fn age_ms(&self) -> Option<f64> {
        self.last.map(|(_, heard)| (self.local_ms - heard).max(0.0))
    }

    /// When the last beat came, in the server's time, once the line counts as lost.
    pub fn lost_since(&self) -> Option<Time> {
        let (server, _) = self.last?;
        (self.age_ms()? > LOST_AFTER_MS).then_some(server)
    }

    /// The server's time now, in whole seconds; while the line is lost, that of the last beat.
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
        line.beat(Time(1_000_000), 500.0);
        line
    }

    #[test]
    fn time_goes_on_between_beats() {
        let mut line = line();
        line.tick(2_600.0);
        assert_eq!(line.server_time(), Some(Time(1_002_000)));
        assert_eq!(line.lost_since(), None);
    }

    #[test]
    fn a_silent_line_is_lost_and_its_clock_stands_still() {
        let mut line = line();
        line.tick(500.0 + LOST_AFTER_MS + 1.0);
        assert_eq!(line.lost_since(), Some(Time(1_000_000)));
        assert_eq!(line.server_time(), Some(Time(1_000_000)));
        line.tick(900_000.0);
        assert_eq!(line.server_time(), Some(Time(1_000_000)));
        line.beat(Time(1_900_000), 900_100.0);
        assert_eq!(line.lost_since(), None);
        assert_eq!(line.server_time(), Some(Time(1_900_000)));
    }

    #[test]
    fn a_line_never_opened_knows_no_time() {
        let mut line = Line::default();
        line.tick(90_000.0);
        assert!(line.is_new());
        assert_eq!((line.server_time(), line.lost_since()), (None, None));
    }
}
