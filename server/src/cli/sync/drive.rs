//! Evaluates the table again and again, until the endpoints are equal or a person must decide.

use std::{sync::Arc, time::Duration};

use db::{Db, DbError};
use engine::sync::{Halt, Verdict};
use model::{SyncAction, SyncState};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Arguments, Reporter, Summary,
    outcome::{End, Outcome},
};
use crate::{
    boot::{self, Failure, database},
    cli::output,
    config::{self, Config},
    connections::tables::Syncs,
    tasks::syncer::{Context, Ended, Keeper, Next, Patience, Turn, Verification},
};

/// How often to try to acquire a table that another process holds. That process releases it for longer between evaluations.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// Longest wait for a table held by another process, and for an endpoint that stopped answering.
const LONGEST: Duration = Duration::from_mins(5);
/// Author of requests in the history.
const AUTHOR: &str = "the command line";

pub async fn drive(
    config: &Config,
    entry: config::Table,
    arguments: &Arguments,
    reporter: &mut Reporter,
    stop: &CancellationToken,
) -> Summary {
    let mut summary = Summary::new(&entry.name);
    let db = match database::open(config, stop).await {
        Ok(store) => store,
        Err(Failure { message, exit }) => {
            let outcome = if exit == crate::cli::Exit::Unreachable { Outcome::Unreachable } else { Outcome::Refused };
            return summary.end(End::database_closed(outcome, &message));
        }
    };
    let context =
        Context { db: db.clone(), syncs: Syncs::new(config), holder: boot::holder(), lease_ms: config.runner.lease_ms };
    let keeper = Keeper::new(Arc::new(context), entry);
    let end = match ask(&db, arguments).await {
        Ok(()) => take_turns(keeper, arguments, reporter, &mut summary, stop).await,
        Err(error) => Err(error),
    };
    summary.end(end.unwrap_or_else(|error| End::database(&error)))
}

/// Records a request like any person's: it stays in force if this process dies.
async fn ask(db: &Db, arguments: &Arguments) -> Result<(), DbError> {
    if let Some(rows) = arguments.approve {
        db.request_sync(&arguments.table, &SyncAction::Approve { rows }, AUTHOR).await?;
    }
    if arguments.accept_epoch {
        db.request_sync(&arguments.table, &SyncAction::AcceptEpoch { send_all: arguments.send_all }, AUTHOR).await?;
    }
    if arguments.contents && !arguments.verify {
        db.request_sync(&arguments.table, &SyncAction::CompareContents, AUTHOR).await?;
    }
    Ok(())
}

async fn take_turns(
    mut keeper: Keeper,
    arguments: &Arguments,
    reporter: &mut Reporter,
    summary: &mut Summary,
    stop: &CancellationToken,
) -> Result<End, DbError> {
    let mut patience = Patience::default();
    // Since when another process holds the table, and since when an endpoint does not answer.
    let (mut another_since, mut away_since) = (None::<Instant>, None::<Instant>);
    let mut answered = false;
    loop {
        let verify = arguments.verify.then_some(Verification { contents: arguments.contents });
        let turn = keeper.turn(verify, &mut |status| reporter.show(status), stop).await?;
        if output::closed() {
            return Ok(End::quiet(Outcome::Stopped));
        }
        let wait = match turn {
            Turn::Cut(Halt::Stopped) => return Ok(End::quiet(Outcome::Stopped)),
            Turn::Cut(Halt::LeaseLost) => ASK_EVERY,
            Turn::Paused => return Ok(End::paused()),
            Turn::Another => {
                if another_since.get_or_insert_with(Instant::now).elapsed() > LONGEST {
                    let holder = keeper.db().sync(&arguments.table).await?.and_then(|(status, ..)| status.holder);
                    return Ok(End::held(holder.as_deref()));
                }
                ASK_EVERY
            }
            Turn::Ended(ended) => {
                reporter.show(&ended.status);
                summary.add(&ended);
                let away = ended.status.state == SyncState::Unreachable;
                answered |= !away;
                let since = away_since.filter(|_| away).unwrap_or_else(Instant::now);
                (another_since, away_since) = (None, away.then_some(since));
                let given_up = away && (!answered || since.elapsed() > LONGEST);
                if arguments.once || given_up || !goes_on(&ended, arguments.verify) {
                    return Ok(End::quiet(Outcome::of(&ended)));
                }
                match patience.after(&ended) {
                    Next::In(wait) => wait,
                    Next::Usual => ASK_EVERY,
                }
            }
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = stop.cancelled() => return Ok(End::quiet(Outcome::Stopped)),
        }
    }
}

/// True if another evaluation may make progress.
fn goes_on(ended: &Ended, verify: bool) -> bool {
    match &ended.verdict {
        Some(Verdict::Working(_) | Verdict::Unreachable { .. }) => true,
        // Another person requested a verification, and this turn answered it.
        Some(Verdict::Differs { .. }) => !verify,
        None => ended.status.state == SyncState::Unreachable,
        Some(_) => false,
    }
}
