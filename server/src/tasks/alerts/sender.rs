//! The alert sender: sends the messages of the outbox to their receivers, and retries until they accept them.
//!
//! Not a leased task: every process sends. A message is claimed on its own, by moving its next attempt on, so that a
//! receiver that hangs in one process holds up no message that another process can send.
//!
//! Always: an attempt is recorded with its result. Killed in between, the attempt is repeated by any process, under the
//! same id.

use std::{collections::HashMap, time::Duration};

use db::{Attempt, DbError, Outgoing};
use futures::future::join_all;
use model::Time;
use tokio::time::sleep;
use tracing::{info, warn};

use super::Context;
use crate::{connections::receivers::Envelope, signals::Nudge};

/// Messages claimed at once.
const MOST: u32 = 20;
/// Pause between attempts, at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// A message that no receiver accepted within a day is dropped.
const GIVE_UP_MS: i64 = 86_400_000;

/// `written`: wakes it when the outbox has new messages. Never returns by itself.
pub async fn run(context: Context, written: Nudge) {
    let mut away = false;
    loop {
        match deliver(&context).await {
            Ok(()) => {
                if away {
                    info!("alerts are sent again");
                }
                away = false;
            }
            Err(error) => {
                if !away {
                    warn!(%error, "alerts not sent: the database does not answer; retrying");
                }
                away = true;
            }
        }
        tokio::select! {
            () = written.notified() => {}
            () = sleep(context.rhythm.deliver) => {}
        }
    }
}

/// Sends what is due: in order to each receiver, to all receivers at once.
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
        return Ok(()); // earlier messages took too long: another process may claim this one
    }
    let envelope = Envelope {
        delivery: &outgoing.id,
        what: &outgoing.what,
        alert: Some(&outgoing.alert),
        attempt: outgoing.attempt,
        now,
    };
    let Some(notice) = context.receivers.send(&outgoing.receiver, &envelope).await else { return Ok(()) };
    let (receiver, attempt) = (&outgoing.receiver, outgoing.attempt);
    let then = match &notice.error {
        None => {
            info!(receiver, attempt, what = outgoing.what, alert = %outgoing.alert.id, "alert sent");
            Attempt::Over
        }
        Some(error) => {
            warn!(receiver, attempt, what = outgoing.what, alert = %outgoing.alert.id, error, "alert not sent; retrying");
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
