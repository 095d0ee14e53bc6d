//! The courier: takes what is in the outbox to its receivers, again and again until they take it.
//!
//! Always: an attempt is recorded with what becomes of it. Killed in between, the attempt is made again by whoever
//! comes, under the same id.

use std::{collections::HashMap, convert::Infallible, time::Duration};

use db::{Attempt, DbError, Outgoing};
use futures::future::join_all;
use model::Time;
use tokio::time::sleep;
use tracing::{info, warn};

use super::Context;
use crate::{connections::receivers::Telling, signals::Nudge};

/// Taken at once.
const MOST: u32 = 20;
/// Between attempts, at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// What was not taken within a day, is news no more.
const GIVE_UP_MS: i64 = 86_400_000;

pub async fn run(context: Context, told: Nudge) -> Infallible {
    let mut away = false;
    loop {
        match deliver(&context).await {
            Ok(()) => away = false,
            Err(error) => {
                if !away {
                    warn!(%error, "receivers could not be told; trying again");
                }
                away = true;
            }
        }
        tokio::select! {
            () = told.notified() => {}
            () = sleep(context.rhythm.deliver) => {}
        }
    }
}

/// One round: to each receiver in order, to all of them at once.
async fn deliver(context: &Context) -> Result<(), DbError> {
    let hold_ms = i64::try_from(context.rhythm.hold.as_millis()).unwrap_or(i64::MAX);
    let claimed = context.db.claim_outgoing(&context.receivers.names(), hold_ms, MOST).await?;
    let mut by_receiver: HashMap<String, Vec<Outgoing>> = HashMap::new();
    for outgoing in claimed {
        by_receiver.entry(outgoing.receiver.clone()).or_default().push(outgoing);
    }
    let rounds = by_receiver.into_values().map(|claimed| async move {
        for outgoing in claimed {
            attempt(context, &outgoing).await?;
        }
        Ok::<_, DbError>(())
    });
    join_all(rounds).await.into_iter().collect()
}

async fn attempt(context: &Context, outgoing: &Outgoing) -> Result<(), DbError> {
    let now = context.db.now();
    if now >= outgoing.held_until {
        return Ok(()); // those before took too long: it is another's by now
    }
    let telling = Telling {
        delivery: &outgoing.id,
        what: &outgoing.what,
        alert: Some(&outgoing.alert),
        attempt: outgoing.attempt,
        now,
    };
    let Some(notice) = context.receivers.tell(&outgoing.receiver, &telling).await else { return Ok(()) };
    let (receiver, attempt) = (&outgoing.receiver, outgoing.attempt);
    let then = match &notice.error {
        None => {
            info!(receiver, attempt, what = outgoing.what, alert = %outgoing.alert.id, "a receiver was told");
            Attempt::Over
        }
        Some(error) => {
            warn!(receiver, attempt, what = outgoing.what, alert = %outgoing.alert.id, error, "a receiver was not told");
            after_failure(outgoing, context.db.now(), context.rhythm.again)
        }
    };
    let outcome = if notice.error.is_none() { "taken" } else { "failed" };
    metrics::counter!("logyard_alert_deliveries_total", "outcome" => outcome).increment(1);
    context.db.attempted(outgoing, &notice, then).await
}

fn after_failure(outgoing: &Outgoing, now: Time, first: Duration) -> Attempt {
    if now.since(outgoing.made_at) >= GIVE_UP_MS {
        return Attempt::Over;
    }
    let pause = first.saturating_mul(2_u32.saturating_pow(outgoing.attempt.saturating_sub(1))).min(LONGEST_PAUSE);
    Attempt::Again(Time(now.0.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))))
}
