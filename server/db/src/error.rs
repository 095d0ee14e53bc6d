//! Errors of the database, distinguished where a caller reacts differently.
//!
//! Always: no message contains a URL or a password. The database's own message is in the source, for the log.

use std::{io, path::PathBuf};

use model::{AlertId, Digest, Invalid, JobId, NotAllowed, RunId, Schedule, ScheduleId, ScheduleName};
use sqlx::migrate::MigrateError;

/// Reason why a call to [`crate::Db`] failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("no job {0}")]
    NoJob(JobId),
    #[error("no run {0}")]
    NoRun(RunId),
    #[error("no alert {0}")]
    NoAlert(AlertId),
    #[error("alert {0} is resolved")]
    AlertOver(AlertId),
    #[error("no schedule {0}")]
    NoSchedule(ScheduleId),
    #[error("no plan of schedule {0} waits for a confirmation")]
    NothingWaits(ScheduleId),
    #[error("another plan waits for a confirmation: {0}")]
    OtherPlanWaits(Digest),
    /// Somebody edited the schedule since it was read.
    #[error("schedule {} was edited meanwhile", .0.id)]
    Edited(Box<Schedule>),
    #[error("another schedule is called {0}")]
    NameTaken(ScheduleName),
    #[error("there are {} schedules already", crate::MOST_SCHEDULES)]
    TooManySchedules,
    #[error("agents report {} tables already", crate::MOST_AGENT_TABLES)]
    TooManyTables,
    /// The last job of the schedule has not ended.
    #[error("job {0}, the last of this schedule, has not ended")]
    StillRuns(JobId),
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("this idempotency key was used for another request, of job {0}")]
    KeyReused(JobId),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Bug of the caller: a job can only succeed with a valid proof.
    #[error("job {0} cannot succeed: its proof is not valid")]
    Unproven(JobId),
    #[error("database.url must start with sqlite: or postgres:// and name a database")]
    Url,
    #[error("the database file {} cannot be created: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(
        "the database was migrated by a newer Logyard (schema {0}); run that version, or one newer still, on this database"
    )]
    NewerSchema(i64),
    #[error(
        "the schema of the database differs from that of this Logyard (migration {0}); restore the database from a backup"
    )]
    ForeignSchema(i64),
    /// Retry later.
    #[error("the database does not answer")]
    Unreachable(#[source] sqlx::Error),
    /// Retry soon: a lock, or no free connection in time.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// A stored value that this version cannot have written.
    #[error("the database contains an unreadable value: {0}")]
    Corrupt(String),
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::Database(database) => database.code().unwrap_or_default().into_owned(),
            sqlx::Error::PoolTimedOut => return Self::Busy(error),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => return Self::Unreachable(error),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => return Self::Corrupt(error.to_string()),
            _ => return Self::Refused(error),
        };
        match code.as_str() {
            // SQLite's BUSY and LOCKED with their extended codes; PostgreSQL's lock, statement and deadlock limits,
            // serialisation and too many connections.
            "5" | "6" | "261" | "262" | "517" | "773" | "55P03" | "57014" | "40P01" | "40001" | "53300" => {
                Self::Busy(error)
            }
            // PostgreSQL: shutting down, crashed, starting, connection gone; no such role, password or database.
            "57P01" | "57P02" | "57P03" | "08000" | "08003" | "08006" | "28000" | "28P01" | "3D000" => {
                Self::Unreachable(error)
            }
            // SQLite: cannot open, disk I/O.
            "14" | "10" => Self::Unreachable(error),
            // SQLite: malformed, not a database.
            "11" | "26" => Self::Corrupt(error.to_string()),
            _ => Self::Refused(error),
        }
    }
}

impl From<MigrateError> for DbError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::NewerSchema(version),
            MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => Self::ForeignSchema(version),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Refused(other.into()),
        }
    }
}
