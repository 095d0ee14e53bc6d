//! Simulated histories: real shapes are found soon, random losses are not taken for shapes.

use super::*;

/// Reproducible random numbers, by splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn chance(&mut self, per_thousand: u64) -> bool {
        self.below(1_000) < per_thousand
    }

    /// A size from 1 kB to 1 MB, evenly distributed over decades.
    fn size(&mut self) -> u64 {
        10_u64.pow(3 + u32::try_from(self.below(3)).unwrap()) * (100 + self.below(900)) / 100
    }
}

/// One object every five minutes; with `daily` the sizes follow the hour of the day.
fn history(
    random: &mut Random,
    objects: u64,
    daily: bool,
    mut lost: impl FnMut(&mut Random, u64, u64) -> bool,
) -> Vec<Sample> {
    let samples = (0..objects).map(|number| {
        let night = number % 288 < 96;
        let size = if daily && night { 1_000 + random.below(4_000) } else { random.size() };
        let lost = lost(random, number, size);
        Sample {
            at: Time(i64::try_from(number).unwrap() * 300_000),
            size: Some(size),
            age_ms: Some(60_000 + random.below(600_000)),
            prefix: Some(format!("p{}/", random.below(4))),
            duration_ms: Some(200 + size / 50 + random.below(400)),
            lost,
        }
    });
    samples.collect()
}

const HISTORIES: u64 = 4_000;

/// Number of [`HISTORIES`] simulated histories in which a shape is found.
fn alarms(daily: bool, mut noise: impl FnMut(&mut Random) -> Box<dyn FnMut(&mut Random, u64, u64) -> bool>) -> u64 {
    let mut alarms = 0;
    for seed in 0..HISTORIES {
        let mut random = Random(seed * 7_919 + u64::from(daily));
        let objects = 150 + random.below(900);
        let lost = noise(&mut random);
        alarms += u64::from(!losses(&history(&mut random, objects, daily, lost)).is_empty());
    }
    alarms
}

/// At most one in a thousand.
const ALLOWED: u64 = HISTORIES / 1_000;

#[test]
fn random_losses_have_no_shape() {
    let alarms = alarms(false, |random| {
        let rate = 2 + random.below(200); // up to one in five
        Box::new(move |random, _, _| random.chance(rate))
    });
    assert!(alarms <= ALLOWED, "{alarms} of {HISTORIES}");
}

#[test]
fn bursts_with_daily_sizes_have_no_shape() {
    let alarms = alarms(true, |random| {
        let (begins, lasts) = (2 + random.below(8), 3 + random.below(40));
        let mut left = 0;
        Box::new(move |random, _, _| {
            if left == 0 && random.chance(begins) {
                left = lasts;
            }
            left -= u64::from(left > 0);
            left > 0
        })
    });
    assert!(alarms <= ALLOWED, "{alarms} of {HISTORIES}");
}

#[test]
fn drifting_loss_rate_has_no_shape() {
    let alarms = alarms(true, |random| {
        let worst = 50 + random.below(400);
        let mut rate = 0;
        Box::new(move |random, number, _| {
            if number % 24 == 0 {
                rate = if random.below(3) == 0 { random.below(worst) } else { 1 };
            }
            random.chance(rate)
        })
    });
    assert!(alarms <= ALLOWED, "{alarms} of {HISTORIES}");
}

#[test]
fn loss_of_small_objects_is_found_soon() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let samples = history(&mut random, 2_000, false, |random, _, size| size < 8_000 || random.chance(3));
        // As soon as there are twelve small objects.
        let small = |samples: &[Sample]| samples.iter().filter(|sample| sample.size < Some(8_000)).count();
        let soon = (0..samples.len()).find(|end| small(&samples[..*end]) == 12).unwrap();
        let found = losses(&samples[..soon]);
        assert!(found.iter().any(|shape| shape.dimension == Dimension::Size), "seed {seed}: {soon} objects, {found:?}");
        let all = losses(&samples);
        let shape = all.iter().find(|shape| shape.dimension == Dimension::Size).unwrap();
        assert!(shape.sentence.starts_with("Objects under 8 kB lose everything: "), "{}", shape.sentence);
        assert!(shape.lost == shape.of && shape.p_value <= FALSE_ALARMS, "{shape:?}");
    }
}

#[test]
fn loss_by_prefix_and_by_duration_is_found() {
    let mut random = Random(1);
    let mut samples = history(&mut random, 400, false, |_, _, _| false);
    for sample in &mut samples {
        sample.lost = sample.prefix.as_deref() == Some("p2/");
    }
    let found = losses(&samples);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].sentence.starts_with("Objects below p2/ lose everything: "), "{}", found[0].sentence);

    for sample in &mut samples {
        sample.size = None;
        let slow = random.chance(50);
        sample.duration_ms = Some(if slow { 3_002 } else { 200 + random.below(2_000) });
        sample.lost = slow;
    }
    let found = losses(&samples);
    assert!(found[0].sentence.starts_with("Runs of 3 s and longer lose everything: "), "{}", found[0].sentence);
}

#[test]
fn all_or_nothing_lost_has_no_shape() {
    for lost in [true, false] {
        let samples = history(&mut Random(5), 300, false, |_, _, _| lost);
        assert_eq!(losses(&samples), []);
    }
    assert_eq!(losses(&[]), []);
}
