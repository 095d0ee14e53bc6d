//! Firings: what became of each due time of a schedule, and of each start by hand.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Alert, CloneSpec, Decision, Invalid, Job, JobError, JobId, NEEDS_CONFIRMATION, Page, Schedule, Spec, State, Task,
    Time,
};

/// Id of a firing: a UUIDv7, so that ids sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FiringId(pub Uuid);

impl fmt::Display for FiringId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FiringId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::parse_str(text).map(Self).map_err(|_| Invalid::new("id", text, "a UUID such as 0198c0de-…"))
    }
}

/// A due time with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// Due time; `at` is the time at which a server fired it.
    pub due: Time,
    pub at: Time,
    pub task: Task,
    /// Further due times that had passed, replaced by this one; at most [`Fired::MOST_MISSED`].
    #[serde(default)]
    pub missed: u32,
    /// User who started it by hand; `None` for a due time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(flatten)]
    pub firing: Firing,
}

impl Fired {
    /// Limit of counting missed times.
    pub const MOST_MISSED: u32 = 100;
}

/// Outcome of a firing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Firing {
    Started {
        job: JobId,
    },
    /// The last job of the schedule had not ended.
    Skipped {
        job: JobId,
    },
    /// No job could be started, for this reason.
    Refused {
        reason: String,
    },
}

impl Firing {
    /// The job that it started.
    pub fn started(&self) -> Option<JobId> {
        match self {
            Self::Started { job } => Some(*job),
            Self::Skipped { .. } | Self::Refused { .. } => None,
        }
    }
}

/// A firing of a schedule's history; the API returns this shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiringRecord {
    pub id: FiringId,
    #[serde(flatten)]
    pub fired: Fired,
    /// State of the job that it started; `None` if it started none, or if the job is deleted.
    pub state: Option<State>,
    /// Why that job failed.
    pub error: Option<JobError>,
    /// The plan that waits for a person's confirmation.
    pub waits: Option<Waiting>,
}

/// A mirror's plan above its standing consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Until when it can be confirmed. A later job of the schedule ends it earlier.
    pub until: Time,
    #[serde(flatten)]
    pub decision: Decision,
}

impl Waiting {
    /// Longest wait: a weekend. What has changed meanwhile is found before anything is deleted. Milliseconds.
    pub const LONGEST_MS: i64 = 72 * 3_600_000;

    /// The plan of `job` that waits for a confirmation: the job is the last of the schedule, which is still the same
    /// mirror, and ended for that reason.
    pub fn of(schedule: &Schedule, job: &Job, now: Time) -> Option<Self> {
        let Spec::Clone(spec) = &job.spec else { return None };
        let decision = spec.consent.as_ref()?.decision.clone().filter(|decision| decision.exceeds.is_some())?;
        let asked = CloneSpec { plan: None, consent: None, ..spec.clone() };
        let until = Time(job.ended_at?.0 + Self::LONGEST_MS);
        let waits = schedule.job == Some(job.id)
            && job.state == State::Failed
            && job.error.as_ref().is_some_and(|error| error.code == NEEDS_CONFIRMATION)
            && asked == schedule.clone
            && now <= until;
        waits.then_some(Self { until, decision })
    }
}

impl FiringRecord {
    /// The firing with what is known of its job.
    pub fn of(id: FiringId, fired: Fired, schedule: &Schedule, job: Option<&Job>, now: Time) -> Self {
        let job = job.filter(|job| fired.firing.started() == Some(job.id));
        let waits = job.and_then(|job| Waiting::of(schedule, job, now));
        Self { id, fired, state: job.map(|job| job.state), error: job.and_then(|job| job.error.clone()), waits }
    }
}

/// Content of the page of a schedule: its firings, newest first, each with the job that it started.
#[derive(Clone, Debug, PartialEq)]
pub struct FiringList {
    pub now: Time,
    pub schedule: Schedule,
    pub page: Page<(FiringRecord, Option<Job>)>,
    /// Its active alerts.
    pub alerts: Vec<Alert>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fired_time_serialises_as_one_flat_object() {
        let job = JobId(Uuid::nil());
        let firing = Firing::Skipped { job };
        let fired = Fired { due: Time(0), at: Time(0), task: Task::Verify, missed: 3, by: None, firing };
        let json = serde_json::to_value(&fired).unwrap();
        assert_eq!(
            (&json["outcome"], &json["task"], &json["missed"]),
            (&"skipped".into(), &"verify".into(), &3.into())
        );
        assert_eq!(serde_json::from_value::<Fired>(json.clone()).unwrap(), fired);
        let record = FiringRecord { id: FiringId(Uuid::nil()), fired, state: None, error: None, waits: None };
        let again = serde_json::to_value(&record).unwrap();
        assert_eq!((&again["outcome"], &again["state"]), (&json["outcome"], &serde_json::Value::Null));
    }
}
