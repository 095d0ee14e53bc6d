//! Healthy weeks with the usual noise: no alert may be raised.

use model::{Outcome, Time};

use crate::{
    monitor::{monitor, object},
    random::Random,
    simulation::{EVERY, Log, Simulation},
};

const FIRST: Time = Time(1_489_104_000_000);
const WEEK: i64 = 7 * 86_400_000;

/// A week of day and night traffic with late objects, empty objects, malformed lines, runs that Lambda retries, events
/// that S3 delivers twice, log events late and out of order, and a throttled reader.
fn week(random: &mut Random) -> Simulation {
    let mut simulation = Simulation::default();
    for number in 0..usize::try_from(WEEK / EVERY).unwrap() {
        let due = FIRST.0 + i64::try_from(number).unwrap() * EVERY;
        let hour = due.rem_euclid(86_400_000) / 3_600_000;
        let lines = match hour {
            0..6 if random.one_in(12) => 0,
            0..6 => random.between(1, 60),
            6..9 | 20..24 => random.between(200, 2_000),
            _ => random.between(2_000, 76_464),
        };
        let object = object("prod", number, lines, Time(due + late(random)));
        let strange = if lines > 2_000 && random.one_in(20) { random.between(1, 4) } else { 0 };
        let good = Log::counting(lines, lines - strange, lines - strange, 8).lasting(random);
        let at = Time(object.written_at.0 + i64::try_from(random.between(500, 9_000)).unwrap());
        if random.one_in(250) {
            let request = simulation.fresh_request();
            let timeout =
                Log { duration_ms: 60_000, ..Log::silent() }.saying("AT ID Task timed out after 60.00 seconds");
            let ended = simulation.attempt(&request, &object, at, &timeout, random);
            simulation.attempt(&request, &object, Time(ended.0 + 61_000), &good, random);
        } else {
            simulation.run(&object, at, &good, random);
        }
        if random.one_in(2_000) {
            simulation.run(&object, Time(at.0 + 700), &good, random);
        }
        if random.one_in(40) {
            let from = Time(due + i64::try_from(random.between(0, 200_000)).unwrap());
            simulation.unreadable.push((from, Time(from.0 + 12_000), "ThrottlingException: Rate exceeded"));
        }
        simulation.objects.push(object);
    }
    simulation
}

/// Delay of an object in milliseconds: mostly seconds, sometimes a minute or two.
fn late(random: &mut Random) -> i64 {
    let ms = if random.one_in(30) { random.between(20_000, 110_000) } else { random.between(0, 20_000) };
    i64::try_from(ms).unwrap()
}

#[test]
fn five_noisy_healthy_weeks_raise_no_alert() {
    for seed in 1..=5 {
        let simulation = week(&mut Random(seed));
        let observed = monitor(&simulation, FIRST, Time(FIRST.0 + WEEK), 30_000);
        let raised: Vec<String> =
            observed.notifications.iter().map(|raised| format!("{} {}", raised.at, raised.reason)).collect();
        assert_eq!(raised, Vec::<String>::new(), "week {seed}");
        let partial = observed.outcomes.values().filter(|outcome| **outcome == Outcome::Partial).count();
        println!(
            "Healthy week {seed}: {} runs over {} objects, {partial} of them with a strange line, no alert.",
            observed.outcomes.len(),
            simulation.objects.len()
        );
        assert_eq!(simulation.objects.len(), 2_016);
        assert!(observed.outcomes.len() >= 2_016, "each was shipped");
    }
}
