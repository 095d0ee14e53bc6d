//! Actions on jobs: cancel, pause, resume and retry, for one job or all jobs of a filter.
//!
//! Queued, paused and ended jobs change at once. For a running job only `stopping` is set, which its holder reads at
//! its next heartbeat, or [`Db::claim`] if the holder is gone. A pause does not replace an earlier cancel.
//!
//! Always: [`Job::allows`] decides, on locked rows.

use model::{Action, Count, EventKind, Filter, Job, JobId, NotAllowed, Retry, State, Stop, Time};

use super::row;
use crate::{
    Db, DbError,
    database::{Statement, Transaction},
    events,
    filter::Order,
};

/// Jobs changed in one transaction: few enough not to delay a heartbeat.
const BATCH: u32 = 200;

/// Change that an action makes to a job in its state.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    Cancel,
    AskCancel,
    Pause,
    AskPause,
    Resume,
    RetryAll,
    RetryFailed,
}

impl Change {
    const ALL: [Self; 7] =
        [Self::Cancel, Self::AskCancel, Self::Pause, Self::AskPause, Self::Resume, Self::RetryAll, Self::RetryFailed];

    /// The change, or `None` if the action is allowed and already in effect.
    fn of(job: &Job, action: Action) -> Result<Option<Self>, NotAllowed> {
        job.allows(action)?;
        Ok(match (action, job.state, job.stopping) {
            (Action::Cancel, State::Running, Some(Stop::Cancel)) | (Action::Pause, State::Running, Some(_)) => None,
            (Action::Cancel, State::Running, _) => Some(Self::AskCancel),
            (Action::Cancel, ..) => Some(Self::Cancel),
            (Action::Pause, State::Running, None) => Some(Self::AskPause),
            (Action::Pause, ..) => Some(Self::Pause),
            (Action::Resume, ..) => Some(Self::Resume),
            (Action::Retry(Retry::All), ..) => Some(Self::RetryAll),
            (Action::Retry(Retry::Failed), ..) => Some(Self::RetryFailed),
        })
    }

    /// SQL assignments of the change.
    fn set(self) -> &'static str {
        match self {
            Self::Cancel => "state = 'cancelled', ended_at = $1, checkpoint = NULL",
            Self::AskCancel => "stopping = 'cancel'",
            Self::Pause => "state = 'paused'",
            Self::AskPause => "stopping = 'pause'",
            Self::Resume => "state = 'queued'",
            Self::RetryAll => {
                "state = 'queued', started_at = NULL, ended_at = NULL, progress = '{}', failed_objects = 0, \
                 proof = NULL, error = NULL, search_error = '', checkpoint = NULL, history = '[]'"
            }
            Self::RetryFailed => "state = 'queued', ended_at = NULL, proof = NULL, error = NULL, search_error = ''",
        }
    }

    fn event(self) -> (EventKind, &'static str) {
        match self {
            Self::Cancel => (EventKind::Cancelled, ""),
            Self::AskCancel => (EventKind::CancelAsked, ""),
            Self::Pause => (EventKind::Paused, ""),
            Self::AskPause => (EventKind::PauseAsked, ""),
            Self::Resume => (EventKind::Resumed, ""),
            Self::RetryAll => (EventKind::Retried, "all"),
            Self::RetryFailed => (EventKind::Retried, "what failed"),
        }
    }

    /// SQL for the failures recorded so far.
    fn failures(self) -> Option<&'static str> {
        match self {
            Self::RetryAll => Some("DELETE FROM failures WHERE job_id IN "),
            Self::RetryFailed => Some("UPDATE failures SET retry = 1 WHERE job_id IN "),
            _ => None,
        }
    }
}

impl Db {
    /// Applies a user's action. Queued, paused and ended jobs change at once, running jobs at their next heartbeat.
    /// [`Retry::All`] clears progress, checkpoint and failures; [`Retry::Failed`] marks the failures for retry and
    /// keeps progress and checkpoint. An action already in effect changes nothing.
    pub async fn act(&self, id: JobId, action: Action, actor: &str) -> Result<Job, DbError> {
        let mut transaction = self.database().begin().await?;
        let jobs = lock(&mut transaction, &[id]).await?;
        let job = jobs.first().ok_or(DbError::NoJob(id))?;
        if let Some(change) = Change::of(job, action)? {
            apply(&mut transaction, change, &[id], self.now(), actor).await?;
        }
        let rows = transaction.run(row::select().push("WHERE id = ").value(id)).await?;
        let job = row::decode(rows.first().ok_or(DbError::NoJob(id))?)?;
        transaction.commit().await?;
        Ok(job)
    }

    /// Applies an action to all jobs of a filter that allow it, oldest first, at most [`Count::CAP`], with one
    /// transaction per batch. Returns the number of changed jobs.
    pub async fn act_on_all(&self, filter: &Filter, action: Action, actor: &str) -> Result<u64, DbError> {
        let search = self.search(filter).await?.allowing(action);
        let (mut changed, mut seen, mut after) = (0, 0, None);
        while seen < Count::CAP {
            let limit = BATCH.min(u32::try_from(Count::CAP - seen).unwrap_or(BATCH));
            let Some(ids) = search.ids(Statement::new(""), Order::OldestFirst { after }, limit) else { break };
            let rows = self.database().read(ids).await?;
            let ids: Vec<JobId> = rows.iter().map(row::id).collect::<Result<_, _>>()?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            seen += ids.len() as u64;
            changed += self.act_on(&ids, action, actor).await?;
        }
        Ok(changed)
    }

    async fn act_on(&self, ids: &[JobId], action: Action, actor: &str) -> Result<u64, DbError> {
        let mut transaction = self.database().begin().await?;
        let changes: Vec<(JobId, Change)> = lock(&mut transaction, ids)
            .await?
            .iter()
            .filter_map(|job| Some((job.id, Change::of(job, action).ok().flatten()?)))
            .collect();
        let now = self.now();
        for change in Change::ALL {
            let ids: Vec<JobId> = changes.iter().filter(|(_, of)| *of == change).map(|(id, _)| *id).collect();
            if !ids.is_empty() {
                apply(&mut transaction, change, &ids, now, actor).await?;
            }
        }
        transaction.commit().await?;
        Ok(changes.len() as u64)
    }

    /// Number of jobs of the filter that allow the action.
    pub async fn count_allowing(&self, filter: &Filter, action: Action) -> Result<Count, DbError> {
        self.count_found(&self.search(filter).await?.allowing(action)).await
    }
}

/// Reads and locks the jobs until the transaction ends, in the order of ids to prevent deadlocks.
async fn lock(transaction: &mut Transaction, ids: &[JobId]) -> Result<Vec<Job>, DbError> {
    let statement = row::select()
        .push("WHERE id IN ")
        .list(ids.iter().copied())
        .push(" ORDER BY id")
        .push(transaction.for_update());
    row::decode_all(&transaction.run(statement).await?)
}

async fn apply(
    transaction: &mut Transaction,
    change: Change,
    ids: &[JobId],
    now: Time,
    actor: &str,
) -> Result<(), DbError> {
    let statement = Statement::new("UPDATE jobs SET revision = revision + 1, updated_at = $1, ")
        .bind(now)
        .push(change.set())
        .push(" WHERE id IN ")
        .list(ids.iter().copied());
    transaction.run(statement).await?;
    if let Some(sql) = change.failures() {
        transaction.run(Statement::new(sql).list(ids.iter().copied())).await?;
    }
    let (kind, detail) = change.event();
    events::append(transaction, ids, now, actor, kind, detail.to_owned()).await
}
