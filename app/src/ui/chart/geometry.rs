//! From cumulative points to a line: rates between neighbours, scaled into a fixed box.

use std::fmt::Write;

use model::Point;

pub const WIDTH: f64 = 600.0;
pub const HEIGHT: f64 = 120.0;

pub const VIEW_BOX: &str = "0 0 600 120";

/// The zero line, the middle and the top.
pub const GRID: &str = "M0 120H600M0 60H600M0 0H600";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Objects,
    Bytes,
    /// A level, not a rate.
    Concurrency,
    Refused,
}

/// A line and what its labels say. All rates are a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub line: String,
    pub area: String,
    /// The top of the axis: a round number not below `highest`.
    pub top: f64,
    pub highest: f64,
    pub last: f64,
    /// Over the whole time.
    pub average: f64,
    pub from_ms: u64,
    pub to_ms: u64,
}

impl Chart {
    /// `None` with fewer than three points: two give one rate, which is no line.
    pub fn of(points: &[Point], measure: Measure) -> Option<Self> {
        let rates = rates(points, measure);
        let (&(from_ms, _), &(to_ms, last)) = (rates.first()?, rates.last()?);
        if rates.len() < 2 || to_ms <= from_ms {
            return None;
        }
        let highest = rates.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
        let top = round_up(highest);
        let average = average(points, measure);
        let mut line = String::with_capacity(rates.len() * 12);
        for (index, &(at, rate)) in rates.iter().enumerate() {
            let x = WIDTH * float(at - from_ms) / float(to_ms - from_ms);
            let y = HEIGHT * (1.0 - rate / top);
            let command = if index == 0 { 'M' } else { 'L' };
            let _ = write!(line, "{command}{} {}", tenths(x), tenths(y));
        }
        let area = format!("{line}V120H0Z");
        Some(Self { line, area, top, highest, last, average, from_ms, to_ms })
    }
}

fn value(point: &Point, measure: Measure) -> u64 {
    match measure {
        Measure::Objects => point.settled,
        Measure::Bytes => point.bytes,
        Measure::Concurrency => point.concurrency.into(),
        Measure::Refused => point.refused,
    }
}

fn average(points: &[Point], measure: Measure) -> f64 {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return 0.0 };
    if measure == Measure::Concurrency {
        return float(points.iter().map(|point| value(point, measure)).sum()) / float(points.len() as u64);
    }
    let gained = value(last, measure).saturating_sub(value(first, measure));
    float(gained) * 1_000.0 / float(last.active_ms.saturating_sub(first.active_ms).max(1))
}

/// Milliseconds of work, and the rate since the point before.
fn rates(points: &[Point], measure: Measure) -> Vec<(u64, f64)> {
    let between = |pair: &[Point]| {
        let ms = pair[1].active_ms.checked_sub(pair[0].active_ms).filter(|ms| *ms > 0)?;
        if measure == Measure::Concurrency {
            return Some((pair[1].active_ms, float(value(&pair[1], measure))));
        }
        let gained = value(&pair[1], measure).saturating_sub(value(&pair[0], measure));
        Some((pair[1].active_ms, float(gained) * 1_000.0 / float(ms)))
    };
    points.windows(2).filter_map(between).collect()
}

/// 1, 2 or 5 times a power of ten, not below the number.
pub fn round_up(number: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            if number <= step * factor || step > 1e18 {
                return step * factor;
            }
        }
        step *= 10.0;
    }
}

#[expect(clippy::cast_precision_loss, reason = "for a drawing")]
pub fn float(number: u64) -> f64 {
    number as f64
}

/// A coordinate with one decimal, written by integers.
#[expect(clippy::cast_possible_truncation, reason = "between 0 and 6,000")]
pub fn tenths(number: f64) -> String {
    let tenths = (number * 10.0).round() as i64;
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(active_ms: u64, settled: u64) -> Point {
        Point { active_ms, settled, bytes: settled * 1_000, ..Point::default() }
    }

    #[test]
    fn the_axis_starts_at_zero_and_ends_at_a_round_number() {
        let points = [point(0, 0), point(1_000, 80), point(2_000, 80), point(3_000, 240)];
        let chart = Chart::of(&points, Measure::Objects).unwrap();
        assert_eq!((chart.top, chart.highest, chart.last, chart.average), (200.0, 160.0, 160.0, 80.0));
        assert_eq!(chart.line, "M0 72L300 120L600 24");
        assert_eq!(chart.area, "M0 72L300 120L600 24V120H0Z");
        assert_eq!((chart.from_ms, chart.to_ms), (1_000, 3_000));
    }

    #[test]
    fn bytes_have_a_rate_of_their_own() {
        let points = [point(0, 0), point(500, 5), point(1_000, 10)];
        let Chart { highest, last, .. } = Chart::of(&points, Measure::Bytes).unwrap();
        assert_eq!((highest, last), (10_000.0, 10_000.0));
    }

    #[test]
    fn a_level_is_drawn_as_it_is() {
        let level = |active_ms: u64, concurrency: u32| Point { active_ms, concurrency, ..Point::default() };
        let points = [level(0, 64), level(1_000, 128), level(2_000, 128), level(3_000, 64)];
        let chart = Chart::of(&points, Measure::Concurrency).unwrap();
        assert_eq!((chart.highest, chart.last, chart.average, chart.top), (128.0, 64.0, 96.0, 200.0));
    }

    #[test]
    fn too_little_to_draw_is_not_drawn() {
        for points in
            [vec![], vec![point(0, 0)], vec![point(0, 0), point(1_000, 9)], vec![point(5, 1), point(5, 2), point(5, 3)]]
        {
            assert_eq!(Chart::of(&points, Measure::Objects), None, "{points:?}");
        }
    }

    #[test]
    fn a_count_that_went_back_after_a_crash_is_no_negative_rate() {
        let points = [point(0, 0), point(1_000, 500), point(2_000, 400), point(3_000, 450)];
        let chart = Chart::of(&points, Measure::Objects).unwrap();
        assert_eq!(chart.line, "M0 0L300 120L600 108");
    }
}
