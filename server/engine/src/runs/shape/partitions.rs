//! The parts that are tested: below and above round values of each dimension, and each prefix.

use model::Dimension;

use super::{Sample, Table, by_prefix, value};

/// Fewest samples on either side of a split.
const LEAST_PART: u64 = 3;
/// Most prefixes tested, the largest first.
const MOST_PREFIXES: usize = 50;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// Round ages, in milliseconds.
const AGES: [u64; 15] = [
    MINUTE_MS,
    2 * MINUTE_MS,
    3 * MINUTE_MS,
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    15 * MINUTE_MS,
    20 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    24 * HOUR_MS,
    48 * HOUR_MS,
];

/// A part of the samples, defined in one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Below(Dimension, u64),
    From(Dimension, u64),
    Prefix(&'a str),
}

/// The tested parts of one dimension, with their counts.
pub struct Partition<'a> {
    pub tables: Vec<(Part<'a>, Table)>,
}

impl Part<'_> {
    /// Whether a sample lies in the part; `None` if unknown.
    pub fn holds(&self, sample: &Sample) -> Option<bool> {
        match self {
            Self::Below(dimension, at) => value(*dimension, sample).map(|value| value < *at),
            Self::From(dimension, at) => value(*dimension, sample).map(|value| value >= *at),
            Self::Prefix(prefix) => sample.prefix.as_deref().map(|of| of == *prefix),
        }
    }
}

pub fn partitions<'a>(samples: &[&'a Sample]) -> Vec<Partition<'a>> {
    let tens: Vec<u64> = round_numbers();
    vec![
        along(Dimension::Size, &tens, samples),
        along(Dimension::Age, &AGES, samples),
        along(Dimension::Duration, &tens, samples),
        prefixes(samples),
    ]
}

/// 100, 150, 200, 300, 400, 600, 800, 1,000 and so on, for bytes and milliseconds.
fn round_numbers() -> Vec<u64> {
    let tens = (0..9).map(|power| 10_u64.pow(power));
    tens.flat_map(|ten| [100, 150, 200, 300, 400, 600, 800].map(|number| number * ten)).collect()
}

fn along<'a>(dimension: Dimension, places: &[u64], samples: &[&'a Sample]) -> Partition<'a> {
    let known = samples.iter().filter_map(|sample| Some((value(dimension, sample)?, sample.lost)));
    let mut known: Vec<(u64, bool)> = known.collect();
    known.sort_unstable();
    let all_lost = known.iter().filter(|(_, lost)| *lost).count() as u64;
    let mut tables = Vec::new();
    let (mut lost, mut passed, mut before) = (0, 0, 0);
    for place in places {
        while let Some((_, is_lost)) = known.get(passed).filter(|(known, _)| known < place) {
            lost += u64::from(*is_lost);
            passed += 1;
        }
        let (of, elsewhere_of) = (passed as u64, (known.len() - passed) as u64);
        // A value that splits the samples like the previous one adds nothing.
        if of < LEAST_PART || elsewhere_of < LEAST_PART || passed == before {
            continue;
        }
        before = passed;
        let below = Table { lost, of, elsewhere_lost: all_lost - lost, elsewhere_of };
        let above = Table { lost: all_lost - lost, of: elsewhere_of, elsewhere_lost: lost, elsewhere_of: of };
        tables.extend([(Part::Below(dimension, *place), below), (Part::From(dimension, *place), above)]);
    }
    Partition { tables }
}

fn prefixes<'a>(samples: &[&'a Sample]) -> Partition<'a> {
    let counts = by_prefix(samples);
    let (all_lost, all) = counts.values().fold((0, 0), |(lost, of), (more_lost, more)| (lost + more_lost, of + more));
    let mut largest: Vec<(&str, (u64, u64))> = counts.into_iter().collect();
    largest.sort_by_key(|(_, (_, of))| std::cmp::Reverse(*of));
    let table = |(prefix, (lost, of)): (&'a str, (u64, u64))| {
        let table = Table { lost, of, elsewhere_lost: all_lost - lost, elsewhere_of: all - of };
        (Part::Prefix(prefix), table)
    };
    let tables = largest.into_iter().take(MOST_PREFIXES).map(table);
    Partition {
        tables: tables.filter(|(_, table)| table.of >= LEAST_PART && table.elsewhere_of >= LEAST_PART).collect(),
    }
}
