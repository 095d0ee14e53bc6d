//! Loss shapes: finds what lost objects have in common, such as "Objects under 8 kB lose everything."
//!
//! Along each of four dimensions (size, age, prefix, duration) the objects are split at round values, and each part is
//! compared with the rest by Fisher's exact test, one-sided. Losses come in bursts and sizes follow the hour of the
//! day, so a burst at night looks like a loss of small objects. Therefore the losses that the part does not explain are
//! examined per stretch of time; where they vary more than by chance, the counts are scaled down accordingly.
//!
//! Always: for purely random losses, in bursts or not, at most one evaluation in a thousand finds a shape. The
//! significance level is divided by the number of parts tested.

mod fisher;
mod partitions;
mod words;

use std::collections::BTreeMap;

use model::{Dimension, LossShape, Time};

pub use self::words::prefix_of;
use self::{
    fisher::ln_p,
    partitions::{Part, partitions},
};

/// Largest share of evaluations of purely random losses that find a shape.
pub const FALSE_ALARMS: f64 = 0.001;
/// Fewest losses that make a shape.
const LEAST_LOST: u64 = 3;
/// Smallest ratio of a part's loss rate to the rest's that makes a shape.
const LEAST_RATIO: u64 = 2;
/// Safety factor for the estimated variation of bursts, as it is estimated from few of them.
const DOUBT: f64 = 1.5;
/// Numbers of stretches of time that the samples are divided into to detect bursts.
const STRETCHES: [usize; 4] = [8, 16, 32, 64];

/// An object, and whether its events were lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was processed; when it was written if it was not processed.
    pub at: Time,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Age when it was processed.
    pub age_ms: Option<u64>,
    /// See [`prefix_of`].
    pub prefix: Option<String>,
    /// Duration of its run.
    pub duration_ms: Option<u64>,
    pub lost: bool,
}

/// Counts of lost and all objects, in a part and elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Table {
    lost: u64,
    of: u64,
    elsewhere_lost: u64,
    elsewhere_of: u64,
}

/// Finds what losses have in common: at most one shape per dimension, the most significant first.
pub fn losses(samples: &[Sample]) -> Vec<LossShape> {
    let mut ordered: Vec<&Sample> = samples.iter().collect();
    ordered.sort_by_key(|sample| sample.at);
    if (ordered.iter().filter(|sample| sample.lost).count() as u64) < LEAST_LOST {
        return Vec::new();
    }
    let partitions = partitions(&ordered);
    let tests = partitions.iter().map(|partition| partition.tables.len()).sum::<usize>();
    #[expect(clippy::cast_precision_loss, reason = "some hundred parts")]
    let ln_tests = (tests.max(1) as f64).ln();
    let mut shapes: Vec<(f64, LossShape)> = Vec::new();
    for partition in &partitions {
        let significant = partition.tables.iter().filter_map(|(part, table)| {
            let corrected = corrected_p(&ordered, part, *table, ln_tests)?;
            Some((corrected, part, table))
        });
        if let Some((ln_p, part, table)) = significant.min_by(|(one, ..), (other, ..)| one.total_cmp(other)) {
            shapes.push((ln_p, words::shape(part, *table, ln_p.exp())));
        }
    }
    shapes.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    shapes.into_iter().map(|(_, shape)| shape).collect()
}

/// Logarithm of the part's corrected p-value, if it is significant.
fn corrected_p(samples: &[&Sample], part: &Part<'_>, table: Table, ln_tests: f64) -> Option<f64> {
    let relevant = table.lost >= LEAST_LOST
        && u128::from(table.lost) * u128::from(table.elsewhere_of)
            >= u128::from(LEAST_RATIO) * u128::from(table.elsewhere_lost) * u128::from(table.of);
    let passes = |ln_p: f64| Some(ln_p + ln_tests).filter(|corrected| *corrected <= FALSE_ALARMS.ln());
    if !relevant {
        return None;
    }
    passes(ln_p(table))?;
    passes(ln_p(scale_down(table, dispersion(samples, part, table))))
}

/// Divides the counts by the dispersion, rounding against the shape.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of samples, not negative")]
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn scale_down(table: Table, dispersion: f64) -> Table {
    if dispersion <= 1.0 {
        return table;
    }
    let scaled = |count: u64| count as f64 / dispersion;
    let (lost, elsewhere_lost) = (scaled(table.lost).floor() as u64, scaled(table.elsewhere_lost).ceil() as u64);
    Table {
        lost,
        of: (scaled(table.of).ceil() as u64).max(lost),
        elsewhere_lost,
        elsewhere_of: (scaled(table.elsewhere_of).floor() as u64).max(elsewhere_lost),
    }
}

/// How much more than by chance losses vary between stretches of time, given the loss rates of the part and of the
/// rest; at least 1.
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn dispersion(samples: &[&Sample], part: &Part<'_>, table: Table) -> f64 {
    let mut most = 1.0_f64;
    for stretches in STRETCHES {
        let length = samples.len().div_ceil(stretches).max(2);
        let (mut squares, mut cells) = (0.0, 0_usize);
        for stretch in samples.chunks(length) {
            let mut counts = [(0_u64, 0_u64); 2];
            for sample in stretch {
                if let Some(inside) = part.holds(sample) {
                    let (lost, of) = &mut counts[usize::from(inside)];
                    *lost += u64::from(sample.lost);
                    *of += 1;
                }
            }
            let rates = [(table.elsewhere_lost, table.elsewhere_of), (table.lost, table.of)];
            for ((lost, of), (all_lost, all)) in counts.into_iter().zip(rates) {
                if of == 0 || all == 0 {
                    continue;
                }
                cells += 1;
                let rate = all_lost as f64 / all as f64;
                let (expected, variance) = (of as f64 * rate, of as f64 * rate * (1.0 - rate));
                if variance > 0.0 {
                    squares += (lost as f64 - expected).powi(2) / variance;
                }
            }
        }
        if cells > 2 {
            let excess = squares / (cells - 2) as f64 - 1.0;
            most = most.max(1.0 + DOUBT * excess);
        }
    }
    most
}

/// Lost and all objects per prefix.
fn by_prefix<'a>(samples: &[&'a Sample]) -> BTreeMap<&'a str, (u64, u64)> {
    let mut counts = BTreeMap::new();
    for sample in samples {
        if let Some(prefix) = &sample.prefix {
            let (lost, of) = counts.entry(prefix.as_str()).or_insert((0, 0));
            *lost += u64::from(sample.lost);
            *of += 1;
        }
    }
    counts
}

/// A sample's value in a dimension.
fn value(dimension: Dimension, sample: &Sample) -> Option<u64> {
    match dimension {
        Dimension::Size => sample.size,
        Dimension::Age => sample.age_ms,
        Dimension::Duration => sample.duration_ms,
        Dimension::Prefix => None,
    }
}

#[cfg(test)]
mod tests;
