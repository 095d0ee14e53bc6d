//! No second sees more than the ceiling and one amount, no turn is wasted, and nobody who gives up is counted.

use std::{num::NonZeroU32, sync::Arc};

use tokio::{
    task::{self, JoinSet},
    time,
};

use super::*;
use crate::limit::BytesPerSecond;

fn limiter(per_second: u32) -> Arc<Limiter> {
    Arc::new(Limiter::new(NonZeroU32::new(per_second).unwrap()))
}

/// When each of `count` callers, which ask at once for one unit each, got its turn; in the order of asking.
async fn turns(limiter: &Arc<Limiter>, count: usize) -> Vec<Instant> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let limiter = Arc::clone(limiter);
        tasks.spawn(async move {
            limiter.acquire(1).await;
            (number, Instant::now())
        });
    }
    let mut turns = tasks.join_all().await;
    turns.sort_unstable();
    turns.into_iter().map(|(_, at)| at).collect()
}

#[tokio::test(start_paused = true)]
async fn no_second_exceeds_the_ceiling() {
    for ceiling in [1, 3, 7, 100, 3_500] {
        let began = Instant::now();
        let turns = turns(&limiter(ceiling), 3 * ceiling as usize).await;
        assert!(turns.is_sorted(), "first come, first served");
        for window in turns.windows(ceiling as usize + 1) {
            assert!(window[ceiling as usize] - window[0] >= Duration::from_secs(1), "{ceiling}");
        }
        let took = *turns.last().unwrap() - began;
        assert!(took <= Duration::from_secs(3), "{ceiling}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn unused_turns_are_not_saved_up() {
    let limiter = limiter(10);
    turns(&limiter, 1).await;
    time::sleep(Duration::from_mins(1)).await;
    let turns = turns(&limiter, 11).await;
    assert!(turns[10] - turns[0] >= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn cancelled_waiters_leave_no_gap() {
    let limiter = limiter(1);
    turns(&limiter, 1).await;
    let (shared, began) = (Arc::clone(&limiter), Instant::now());
    let waiting = tokio::spawn(async move { turns(&shared, 100).await });
    time::sleep(Duration::from_millis(1_500)).await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    turns(&limiter, 1).await;
    assert_eq!(began.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn taking_without_waiting_delays_waiters() {
    let (limiter, began) = (limiter(1), Instant::now());
    turns(&limiter, 1).await;
    let (one, ()) = tokio::join!(turns(&limiter, 1), async {
        limiter.take(1);
        limiter.take(1);
    });
    assert_eq!(one[0] - began, Duration::from_secs(3));
}

/// Tables of a sync ask for one turn each, and say afterwards how much they took.
#[tokio::test(start_paused = true)]
async fn amounts_taken_afterwards_delay_waiters() {
    let (limiter, began) = (limiter(10), Instant::now());
    let table = async || {
        for _ in 0..15 {
            limiter.ready().await;
            limiter.take(2);
        }
    };
    tokio::join!(table(), table());
    limiter.ready().await;
    assert_eq!(began.elapsed(), Duration::from_secs(6), "60 units");
}

#[tokio::test(start_paused = true)]
async fn changed_ceiling_holds_for_waiters() {
    let (limiter, began) = (limiter(1), Instant::now());
    limiter.acquire(1_000).await;
    let shared = Arc::clone(&limiter);
    let waiting = tokio::spawn(async move { turns(&shared, 3).await });
    task::yield_now().await; // the waiters have asked by then
    time::advance(Duration::from_secs(10)).await;
    limiter.set(Some(NonZeroU32::new(2).unwrap().into()));
    let turns = waiting.await.unwrap();
    let seconds: Vec<f64> = turns.iter().map(|at| (*at - began).as_secs_f64()).collect();
    about(&seconds, &[10.0, 10.5, 11.0]);
    limiter.set(None);
    limiter.acquire(1_000_000).await;
    limiter.acquire(1).await;
    assert_eq!(began.elapsed(), Duration::from_secs(11));
}

fn bytes(ceiling: &str) -> Arc<Limiter> {
    let ceiling: BytesPerSecond = ceiling.parse().unwrap();
    Arc::new(Limiter::new(ceiling))
}

/// When each of these amounts, asked for at once and in this order, passed; seconds since the first.
async fn passed(limiter: &Arc<Limiter>, sizes: &[u64]) -> Vec<f64> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, bytes) in sizes.iter().copied().enumerate() {
        let limiter = Arc::clone(limiter);
        tasks.spawn(async move {
            limiter.acquire(bytes).await;
            (number, began.elapsed().as_secs_f64())
        });
    }
    let mut passed = tasks.join_all().await;
    passed.sort_by_key(|(number, _)| *number);
    passed.into_iter().map(|(_, at)| at).collect()
}

fn about(left: &[f64], right: &[f64]) {
    assert!(left.iter().zip(right).all(|(left, right)| (left - right).abs() < 0.01), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn bytes_pass_at_the_ceiling() {
    about(&passed(&bytes("1MB"), &[500_000; 5]).await, &[0.0, 0.5, 1.0, 1.5, 2.0]);
}

#[tokio::test(start_paused = true)]
async fn amounts_above_the_ceiling_delay_the_next() {
    about(&passed(&bytes("1MB"), &[10, 30_000_000, 10, 10]).await, &[0.0, 0.0, 30.0, 30.0]);
}

#[tokio::test(start_paused = true)]
async fn unused_bytes_are_not_saved_up() {
    let limiter = bytes("1MB");
    limiter.acquire(1).await;
    time::sleep(Duration::from_mins(1)).await;
    about(&passed(&limiter, &[1_000_000; 3]).await, &[0.0, 1.0, 2.0]);
}

#[tokio::test(start_paused = true)]
async fn cancelled_waiters_leave_no_debt() {
    let limiter = bytes("1MB");
    limiter.acquire(2_000_000).await;
    let gave_up = time::timeout(Duration::from_secs(1), limiter.acquire(500_000_000)).await;
    assert!(gave_up.is_err());
    about(&passed(&limiter, &[1, 1]).await, &[1.0, 1.0]);
}

#[tokio::test(start_paused = true)]
async fn returned_amounts_delay_nobody() {
    let limiter = bytes("1MB");
    limiter.acquire(30_000_000).await;
    limiter.give_back(29_000_000);
    about(&passed(&limiter, &[500_000, 1]).await, &[1.0, 1.5]);
}

#[tokio::test(start_paused = true)]
async fn many_small_amounts_reach_the_ceiling() {
    let times = passed(&bytes("50MB"), &vec![5_000; 10_001]).await;
    about(&times[10_000..], &[1.0]);
}
