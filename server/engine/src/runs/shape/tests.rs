//! Simulated histories: what is there is found soon, and chance is not taken for a shape.

use super::*;

/// A number that looks random and is not: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn chance(&mut self, per_thousand: u64) -> bool {
        self.roll(1_000) < per_thousand
    }

    /// From 1 kB to 1 MB, as many in each decade.
    fn size(&mut self) -> u64 {
        10_u64.pow(3 + u32::try_from(self.roll(3)).unwrap()) * (100 + self.roll(900)) / 100
    }
}

/// One object each five minutes, whose size follows the hour where `daily`.
fn history(
    dice: &mut Dice,
    objects: u64,
    daily: bool,
    mut lost: impl FnMut(&mut Dice, u64, u64) -> bool,
) -> Vec<Sample> {
    let samples = (0..objects).map(|number| {
        let night = number % 288 < 96;
        let size = if daily && night { 1_000 + dice.roll(4_000) } else { dice.size() };
        let lost = lost(dice, number, size);
        Sample {
            at: Time(i64::try_from(number).unwrap() * 300_000),
            size: Some(size),
            age_ms: Some(60_000 + dice.roll(600_000)),
            prefix: Some(format!("p{}/", dice.roll(4))),
            duration_ms: Some(200 + size / 50 + dice.roll(400)),
            lost,
        }
    });
    samples.collect()
}

const HISTORIES: u64 = 4_000;

/// How many of so many histories tell of a shape.
fn alarms(daily: bool, mut noise: impl FnMut(&mut Dice) -> Box<dyn FnMut(&mut Dice, u64, u64) -> bool>) -> u64 {
    let mut alarms = 0;
    for seed in 0..HISTORIES {
        let mut dice = Dice(seed * 7_919 + u64::from(daily));
        let objects = 150 + dice.roll(900);
        let lost = noise(&mut dice);
        alarms += u64::from(!losses(&history(&mut dice, objects, daily, lost)).is_empty());
    }
    alarms
}

/// At most one in a thousand.
const ALLOWED: u64 = HISTORIES / 1_000;

#[test]
fn losses_by_chance_are_no_shape() {
    let alarms = alarms(false, |dice| {
        let rate = 2 + dice.roll(200); // up to one in five
        Box::new(move |dice, _, _| dice.chance(rate))
    });
    assert!(alarms <= ALLOWED, "{alarms} of {HISTORIES}");
}

#[test]
fn losses_in_bursts_are_no_shape_even_where_sizes_follow_the_hour() {
    let alarms = alarms(true, |dice| {
        let (begins, lasts) = (2 + dice.roll(8), 3 + dice.roll(40));
        let mut left = 0;
        Box::new(move |dice, _, _| {
            if left == 0 && dice.chance(begins) {
                left = lasts;
            }
            left -= u64::from(left > 0);
            left > 0
        })
    });
    assert!(alarms <= ALLOWED, "{alarms} of {HISTORIES}");
}

#[test]
fn a_rate_that_drifts_is_no_shape() {
    let alarms = alarms(true, |dice| {
        let worst = 50 + dice.roll(400);
        let mut rate = 0;
        Box::new(move |dice, number, _| {
            if number % 24 == 0 {
                rate = if dice.roll(3) == 0 { dice.roll(worst) } else { 1 };
            }
            dice.chance(rate)
        })
    });
    assert!(alarms <= ALLOWED, "{alarms} of {HISTORIES}");
}

#[test]
fn that_small_objects_lose_everything_is_found_within_a_few_of_them() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let samples = history(&mut dice, 2_000, false, |dice, _, size| size < 8_000 || dice.chance(3));
        // As soon as there are twelve of them.
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
fn a_prefix_and_a_limit_of_time_are_found_too() {
    let mut dice = Dice(1);
    let mut samples = history(&mut dice, 400, false, |_, _, _| false);
    for sample in &mut samples {
        sample.lost = sample.prefix.as_deref() == Some("p2/");
    }
    let found = losses(&samples);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].sentence.starts_with("Objects below p2/ lose everything: "), "{}", found[0].sentence);

    for sample in &mut samples {
        sample.size = None;
        let slow = dice.chance(50);
        sample.duration_ms = Some(if slow { 3_002 } else { 200 + dice.roll(2_000) });
        sample.lost = slow;
    }
    let found = losses(&samples);
    assert!(found[0].sentence.starts_with("Runs of 3 s and longer lose everything: "), "{}", found[0].sentence);
}

#[test]
fn where_all_is_lost_or_nothing_there_is_no_shape() {
    for lost in [true, false] {
        let samples = history(&mut Dice(5), 300, false, |_, _, _| lost);
        assert_eq!(losses(&samples), []);
    }
    assert_eq!(losses(&[]), []);
}
