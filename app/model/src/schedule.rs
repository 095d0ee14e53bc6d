//! Schedules: a clone that is started again and again, at times told by a cron expression.
//!
//! Expression and zone are texts here: reading them takes a calendar and a database of zones, which the server has. It
//! refuses what it cannot read before a schedule is made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{CloneRequest, CloneSpec, Invalid, Job, JobId, Mode, ScheduleName, Time};

/// The id of a schedule. Made by the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScheduleId(pub Uuid);

impl fmt::Display for ScheduleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ScheduleId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::parse_str(text).map(Self).map_err(|_| Invalid::new("id", text, "a UUID such as 0198c0de-…"))
    }
}

/// When: five fields of cron, read on the clocks of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// `minute hour day-of-month month day-of-week`, such as `0 2 * * *`.
    pub cron: String,
    /// The second expression of a schedule that copies: compare the same places, and write nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_cron: Option<String>,
    /// A name of the IANA database, such as `Pacific/Auckland`; of both expressions.
    pub zone: String,
}

/// The body of `POST /api/v1/schedules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RequestJson")]
pub struct ScheduleRequest {
    pub name: ScheduleName,
    #[serde(flatten)]
    pub timing: Timing,
    pub clone: CloneRequest,
}

/// The request as it is read: without flattening, so that an unknown field is refused and a wrong one named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestJson {
    name: ScheduleName,
    cron: String,
    #[serde(default)]
    verify_cron: Option<String>,
    #[serde(default = "utc")]
    zone: String,
    clone: CloneRequest,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl From<RequestJson> for ScheduleRequest {
    fn from(json: RequestJson) -> Self {
        let RequestJson { name, cron, verify_cron, zone, clone } = json;
        Self { name, timing: Timing { cron, verify_cron, zone }, clone }
    }
}

/// What a schedule starts at one of its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The clone as it was asked for, which may itself be a comparison.
    Clone,
    /// A comparison of the same places.
    Verify,
}

impl Task {
    pub const ALL: [Self; 2] = [Self::Clone, Self::Verify];
}

/// A schedule as everybody sees it. The API answers this very shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub id: ScheduleId,
    pub name: ScheduleName,
    #[serde(flatten)]
    pub timing: Timing,
    pub clone: CloneSpec,
    /// Who made it. Its jobs bear [`Schedule::author_of_jobs`].
    pub author: String,
    /// False while it is paused: it then has no next times.
    pub enabled: bool,
    pub created_at: Time,
    pub next_at: Option<Time>,
    pub verify_next_at: Option<Time>,
    /// The job it started last, by its times or by hand.
    pub job: Option<JobId>,
    /// What came of the last of its times.
    pub last: Option<Fired>,
}

impl Schedule {
    /// `schedule nightly`: what a list of jobs shows, and may be filtered by.
    pub fn author_of_jobs(&self) -> String {
        format!("schedule {}", self.name)
    }

    pub fn next_of(&self, task: Task) -> Option<Time> {
        match task {
            Task::Clone => self.next_at,
            Task::Verify => self.verify_next_at,
        }
    }

    /// What a job of that task is to do.
    pub fn spec_of(&self, task: Task) -> CloneSpec {
        match task {
            Task::Clone => self.clone.clone(),
            Task::Verify => CloneSpec { mode: Mode::Verify, dry_run: false, ..self.clone.clone() },
        }
    }
}

/// One of a schedule's times, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// When it was due, and when a server came to it.
    pub due: Time,
    pub at: Time,
    pub task: Task,
    /// Later times that had passed as well: they are made up for by this one. At most [`Fired::MOST_MISSED`].
    #[serde(default)]
    pub missed: u32,
    #[serde(flatten)]
    pub firing: Firing,
}

impl Fired {
    /// Counting stops here.
    pub const MOST_MISSED: u32 = 100;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Firing {
    Started {
        job: JobId,
    },
    /// That job of the schedule had not ended.
    Skipped {
        job: JobId,
    },
    /// It could not become a job; why, in a sentence.
    Refused {
        reason: String,
    },
}

/// What a person may ask of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleAction {
    Pause,
    Resume,
    /// Now, whatever its times; its times stay as they are.
    Run,
    Delete,
}

impl ScheduleAction {
    pub const ALL: [Self; 4] = [Self::Pause, Self::Resume, Self::Run, Self::Delete];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Run => "run",
            Self::Delete => "delete",
        }
    }
}

impl FromStr for ScheduleAction {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let named = Self::ALL.into_iter().find(|action| action.as_str() == text);
        named.ok_or_else(|| Invalid::new("action", text, "one of pause, resume, run, delete"))
    }
}

/// A time to come, for whoever chooses an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    pub at: Time,
    /// What the clocks of the zone show then, with their distance from UTC: `Mon 2026-03-09 02:00 +13:00`.
    pub local: String,
}

/// All schedules with the job that each started last, for their page.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleList {
    pub now: Time,
    pub items: Vec<(Schedule, Option<Job>)>,
}

/// When a schedule's tasks are due next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextTimes {
    pub clone: Option<Time>,
    pub verify: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str =
        r#"{"name":"nightly","cron":"0 2 * * *","clone":{"source":"s3://from","destination":"s3://copy"}}"#;

    #[test]
    fn a_request_without_a_zone_is_in_utc_and_unknown_fields_are_refused() {
        let request: ScheduleRequest = serde_json::from_str(REQUEST).unwrap();
        assert_eq!((request.timing.zone.as_str(), request.timing.verify_cron.as_deref()), ("UTC", None));
        let again = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ScheduleRequest>(&again).unwrap(), request);
        let typo = serde_json::from_str::<ScheduleRequest>(&REQUEST.replace("cron", "crom"));
        assert!(typo.unwrap_err().to_string().contains("unknown field `crom`"));
    }

    #[test]
    fn every_action_has_one_name() {
        for action in ScheduleAction::ALL {
            assert_eq!(action.as_str().parse(), Ok(action));
        }
        assert!("cancel".parse::<ScheduleAction>().is_err());
    }

    #[test]
    fn what_came_of_a_time_reads_as_one_flat_object() {
        let job = JobId(Uuid::nil());
        let fired = Fired { due: Time(0), at: Time(0), task: Task::Verify, missed: 3, firing: Firing::Skipped { job } };
        let json = serde_json::to_value(&fired).unwrap();
        assert_eq!(
            (&json["outcome"], &json["task"], &json["missed"]),
            (&"skipped".into(), &"verify".into(), &3.into())
        );
        assert_eq!(serde_json::from_value::<Fired>(json).unwrap(), fired);
    }
}
