//! The form's values as typed, and the request made from them.

use std::str::FromStr;

use model::{CloneSpec, DeletionLimits, Invalid, Schedule, ScheduleEdit, ScheduleId, ScheduleRequest, Timing};
use serde::{Deserialize, Serialize};

use super::CloneForm;
use crate::query::{Query, encoded};

/// The form's values. Field names are those of the form and of the page's URL, so that a link can fill in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduleForm {
    pub name: String,
    pub cron: String,
    /// Empty: no separate verification.
    pub verify_cron: String,
    /// IANA time zone; empty is UTC.
    pub zone: String,
    /// The schedule to edit, and the revision that the form was filled from; both empty for a new one.
    pub id: String,
    pub revision: String,
    /// Revision that the user overwrites knowingly.
    pub overwrite: String,
    /// Limits of a mirror's standing consent, and the destination's name, which confirms it.
    pub consent_objects: String,
    pub consent_percent: String,
    pub confirm: String,
    /// The clone, never as a dry run.
    #[serde(flatten)]
    pub clone: CloneForm,
}

impl ScheduleForm {
    pub fn read(query: &Query) -> Self {
        let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
        Self {
            name: field("name"),
            cron: field("cron"),
            verify_cron: field("verify_cron"),
            zone: field("zone"),
            id: field("id"),
            revision: field("revision"),
            overwrite: String::new(),
            consent_objects: field("consent_objects"),
            consent_percent: field("consent_percent"),
            confirm: field("confirm"),
            clone: CloneForm { dry_run: String::new(), ..CloneForm::read(query) },
        }
    }

    pub fn query(&self) -> Query {
        self.clone
            .query()
            .with("name", &self.name)
            .with("cron", &self.cron)
            .with("verify_cron", &self.verify_cron)
            .with("zone", &self.zone)
            .with("id", &self.id)
            .with("revision", &self.revision)
            .with("consent_objects", &self.consent_objects)
            .with("consent_percent", &self.consent_percent)
            .with("confirm", &self.confirm)
    }

    /// The form for editing a schedule, filled with what is stored.
    pub fn editing(schedule: &Schedule) -> Self {
        let Timing { cron, verify_cron, zone } = schedule.timing.clone();
        let limits = schedule.consent.as_ref().map(|consent| consent.limits).unwrap_or_default();
        Self {
            name: schedule.name.to_string(),
            cron,
            verify_cron: verify_cron.unwrap_or_default(),
            zone,
            id: schedule.id.to_string(),
            revision: schedule.revision.to_string(),
            consent_objects: limits.objects.map(|most| most.to_string()).unwrap_or_default(),
            consent_percent: limits.percent.map(|most| most.to_string()).unwrap_or_default(),
            ..Self::of(&schedule.clone)
        }
    }

    /// The page with this form.
    pub fn page(&self) -> String {
        if self.id.is_empty() { "/schedules/new".to_owned() } else { format!("/schedules/{}/edit", encoded(&self.id)) }
    }

    /// The schedule to edit, and its new content.
    pub fn edit(&self) -> Result<(ScheduleId, ScheduleEdit), Invalid> {
        let revision = if self.overwrite.is_empty() { &self.revision } else { &self.overwrite };
        let revision = revision.parse().map_err(|_| Invalid::new("revision", revision, "a whole number"))?;
        Ok((self.id.parse()?, ScheduleEdit { revision, request: self.request()? }))
    }

    /// The form for repeating this clone.
    pub fn of(spec: &CloneSpec) -> Self {
        let clone = CloneForm { dry_run: String::new(), ..CloneForm::of(spec) };
        Self { clone, ..Self::default() }
    }

    pub fn zone(&self) -> &str {
        match self.zone.trim() {
            "" => "UTC",
            zone => zone,
        }
    }

    pub fn request(&self) -> Result<ScheduleRequest, Invalid> {
        Ok(ScheduleRequest {
            name: self.name.trim().parse()?,
            timing: Timing {
                cron: self.cron.clone(),
                verify_cron: Some(self.verify_cron.clone()).filter(|cron| !cron.trim().is_empty()),
                zone: self.zone().to_owned(),
            },
            clone: self.clone.request().map_err(|invalid| invalid.within("clone"))?,
            consent: self.consent()?,
            confirm: Some(self.confirm.trim().to_owned())
                .filter(|typed| self.clone.mode == "mirror" && !typed.is_empty()),
        })
    }

    /// The limits of a mirror's standing consent; `None` for other modes.
    pub fn consent(&self) -> Result<Option<DeletionLimits>, Invalid> {
        if self.clone.mode != "mirror" {
            return Ok(None);
        }
        let limits = DeletionLimits {
            objects: number("consent.objects", &self.consent_objects, "a whole number")?,
            percent: number("consent.percent", &self.consent_percent, "0 to 100")?,
        };
        limits.checked().map(Some)
    }
}

fn number<T: FromStr>(field: &str, text: &str, expected: &str) -> Result<Option<T>, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Invalid::new(field, text, format!("{expected}, or nothing for no such limit")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> ScheduleForm {
        let query = "name=nightly&cron=0+2+*+*+*&source_bucket=demo-assets&destination_bucket=demo-clone&dry_run=on";
        ScheduleForm::read(&Query::read(query))
    }

    #[test]
    fn form_round_trips_through_url() {
        let form = ScheduleForm { verify_cron: "0 5 * * *".into(), zone: "Pacific/Auckland".into(), ..filled() };
        assert_eq!(ScheduleForm::read(&Query::read(&form.query().on(""))), form);
    }

    #[test]
    fn edit_form_is_filled_with_what_is_stored() {
        let schedule = crate::examples::schedule();
        let form = ScheduleForm::editing(&schedule);
        assert_eq!(ScheduleForm::read(&Query::read(&form.query().on(""))), form);
        let (id, edit) = form.edit().unwrap();
        assert_eq!((id, edit.revision, edit.request.name), (schedule.id, schedule.revision, schedule.name.clone()));
        assert_eq!(edit.request.timing, schedule.timing);
        assert_eq!(edit.request.clone.source.bucket, schedule.clone.source.bucket);
        assert_eq!(form.page(), format!("/schedules/{}/edit", schedule.id));
        assert_eq!(ScheduleForm { revision: "x".into(), ..form }.edit().unwrap_err().field, "revision");
    }

    #[test]
    fn blank_zone_is_utc_and_blank_verify_is_none() {
        let request = ScheduleForm { zone: " ".into(), verify_cron: " ".into(), ..filled() }.request().unwrap();
        assert_eq!((request.timing.zone.as_str(), request.timing.verify_cron), ("UTC", None));
        assert!(!request.clone.dry_run, "a dry run is not repeated");
    }

    #[test]
    fn mirror_needs_limits_and_other_modes_have_none() {
        let mirror = |objects: &str, percent: &str| ScheduleForm {
            clone: CloneForm { mode: "mirror".to_owned(), ..filled().clone },
            consent_objects: objects.to_owned(),
            consent_percent: percent.to_owned(),
            confirm: " s3://demo-clone ".to_owned(),
            ..filled()
        };
        let request = mirror("100", "").request().unwrap();
        assert_eq!(request.consent, Some(DeletionLimits { objects: Some(100), percent: None }));
        assert_eq!(request.confirm.as_deref(), Some("s3://demo-clone"));
        assert_eq!(mirror("", "").request().unwrap_err().field, "consent");
        assert_eq!(mirror("many", "").request().unwrap_err().field, "consent.objects");
        assert_eq!(mirror("", "101").request().unwrap_err().field, "consent.percent");
        assert_eq!(mirror("", "-1").request().unwrap_err().field, "consent.percent");
        let copy = ScheduleForm { clone: filled().clone, ..mirror("100", "5") }.request().unwrap();
        assert_eq!((copy.consent, copy.confirm), (None, None));
    }

    #[test]
    fn fault_names_its_field() {
        let field = |form: ScheduleForm| form.request().unwrap_err().field;
        assert_eq!(field(ScheduleForm { name: String::new(), ..filled() }), "name");
        let clone = CloneForm { source_bucket: "A B".to_owned(), ..filled().clone };
        assert_eq!(field(ScheduleForm { clone, ..filled() }), "clone.source.bucket");
    }
}
