//! Schedules: clones started repeatedly at the times of a cron expression.
//!
//! Expression and time zone are texts here: parsing them requires a calendar and a zone database, which the server has.
//! It
//! refuses invalid ones before it creates a schedule.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    CloneRequest, CloneSpec, Consent, DeletionLimits, Fired, Invalid, Job, JobId, Mode, ScheduleName, StandingConsent,
    Time,
};

/// Id of a schedule, assigned by the database.
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

/// Times of a schedule: a cron expression of five fields in a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// `minute hour day-of-month month day-of-week`, such as `0 2 * * *`.
    pub cron: String,
    /// Second expression, for comparing the same locations without writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_cron: Option<String>,
    /// Time zone of both expressions: an IANA name such as `Pacific/Auckland`.
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
    /// Standing consent; required for a mirror.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<DeletionLimits>,
    /// The destination as typed by the user, who confirms the consent with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

/// The request for parsing: not flattened, so that an unknown field is refused and a wrong one named.
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
    #[serde(default)]
    consent: Option<DeletionLimits>,
    #[serde(default)]
    confirm: Option<String>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The body of `PUT /api/v1/schedules/{id}`: the schedule as it shall be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "EditJson")]
pub struct ScheduleEdit {
    /// [`Schedule::revision`] that the change is based on, so that nobody's change is lost.
    pub revision: i64,
    pub request: ScheduleRequest,
}

/// The change for parsing, for the same reasons as [`RequestJson`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditJson {
    revision: i64,
    name: ScheduleName,
    cron: String,
    #[serde(default)]
    verify_cron: Option<String>,
    #[serde(default = "utc")]
    zone: String,
    clone: CloneRequest,
    #[serde(default)]
    consent: Option<DeletionLimits>,
    #[serde(default)]
    confirm: Option<String>,
}

impl From<EditJson> for ScheduleEdit {
    fn from(json: EditJson) -> Self {
        let EditJson { revision, name, cron, verify_cron, zone, clone, consent, confirm } = json;
        Self { revision, request: RequestJson { name, cron, verify_cron, zone, clone, consent, confirm }.into() }
    }
}

impl From<RequestJson> for ScheduleRequest {
    fn from(json: RequestJson) -> Self {
        let RequestJson { name, cron, verify_cron, zone, clone, consent, confirm } = json;
        Self { name, timing: Timing { cron, verify_cron, zone }, clone, consent, confirm }
    }
}

/// Task that a schedule starts at a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The requested clone, which may itself be a comparison.
    Clone,
    /// A comparison of the same locations.
    Verify,
}

impl Task {
    pub const ALL: [Self; 2] = [Self::Clone, Self::Verify];
}

/// A schedule; the API returns this shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub id: ScheduleId,
    pub name: ScheduleName,
    #[serde(flatten)]
    pub timing: Timing,
    pub clone: CloneSpec,
    /// How much a firing of a mirror may delete; `None` unless the clone is a mirror.
    pub consent: Option<Consent>,
    /// Author of the schedule. Its jobs have [`Schedule::author_of_jobs`].
    pub author: String,
    /// False while paused; a paused schedule has no next times.
    pub enabled: bool,
    pub created_at: Time,
    /// Grows with every edit; an edit names the one that it is based on.
    pub revision: i64,
    /// Name of the last editor; `None` before the first edit.
    pub edited_by: Option<String>,
    /// Time of the last edit.
    pub edited_at: Option<Time>,
    pub next_at: Option<Time>,
    pub verify_next_at: Option<Time>,
    /// Last job, started by a due time or by hand.
    pub job: Option<JobId>,
    /// Result of the last due time.
    pub last: Option<Fired>,
}

impl Schedule {
    /// Author of its jobs in lists and filters: `schedule nightly`.
    pub fn author_of_jobs(&self) -> String {
        format!("schedule {}", self.name)
    }

    pub fn next_of(&self, task: Task) -> Option<Time> {
        match task {
            Task::Clone => self.next_at,
            Task::Verify => self.verify_next_at,
        }
    }

    /// Specification of a job for a task.
    pub fn spec_of(&self, task: Task) -> CloneSpec {
        match task {
            Task::Clone => {
                let standing = |consent: &Consent| StandingConsent { consent: consent.clone(), decision: None };
                CloneSpec { consent: self.consent.as_ref().map(standing).map(Box::new), ..self.clone.clone() }
            }
            Task::Verify => CloneSpec { mode: Mode::Verify, dry_run: false, ..self.clone.clone() },
        }
    }
}

/// Action of a user on a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleAction {
    Pause,
    Resume,
    /// Starts the clone now, without changing the due times.
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

/// An upcoming time, for the form of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    pub at: Time,
    /// Local time in the zone with its UTC offset: `Mon 2026-03-09 02:00 +13:00`.
    pub local: String,
}

/// Content of the page of schedules, with the last job of each.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleList {
    pub now: Time,
    pub items: Vec<(Schedule, Option<Job>)>,
}

/// Next due times of a schedule's tasks.
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
    fn request_defaults_to_utc_and_refuses_unknown_fields() {
        let request: ScheduleRequest = serde_json::from_str(REQUEST).unwrap();
        assert_eq!((request.timing.zone.as_str(), request.timing.verify_cron.as_deref()), ("UTC", None));
        let again = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ScheduleRequest>(&again).unwrap(), request);
        let typo = serde_json::from_str::<ScheduleRequest>(&REQUEST.replace("cron", "crom"));
        assert!(typo.unwrap_err().to_string().contains("unknown field `crom`"));
    }

    #[test]
    fn edit_needs_the_revision_it_changes() {
        let edit: ScheduleEdit =
            serde_json::from_str(&REQUEST.replace(r#"{"name""#, r#"{"revision":3,"name""#)).unwrap();
        assert_eq!((edit.revision, edit.request.timing.zone.as_str()), (3, "UTC"));
        let without = serde_json::from_str::<ScheduleEdit>(REQUEST).unwrap_err();
        assert!(without.to_string().contains("missing field `revision`"), "{without}");
    }

    #[test]
    fn every_action_has_one_name() {
        for action in ScheduleAction::ALL {
            assert_eq!(action.as_str().parse(), Ok(action));
        }
        assert!("cancel".parse::<ScheduleAction>().is_err());
    }
}
