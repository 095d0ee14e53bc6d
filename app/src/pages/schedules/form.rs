//! The form's values as texts, exactly as typed, and the request they make if they fit.

use model::{CloneSpec, Invalid, ScheduleRequest, Timing};
use serde::{Deserialize, Serialize};

use crate::{pages::CloneForm, query::Query};

/// Field names are those of the form and of the page's URL, so that a link can fill the form in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduleForm {
    pub name: String,
    pub cron: String,
    /// Empty for none.
    pub verify_cron: String,
    /// Empty is UTC.
    pub zone: String,
    /// Without its dry run, which no one repeats.
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
    }

    /// The form that would repeat this clone.
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
    fn values_survive_the_way_through_the_url() {
        let form = ScheduleForm { verify_cron: "0 5 * * *".into(), zone: "Pacific/Auckland".into(), ..filled() };
        assert_eq!(ScheduleForm::read(&Query::read(&form.query().on(""))), form);
    }

    #[test]
    fn a_blank_zone_is_utc_and_a_blank_comparison_is_none() {
        let request = ScheduleForm { zone: " ".into(), verify_cron: " ".into(), ..filled() }.request().unwrap();
        assert_eq!((request.timing.zone.as_str(), request.timing.verify_cron), ("UTC", None));
        assert!(!request.clone.dry_run, "a dry run is not repeated");
    }

    #[test]
    fn a_fault_is_told_with_its_field() {
        let field = |form: ScheduleForm| form.request().unwrap_err().field;
        assert_eq!(field(ScheduleForm { name: String::new(), ..filled() }), "name");
        let clone = CloneForm { source_bucket: "A B".to_owned(), ..filled().clone };
        assert_eq!(field(ScheduleForm { clone, ..filled() }), "clone.source.bucket");
    }
}
