//! Standing consent to a scheduled mirror: how much one firing may delete without a person who confirms its plan.
//!
//! Always: without a limit nothing is within the consent, and a source without objects never is: an emptied or misspelt
//! source must not empty its copy. Percentages are of the destination's objects before the firing wrote any; where
//! nothing would be deleted, as at an empty destination, every limit holds.

use serde::{Deserialize, Serialize};

use crate::{
    Digest, Invalid, Plan, Time,
    number::{count, counted},
};

/// Code of a job that copied everything, and deleted nothing because its plan needs a person's confirmation.
pub const NEEDS_CONFIRMATION: &str = "needs_confirmation";

/// Most that one firing may delete. If both are given, both must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionLimits {
    /// Objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// Percent of the objects at the destination, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
}

/// A standing consent as stored with its schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub limits: DeletionLimits,
    /// Name of the person who gave the consent.
    pub by: String,
    /// Time at which the consent was given.
    pub at: Time,
}

/// The consent under which a mirror's job runs, and what was decided by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingConsent {
    #[serde(flatten)]
    pub consent: Consent,
    /// `None` until both listings were read to their ends. Decided once a job, so that neither a crash nor a retry
    /// adds up to more than the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// The plan of a scheduled mirror, and whether the standing consent covers its deletions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub plan: Plan,
    /// Objects at the destination when the plan was made.
    pub destination_objects: u64,
    /// Up to ten keys of the destination that the plan deletes.
    pub examples: Vec<String>,
    /// Why the consent does not cover the plan, as a sentence; `None` if it does.
    pub exceeds: Option<String>,
}

/// The body of `POST /api/v1/schedules/{id}/confirm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Plan that waits for it.
    pub plan: Digest,
    /// The destination, as typed by the user.
    pub confirm: String,
}

impl DeletionLimits {
    /// Refuses limits that limit nothing.
    pub fn checked(self) -> Result<Self, Invalid> {
        match self {
            Self { objects: None, percent: None } => {
                let expected = "objects, percent or both: the most that one firing may delete";
                Err(Invalid::new("consent", "{}", expected))
            }
            Self { percent: Some(percent @ 101..), .. } => {
                Err(Invalid::new("consent.percent", percent.to_string(), "0 to 100"))
            }
            limits => Ok(limits),
        }
    }

    /// Why these limits do not cover a plan; `None` if they do.
    pub fn exceeded_by(self, plan: &Plan, destination_objects: u64) -> Option<String> {
        let to_delete = plan.to_delete;
        if to_delete == 0 {
            return None;
        }
        let delete = format!("{} would be deleted", counted(to_delete, "object"));
        if plan.source_objects == 0 {
            return Some(format!("The source has no objects, and {delete}. A standing consent never covers that."));
        }
        match self {
            Self { objects: None, percent: None } => Some(format!("{delete}, and the consent has no limit.")),
            Self { objects: Some(most), .. } if to_delete > most => {
                Some(format!("{delete}, and the consent covers {}.", counted(most, "object")))
            }
            Self { percent: Some(most), .. } if above(to_delete, destination_objects, most) => {
                let of = count(destination_objects);
                Some(format!("{delete} of {of} at the destination, and the consent covers {most} percent."))
            }
            _ => None,
        }
    }

    /// `at most 100 objects and 5 percent of the destination's objects`.
    pub fn words(self) -> String {
        let objects = self.objects.map(|most| counted(most, "object"));
        let percent = self.percent.map(|most| format!("{most} percent of the destination's objects"));
        let words: Vec<String> = objects.into_iter().chain(percent).collect();
        if words.is_empty() { "nothing".to_owned() } else { format!("at most {}", words.join(" and ")) }
    }
}

impl Decision {
    pub fn of(limits: DeletionLimits, plan: Plan, destination_objects: u64, examples: Vec<String>) -> Self {
        let exceeds = limits.exceeded_by(&plan, destination_objects);
        Self { plan, destination_objects, examples, exceeds }
    }
}

/// Whether `part` is more than `percent` of `whole`.
fn above(part: u64, whole: u64, percent: u8) -> bool {
    u128::from(part) * 100 > u128::from(whole) * u128::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(source_objects: u64, to_delete: u64) -> Plan {
        let id = Digest::of([7; 32]);
        Plan {
            id: id.clone(),
            at: Time(0),
            source_objects,
            to_copy: 0,
            to_copy_bytes: 0,
            to_delete,
            to_delete_bytes: to_delete,
            extras: id,
            newest_extra: None,
        }
    }

    fn limits(objects: Option<u64>, percent: Option<u8>) -> DeletionLimits {
        DeletionLimits { objects, percent }
    }

    #[test]
    fn consent_covers_up_to_its_limits_exactly() {
        let covers = |limits: DeletionLimits, deletes, of| limits.exceeded_by(&plan(9, deletes), of).is_none();
        for (objects, percent, deletes, of, covered) in [
            (Some(3), None, 2, 10, true),
            (Some(3), None, 3, 10, true),
            (Some(3), None, 4, 10, false),
            (None, Some(30), 3, 10, true),
            (None, Some(30), 4, 10, false),
            (None, Some(33), 1, 3, false),
            (None, Some(34), 1, 3, true),
            (None, Some(100), 10, 10, true),
            (Some(3), Some(20), 3, 10, false),
            (Some(1), Some(90), 2, 10, false),
            (Some(3), Some(30), 3, 10, true),
            (Some(0), None, 1, 10, false),
            (None, Some(0), 1, u64::MAX, false),
            (None, Some(99), u64::MAX, u64::MAX, false),
            (None, None, 1, 10, false),
        ] {
            assert_eq!(
                covers(limits(objects, percent), deletes, of),
                covered,
                "{objects:?} {percent:?} {deletes}/{of}"
            );
        }
    }

    #[test]
    fn nothing_to_delete_is_within_every_consent() {
        for limits in [limits(Some(0), None), limits(None, Some(0)), limits(Some(5), Some(5))] {
            assert_eq!(limits.exceeded_by(&plan(3, 0), 0), None, "an empty destination");
            assert_eq!(limits.exceeded_by(&plan(0, 0), 0), None, "two empty places");
        }
    }

    #[test]
    fn empty_source_is_never_covered() {
        let why = limits(Some(1_000), Some(100)).exceeded_by(&plan(0, 5), 5).unwrap();
        assert_eq!(
            why,
            "The source has no objects, and 5 objects would be deleted. A standing consent never covers that."
        );
    }

    #[test]
    fn limits_need_a_number_and_a_real_percentage() {
        assert_eq!(limits(None, None).checked().unwrap_err().field, "consent");
        assert_eq!(limits(None, Some(101)).checked().unwrap_err().field, "consent.percent");
        assert!(limits(Some(0), Some(100)).checked().is_ok());
        assert_eq!(limits(Some(1), Some(5)).words(), "at most 1 object and 5 percent of the destination's objects");
    }
}
