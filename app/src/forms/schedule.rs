//! The form's values as typed, and the request made from them.

use model::{CloneSpec, Invalid, Schedule, ScheduleEdit, ScheduleId, ScheduleRequest, Timing};
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
    }

    /// The form for editing a schedule, filled with what is stored.
    pub fn editing(schedule: &Schedule) -> Self {
        let Timing { cron, verify_cron, zone } = schedule.timing.clone();
        Self {
            name: schedule.name.to_string(),
            cron,
            verify_cron: verify_cron.unwrap_or_default(),
            zone,
            id: schedule.id.to_string(),
            revision: schedule.revision.to_string(),
            ..Self::of(&schedule.clone)
        }
    }

    /// The page with this form.
    pub fn page(&self) -> String {
        if self.id.is_empty() { "/schedules/new".to_owned() } else { format!("/schedules/{}/edit", encoded(&self.id)) }
    }

    /// The schedule to edit, and its new content.
    pub fn edit(&self) -> Result<(ScheduleId, ScheduleEdit), Invalid> {
        let revision = self.revision.parse();
        let revision = revision.map_err(|_| Invalid::new("revision", &self.revision, "a whole number"))?;
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
        })
    }
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
    fn fault_names_its_field() {
        let field = |form: ScheduleForm| form.request().unwrap_err().field;
        assert_eq!(field(ScheduleForm { name: String::new(), ..filled() }), "name");
        let clone = CloneForm { source_bucket: "A B".to_owned(), ..filled().clone };
        assert_eq!(field(ScheduleForm { clone, ..filled() }), "clone.source.bucket");
    }
}
