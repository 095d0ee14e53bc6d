//! The form's values as typed, and the request made from them.

use model::{Extent, Invalid, ReprocessRequest, ReprocessSpec, Run, Time};
use serde::{Deserialize, Serialize};

use crate::{
    query::Query,
    scope::{Zone, read_offset, read_time},
};

/// The form's values. Field names are those of the form and of the page's URL, so that a link can fill in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReprocessForm {
    pub pipeline: String,
    /// As a `datetime-local` field writes it, in `zone`; so is `to`.
    pub from: String,
    pub to: String,
    /// UTC offset such as `+13:00`; empty is UTC.
    pub zone: String,
    /// UTC offset at the time of `from`, where the browser knows it; so is `to_zone`. Empty is `zone`.
    pub from_zone: String,
    pub to_zone: String,
    /// Not empty if all objects of the pipeline are meant, without a window.
    pub whole: String,
    /// One key per line.
    pub keys: String,
    /// Id of the job whose dead letters to send.
    pub dead_letters_of: String,
    /// `missing` or `all`; empty is `missing`.
    pub extent: String,
    pub max_events_per_second: String,
    /// Not empty if ticked.
    pub dry_run: String,
}

impl ReprocessForm {
    pub fn read(query: &Query) -> Self {
        let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
        Self {
            pipeline: field("pipeline"),
            from: field("from"),
            to: field("to"),
            zone: field("zone"),
            from_zone: field("from_zone"),
            to_zone: field("to_zone"),
            whole: field("whole"),
            keys: field("keys"),
            dead_letters_of: field("dead_letters_of"),
            extent: field("extent"),
            max_events_per_second: field("max_events_per_second"),
            dry_run: field("dry_run"),
        }
    }

    pub fn query(&self) -> Query {
        Query::default()
            .with("pipeline", &self.pipeline)
            .with("from", &self.from)
            .with("to", &self.to)
            .with("zone", &self.zone)
            .with("from_zone", &self.from_zone)
            .with("to_zone", &self.to_zone)
            .with("whole", &self.whole)
            .with("keys", &self.keys)
            .with("dead_letters_of", &self.dead_letters_of)
            .with("extent", &self.extent)
            .with("max_events_per_second", &self.max_events_per_second)
            .with("dry_run", &self.dry_run)
    }

    /// The same form with another window.
    #[must_use]
    pub fn within(&self, from: Time, to: Time) -> Self {
        let zone = self.zone();
        Self {
            from: zone.field(from),
            to: zone.field(to),
            from_zone: String::new(),
            to_zone: String::new(),
            whole: String::new(),
            ..self.clone()
        }
    }

    /// The time zone of `from` and `to`.
    pub fn zone(&self) -> Zone {
        read_offset(&self.zone).unwrap_or_default()
    }

    /// The form for shipping a run's object again; `None` if the run's pipeline or key is unknown.
    pub fn of_run(run: &Run) -> Option<Self> {
        let (pipeline, key) = (run.pipeline.as_ref()?, run.key.as_ref()?);
        Some(Self {
            pipeline: pipeline.to_string(),
            keys: key.to_string(),
            extent: "all".to_owned(),
            ..Self::default()
        })
    }

    /// The form for repeating a reprocess; `None` for a reprocess without a pipeline.
    pub fn of(spec: &ReprocessSpec) -> Option<Self> {
        let keys: Vec<&str> = spec.keys.iter().map(model::Key::as_str).collect();
        Some(Self {
            pipeline: spec.pipeline.as_ref()?.to_string(),
            zone: String::new(),
            from_zone: String::new(),
            to_zone: String::new(),
            whole: if spec.window.is_none() && spec.keys.is_empty() && spec.dead_letters_of.is_none() {
                "on".to_owned()
            } else {
                String::new()
            },
            from: spec.window.map(|window| Zone::default().field(window.from())).unwrap_or_default(),
            to: spec.window.map(|window| Zone::default().field(window.to())).unwrap_or_default(),
            keys: keys.join("\n"),
            dead_letters_of: spec.dead_letters_of.map(|job| job.to_string()).unwrap_or_default(),
            extent: if spec.extent == Extent::All { "all".to_owned() } else { String::new() },
            max_events_per_second: spec.max_events_per_second.map(|most| most.to_string()).unwrap_or_default(),
            dry_run: if spec.dry_run { "on".to_owned() } else { String::new() },
        })
    }

    pub fn request(&self) -> Result<ReprocessRequest, Invalid> {
        let query = self.query();
        Ok(ReprocessRequest {
            pipeline: Some(self.pipeline.parse()?),
            from: read_time(&query, "from")?,
            to: read_time(&query, "to")?,
            keys: self.keys.lines().filter(|key| !key.is_empty()).map(str::parse).collect::<Result<_, _>>()?,
            dead_letters_of: optional(&self.dead_letters_of, str::parse)
                .map_err(|invalid: Invalid| Invalid { field: "dead_letters_of".to_owned(), ..invalid })?,
            extent: match self.extent.as_str() {
                "" | "missing" => Extent::Missing,
                "all" => Extent::All,
                other => return Err(Invalid::new("extent", other, "missing or all")),
            },
            max_events_per_second: optional(&self.max_events_per_second, |text| {
                let number = text.parse().ok().filter(|number| *number > 0);
                number.ok_or_else(|| Invalid::new("max_events_per_second", text, "a whole number from 1"))
            })?,
            dry_run: !self.dry_run.is_empty(),
            ..ReprocessRequest::default()
        })
    }

    /// The request of the start button. A form in which nothing was chosen does not mean everything.
    pub fn request_to_start(&self) -> Result<ReprocessRequest, Invalid> {
        let request = self.request()?;
        let narrowed = request.from.is_some() || request.to.is_some() || request.dead_letters_of.is_some();
        if narrowed || !request.keys.is_empty() || !self.whole.is_empty() {
            return Ok(request);
        }
        let right = "the start of a window; or keys, or a tick at “All objects of the pipeline”";
        Err(Invalid::new("from", "", right))
    }

    /// The idempotency key of these values and this plan; see `CloneForm::idempotency_key`.
    pub fn idempotency_key(&self, key: &str, plan: &str) -> Option<String> {
        super::idempotency_key(key, &self.query().with("plan", plan).on(""))
    }
}

fn optional<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, Invalid>) -> Result<Option<T>, Invalid> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_fills_in_form_and_makes_request() {
        let query = Query::read("?pipeline=api&from=2026-03-09T14:00&to=2026-03-09T15:00:00&keys=a%0Ab%0A&extent=all");
        let form = ReprocessForm::read(&query);
        assert_eq!(ReprocessForm::read(&form.query()), form);
        let request = form.request().unwrap();
        assert_eq!(request.to.unwrap().since(request.from.unwrap()), 3_600_000);
        assert_eq!((request.keys.len(), request.extent, request.dry_run), (2, Extent::All, false));
    }

    #[test]
    fn fault_names_its_field() {
        let form = |name: &str, value: &str| {
            let query = Query::default().with("pipeline", "api").with(name, value);
            ReprocessForm::read(&query).request().unwrap_err().field
        };
        for (name, value) in
            [("from", "noon"), ("extent", "some"), ("max_events_per_second", "0"), ("dead_letters_of", "1")]
        {
            assert_eq!(form(name, value), name);
        }
        assert_eq!(ReprocessForm::default().request().unwrap_err().field, "pipeline");
    }

    #[test]
    fn untouched_form_starts_nothing() {
        let start = |query: &str| ReprocessForm::read(&Query::read(query)).request_to_start();
        assert_eq!(start("pipeline=api").unwrap_err().field, "from");
        for chosen in ["whole=on", "keys=a", "from=2026-03-09T14:00&to=2026-03-09T15:00"] {
            assert!(start(&format!("pipeline=api&{chosen}")).is_ok(), "{chosen}");
        }
    }

    #[test]
    fn run_is_reprocessed_by_key() {
        let form = ReprocessForm::of_run(&crate::examples::run(1)).unwrap();
        let request = form.request().unwrap();
        assert_eq!((request.keys.len(), request.extent), (1, Extent::All));
    }
}
