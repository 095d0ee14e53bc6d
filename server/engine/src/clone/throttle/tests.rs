use std::collections::VecDeque;

use tokio::time::{advance, sleep_until};

use super::*;

/// A partition that takes `a_second` copies a second, and a tenth of that at once.
struct Partition {
    a_second: f64,
    booked: Instant,
}

impl Partition {
    fn takes(&mut self, now: Instant) -> bool {
        let fits = self.booked <= now + Duration::from_millis(100);
        if fits {
            self.booked = self.booked.max(now) + Duration::from_secs_f64(1.0 / self.a_second);
        }
        fits
    }
}

/// Copies into a slow folder for some seconds; returns how many copies were taken and how many refused.
async fn run(throttle: &Throttle<u32>, partition: &mut Partition, seconds: u64) -> (u64, u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut taken, mut refused) = (0, 0);
    while Instant::now() < end {
        let begin = match throttle.admit("slow/", 0) {
            Some(_) => true,
            None => match throttle.next() {
                Next::Begin(_) => true,
                Next::Wait(until) => {
                    sleep_until(until).await;
                    false
                }
                Next::Empty => false,
            },
        };
        if !begin {
            continue;
        }
        if partition.takes(Instant::now()) {
            throttle.taken("slow/");
            taken += 1;
        } else {
            throttle.refused("slow/");
            refused += 1;
        }
        advance(Duration::from_micros(100)).await;
    }
    (taken, refused)
}

#[tokio::test(start_paused = true)]
async fn partition_gets_little_more_than_it_takes() {
    let throttle = Throttle::new();
    throttle.set_in_use(true);
    let mut partition = Partition { a_second: 3_500.0, booked: Instant::now() };
    run(&throttle, &mut partition, 3).await;
    let (taken, refused) = run(&throttle, &mut partition, 10).await;
    assert!(taken >= 33_250, "{taken} of 35,000");
    assert!(refused * 20 <= taken, "{refused} refused of {taken}");
}

#[tokio::test(start_paused = true)]
async fn partition_gets_more_once_it_takes_more() {
    let throttle = Throttle::new();
    throttle.set_in_use(true);
    let mut partition = Partition { a_second: 500.0, booked: Instant::now() };
    run(&throttle, &mut partition, 5).await;
    partition.a_second = 3_500.0;
    run(&throttle, &mut partition, 10).await;
    let (taken, _) = run(&throttle, &mut partition, 5).await;
    assert!(taken >= 16_000, "{taken} of 17,500");
}

#[tokio::test(start_paused = true)]
async fn slow_folder_delays_no_other_folder() {
    let throttle = Throttle::new();
    throttle.set_in_use(true);
    throttle.refused("slow/");
    assert_eq!(throttle.admit("slow/", 1), None);
    assert_eq!(throttle.admit("slow/", 2), None);
    assert_eq!(throttle.next(), Next::Begin(1));
    assert!(matches!(throttle.next(), Next::Wait(_)));
    assert_eq!(throttle.admit("quick/", 3), Some(3));
}

#[test]
fn keys_share_the_limit_of_their_first_folder() {
    assert_eq!((folder("a/b/c"), folder("a"), folder("/a"), folder("")), ("a/", "", "/", ""));
}

/// Result of a clone into several folders.
struct Copied {
    took: Duration,
    refused: u64,
}

/// Copies `objects` into each of these folders, `at_once` in flight, each answered after 30 ms.
async fn copy_into(folders: &[&'static str], a_second: f64, objects: usize, at_once: usize) -> Copied {
    let throttle = Throttle::new();
    throttle.set_in_use(true);
    let start = Instant::now();
    let mut partitions: HashMap<&str, Partition> =
        folders.iter().map(|folder| (*folder, Partition { a_second, booked: start })).collect();
    let mut planned: Vec<&'static str> = (0..objects).flat_map(|_| folders).copied().collect();
    let mut under_way: VecDeque<(Instant, &'static str)> = VecDeque::new();
    let (mut taken, mut refused) = (0, 0);
    while taken < objects * folders.len() {
        let now = Instant::now();
        while let Some((_, folder)) = under_way.pop_front_if(|(due, _)| *due <= now) {
            if partitions.get_mut(folder).unwrap().takes(now) {
                throttle.taken(folder);
                taken += 1;
            } else {
                refused += 1;
                assert!(throttle.refused(folder));
                assert_eq!(throttle.hold(folder, folder), None);
            }
        }
        while under_way.len() < at_once {
            let begun = match throttle.next() {
                Next::Begin(folder) => Some(folder),
                Next::Wait(_) | Next::Empty => match planned.pop() {
                    Some(folder) => throttle.admit(folder, folder),
                    None => break,
                },
            };
            under_way.extend(begun.map(|folder| (now + Duration::from_millis(30), folder)));
        }
        advance(Duration::from_millis(1)).await;
    }
    Copied { took: start.elapsed(), refused }
}

const TWELVE: [&str; 12] = ["a/", "b/", "c/", "d/", "e/", "f/", "g/", "h/", "i/", "j/", "k/", "l/"];

/// 2,500 into each take 12.5 s at least.
#[tokio::test(start_paused = true)]
async fn many_slow_folders_reach_their_limits_with_few_refusals() {
    let copied = copy_into(&TWELVE, 200.0, 2_500, 256).await;
    assert!(copied.took < Duration::from_secs(14), "{:?}", copied.took);
    assert!(copied.refused < 3_000, "{} of 30,000", copied.refused);
}

/// Otherwise each folder would get the rate of all together, and refuse most of it.
#[tokio::test(start_paused = true)]
async fn folders_refusing_together_start_with_a_share() {
    let throttle = Throttle::new();
    throttle.set_in_use(true);
    for _ in 0..1_200 {
        throttle.taken("any/");
    }
    advance(Duration::from_millis(500)).await;
    for folder in TWELVE {
        assert!(throttle.refused(folder));
        for _ in 0..1_000 {
            assert_eq!(throttle.admit(folder, folder), None);
        }
    }
    let mut begun = 0;
    for _ in 0..250 {
        advance(Duration::from_millis(1)).await;
        while let Next::Begin(_) = throttle.next() {
            begun += 1;
        }
    }
    // Twice 2,400 a second, for a quarter of one.
    assert!((1_100..=1_300).contains(&begun), "{begun}");
}
