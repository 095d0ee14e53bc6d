use std::collections::VecDeque;

use tokio::time::{advance, sleep_until};

use super::*;
/// A partition that takes so many a second, a tenth of a second's worth at once.
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

/// Copies to a slow folder for so many seconds; answers how many were taken and how many refused.
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
async fn a_partition_is_given_what_it_takes_and_little_more() {
    let throttle = Throttle::new();
    throttle.set_in_use(true);
    let mut partition = Partition { a_second: 3_500.0, booked: Instant::now() };
    run(&throttle, &mut partition, 3).await;
    let (taken, refused) = run(&throttle, &mut partition, 10).await;
    assert!(taken >= 33_250, "{taken} of 35,000");
    assert!(refused * 20 <= taken, "{refused} refused of {taken}");
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_to_take_more_is_given_more() {
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
async fn a_slow_folder_holds_up_no_other() {
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

/// What came of a clone into several folders.
struct Came {
    took: Duration,
    refused: u64,
}

/// Copies so many objects into each of these folders, so many at once, each answered after 30 ms.
async fn copy_into(folders: &[&'static str], a_second: f64, objects: usize, at_once: usize) -> Came {
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
    Came { took: start.elapsed(), refused }
}

const TWELVE: [&str; 12] = ["a/", "b/", "c/", "d/", "e/", "f/", "g/", "h/", "i/", "j/", "k/", "l/"];

/// 2,500 into each take 12.5 s at least.
#[tokio::test(start_paused = true)]
async fn many_slow_folders_come_near_what_they_take_and_refuse_little() {
    let came = copy_into(&TWELVE, 200.0, 2_500, 256).await;
    assert!(came.took < Duration::from_secs(14), "{:?}", came.took);
    assert!(came.refused < 3_000, "{} of 30,000", came.refused);
}

/// Else each would be tried with what all of them take together, and most of that refused.
#[tokio::test(start_paused = true)]
async fn folders_that_refuse_at_the_same_time_begin_with_a_share_of_what_went_through() {
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
