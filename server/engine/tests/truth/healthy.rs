//! Weeks in which all is well, as well as it ever is: nothing may be told.

use model::{Outcome, Time};

use crate::{
    chance::Chance,
    told::{object, play},
    world::{EVERY, Log, World},
};

const FIRST: Time = Time(1_489_104_000_000);
const WEEK: i64 = 7 * 86_400_000;

/// Traffic by day and by night, objects a little late, empty ones, strange lines, a run now and then that Lambda tries
/// again, an event that S3 hands over twice, log events late and out of order, and a reader that is throttled.
fn week(chance: &mut Chance) -> World {
    let mut world = World::default();
    for number in 0..usize::try_from(WEEK / EVERY).unwrap() {
        let due = FIRST.0 + i64::try_from(number).unwrap() * EVERY;
        let hour = due.rem_euclid(86_400_000) / 3_600_000;
        let lines = match hour {
            0..6 if chance.once_in(12) => 0,
            0..6 => chance.between(1, 60),
            6..9 | 20..24 => chance.between(200, 2_000),
            _ => chance.between(2_000, 76_464),
        };
        let object = object("prod", number, lines, Time(due + late(chance)));
        let strange = if lines > 2_000 && chance.once_in(20) { chance.between(1, 4) } else { 0 };
        let good = Log::counting(lines, lines - strange, lines - strange, 8).lasting(chance);
        let at = Time(object.written_at.0 + i64::try_from(chance.between(500, 9_000)).unwrap());
        if chance.once_in(250) {
            let request = world.fresh_request();
            let timeout =
                Log { duration_ms: 60_000, ..Log::silent() }.saying("AT ID Task timed out after 60.00 seconds");
            let ended = world.attempt(&request, &object, at, &timeout, chance);
            world.attempt(&request, &object, Time(ended.0 + 61_000), &good, chance);
        } else {
            world.run(&object, at, &good, chance);
        }
        if chance.once_in(2_000) {
            world.run(&object, Time(at.0 + 700), &good, chance);
        }
        if chance.once_in(40) {
            let from = Time(due + i64::try_from(chance.between(0, 200_000)).unwrap());
            world.unreadable.push((from, Time(from.0 + 12_000), "ThrottlingException: Rate exceeded"));
        }
        world.objects.push(object);
    }
    world
}

/// Seconds mostly, a minute or two now and then.
fn late(chance: &mut Chance) -> i64 {
    let ms = if chance.once_in(30) { chance.between(20_000, 110_000) } else { chance.between(0, 20_000) };
    i64::try_from(ms).unwrap()
}

#[test]
fn five_healthy_weeks_with_noise_raise_nothing() {
    for seed in 1..=5 {
        let world = week(&mut Chance(seed));
        let account = play(&world, FIRST, Time(FIRST.0 + WEEK), 30_000);
        let told: Vec<String> = account.told.iter().map(|told| format!("{} {}", told.at, told.reason)).collect();
        assert_eq!(told, Vec::<String>::new(), "week {seed}");
        let partial = account.outcomes.values().filter(|outcome| **outcome == Outcome::Partial).count();
        println!(
            "Healthy week {seed}: {} runs over {} objects, {partial} of them with a strange line, no alert.",
            account.outcomes.len(),
            world.objects.len()
        );
        assert_eq!(world.objects.len(), 2_016);
        assert!(account.outcomes.len() >= 2_016, "each was shipped");
    }
}
