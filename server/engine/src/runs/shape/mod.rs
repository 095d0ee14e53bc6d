//! Loss by shape: whether what is lost has something in common. "Objects under 8 kB lose everything."
//!
//! Along each of four dimensions (size, age, prefix, duration) the objects are parted at round places, and each part is
//! held against the rest: Fisher's exact test, one-sided. Losses come in bursts, and sizes follow the hour, so that a
//! burst at night looks like a loss of small objects; therefore what is left of the losses once the part explains them
//! is looked at stretch by stretch of time, and where it varies more than chance does, the counts weigh so much less.
//!
//! Always: where nothing but chance is at work, bursts or not, at most one evaluation in a thousand tells of any shape.
//! The level is divided by the number of all parts looked at.

mod cuts;
mod fisher;
mod words;

use std::collections::BTreeMap;

use model::{Dimension, LossShape, Time};

pub use self::words::prefix_of;
use self::{
    cuts::{Part, partings},
    fisher::ln_p,
};

/// Of evaluations of nothing but chance, the share that tells of a shape, at most.
pub const FALSE_ALARMS: f64 = 0.001;
/// Fewer are no shape, whatever the figures say.
const LEAST_LOST: u64 = 3;
/// A part that loses less than so many times what the rest loses is of no use to anybody.
const LEAST_RATIO: u64 = 2;
/// How much bursts vary is only estimated, and from few of them: what is above chance counts so many times.
const DOUBT: f64 = 1.5;
/// Into how many stretches of time samples are divided, to see whether losses come in bursts.
const STRETCHES: [usize; 4] = [8, 16, 32, 64];

/// An object, and how it fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was handled, or written if it was not.
    pub at: Time,
    /// Bytes.
    pub size: Option<u64>,
    /// When it was handled.
    pub age_ms: Option<u64>,
    /// See [`prefix_of`].
    pub prefix: Option<String>,
    /// Of its run.
    pub duration_ms: Option<u64>,
    pub lost: bool,
}

/// A part against the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Table {
    lost: u64,
    of: u64,
    elsewhere_lost: u64,
    elsewhere_of: u64,
}

/// What losses have in common: at most one shape a dimension, the clearest first.
pub fn losses(samples: &[Sample]) -> Vec<LossShape> {
    let mut ordered: Vec<&Sample> = samples.iter().collect();
    ordered.sort_by_key(|sample| sample.at);
    if (ordered.iter().filter(|sample| sample.lost).count() as u64) < LEAST_LOST {
        return Vec::new();
    }
    let partings = partings(&ordered);
    let looked = partings.iter().map(|parting| parting.tables.len()).sum::<usize>();
    #[expect(clippy::cast_precision_loss, reason = "some hundred parts")]
    let ln_looked = (looked.max(1) as f64).ln();
    let mut shapes: Vec<(f64, LossShape)> = Vec::new();
    for parting in &partings {
        let significant = parting.tables.iter().filter_map(|(part, table)| {
            let corrected = weigh(&ordered, part, *table, ln_looked)?;
            Some((corrected, part, table))
        });
        if let Some((ln_p, part, table)) = significant.min_by(|(one, ..), (other, ..)| one.total_cmp(other)) {
            shapes.push((ln_p, words::shape(part, *table, ln_p.exp())));
        }
    }
    shapes.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    shapes.into_iter().map(|(_, shape)| shape).collect()
}

/// The logarithm of the part's corrected p-value, if it is significant.
fn weigh(samples: &[&Sample], part: &Part<'_>, table: Table, ln_looked: f64) -> Option<f64> {
    let telling = table.lost >= LEAST_LOST
        && u128::from(table.lost) * u128::from(table.elsewhere_of)
            >= u128::from(LEAST_RATIO) * u128::from(table.elsewhere_lost) * u128::from(table.of);
    let passes = |ln_p: f64| Some(ln_p + ln_looked).filter(|corrected| *corrected <= FALSE_ALARMS.ln());
    if !telling {
        return None;
    }
    passes(ln_p(table))?;
    passes(ln_p(lighter(table, dispersion(samples, part, table))))
}

/// The counts, weighing so many times less; what is rounded speaks against the shape.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of samples, not negative")]
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn lighter(table: Table, dispersion: f64) -> Table {
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

/// How many times more than by chance losses vary from one stretch of time to the next, once it is known how much the
/// part loses and how much the rest does; at least 1.
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

/// How many of each prefix there are.
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

/// What a dimension knows of a sample.
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
