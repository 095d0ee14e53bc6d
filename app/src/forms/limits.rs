//! A job's name, limits and report as typed, and their conversion from and into [`JobName`], [`Limits`] and [`Report`].

use std::str::FromStr;

use model::{BytesPerSecond, CloneSpec, Hours, Invalid, JobName, Limits, Location, Place, Report};
use serde::{Deserialize, Serialize};

use crate::query::Query;

const REPORT_TO: &str = "report.to";

/// Name, limits and report as typed. Field names are those of the form; an empty field is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitTexts {
    pub job_name: String,
    pub concurrency: String,
    pub requests_per_second: String,
    /// Bytes, with or without a unit.
    pub bytes_per_second: String,
    /// As [`Hours`] reads it.
    pub bandwidth_hours: String,
    pub bandwidth_zone: String,
    pub max_failures: String,
    /// Not empty if ticked.
    pub report: String,
    /// `s3://bucket/prefix` at the default store, or `store:bucket/prefix`. Asks for a report even if none is ticked.
    pub report_to: String,
}

impl LimitTexts {
    pub fn read(query: &Query) -> Self {
        let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
        Self {
            job_name: field("job_name"),
            concurrency: field("concurrency"),
            requests_per_second: field("requests_per_second"),
            bytes_per_second: field("bytes_per_second"),
            bandwidth_hours: field("bandwidth_hours"),
            bandwidth_zone: field("bandwidth_zone"),
            max_failures: field("max_failures"),
            report: field("report"),
            report_to: field("report_to"),
        }
    }

    pub fn onto(&self, query: Query) -> Query {
        query
            .with("job_name", &self.job_name)
            .with("concurrency", &self.concurrency)
            .with("requests_per_second", &self.requests_per_second)
            .with("bytes_per_second", &self.bytes_per_second)
            .with("bandwidth_hours", &self.bandwidth_hours)
            .with("bandwidth_zone", &self.bandwidth_zone)
            .with("max_failures", &self.max_failures)
            .with("report", &self.report)
            .with("report_to", &self.report_to)
    }

    pub fn of(spec: &CloneSpec) -> Self {
        let limits = &spec.limits;
        Self {
            job_name: text(spec.name.as_ref()),
            concurrency: text(limits.concurrency),
            requests_per_second: text(limits.requests_per_second),
            bytes_per_second: text(limits.bytes_per_second),
            bandwidth_hours: text(limits.bandwidth_hours.as_ref()),
            bandwidth_zone: text(limits.bandwidth_zone.as_ref()),
            max_failures: text(limits.max_failures),
            report: text(spec.report.as_ref().map(|_| "on")),
            report_to: text(spec.report.as_ref().and_then(|report| report.to.as_ref()).map(Location::named)),
        }
    }

    pub fn report(&self) -> Result<Option<Report<Place>>, Invalid> {
        let to = Some(self.report_to.trim()).filter(|to| !to.is_empty());
        let to = to
            .map(Place::written_out)
            .transpose()
            .map_err(|invalid| Invalid { field: REPORT_TO.to_owned(), ..invalid })?;
        Ok((to.is_some() || !self.report.is_empty()).then_some(Report { to }))
    }

    pub fn name(&self) -> Result<Option<JobName>, Invalid> {
        let name = self.job_name.trim();
        if name.is_empty() { Ok(None) } else { name.parse().map(Some) }
    }

    pub fn limits(&self) -> Result<Limits, Invalid> {
        let limits = Limits {
            concurrency: read("limits.concurrency", &self.concurrency, "a whole number from 1 to 1,024")?,
            requests_per_second: read(
                "limits.requests_per_second",
                &self.requests_per_second,
                "a whole number of requests, at least 1",
            )?,
            bytes_per_second: read("limits.bytes_per_second", &self.bytes_per_second, BytesPerSecond::EXPECTED)?,
            bandwidth_hours: read("limits.bandwidth_hours", &self.bandwidth_hours, Hours::EXPECTED)?,
            bandwidth_zone: Some(self.bandwidth_zone.trim().to_owned()).filter(|zone| !zone.is_empty()),
            max_failures: read(
                "limits.max_failures",
                &self.max_failures,
                "a whole number of objects, such as 0 or 100",
            )?,
        };
        limits.check().map(|()| limits)
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A field's value; `None` if it is empty.
fn read<T: FromStr>(field: &str, text: &str, expected: &str) -> Result<Option<T>, Invalid> {
    let text = text.trim();
    let value = || text.parse().map_err(|_| Invalid::new(field, text, expected));
    if text.is_empty() { Ok(None) } else { value().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> LimitTexts {
        LimitTexts {
            job_name: "nightly".to_owned(),
            concurrency: "16".to_owned(),
            bytes_per_second: "10MB".to_owned(),
            bandwidth_hours: "08:00-18:00 1MB".to_owned(),
            bandwidth_zone: "Europe/Zurich".to_owned(),
            max_failures: "0".to_owned(),
            report_to: "archive:logs/reports/".to_owned(),
            ..LimitTexts::default()
        }
    }

    #[test]
    fn limits_round_trip_through_url() {
        let query = filled().onto(Query::default());
        assert_eq!(LimitTexts::read(&Query::read(&query.on(""))), filled());
        let limits = filled().limits().unwrap();
        assert_eq!((limits.max_failures, limits.requests_per_second), (Some(0), None));
        assert_eq!(filled().name().unwrap().unwrap().as_str(), "nightly");
        let nothing = LimitTexts { max_failures: " ".to_owned(), job_name: " ".to_owned(), ..LimitTexts::default() };
        assert!(nothing.limits().unwrap().is_none() && nothing.name().unwrap().is_none());
    }

    #[test]
    fn fault_names_its_field() {
        let wrong = |texts: LimitTexts| texts.limits().unwrap_err().field;
        assert_eq!(wrong(LimitTexts { concurrency: "0".to_owned(), ..filled() }), "limits.concurrency");
        assert_eq!(wrong(LimitTexts { concurrency: "2000".to_owned(), ..filled() }), "limits.concurrency");
        assert_eq!(wrong(LimitTexts { bytes_per_second: "fast".to_owned(), ..filled() }), "limits.bytes_per_second");
        assert_eq!(wrong(LimitTexts { bandwidth_hours: "noon".to_owned(), ..filled() }), "limits.bandwidth_hours");
        assert_eq!(wrong(LimitTexts { bandwidth_hours: String::new(), ..filled() }), "limits.bandwidth_zone");
        assert_eq!(wrong(LimitTexts { max_failures: "-1".to_owned(), ..filled() }), "limits.max_failures");
        let named = LimitTexts { job_name: "a\nb".to_owned(), ..filled() };
        assert_eq!(named.name().unwrap_err().field, "name");
        let named = LimitTexts { report_to: "reports".to_owned(), ..filled() };
        assert_eq!(named.report().unwrap_err().field, "report.to");
    }

    #[test]
    fn report_is_asked_for_by_tick_or_place() {
        let to = |texts: &LimitTexts| texts.report().unwrap().map(|report| report.to);
        assert_eq!(to(&LimitTexts::default()), None);
        assert_eq!(to(&LimitTexts { report: "on".to_owned(), ..LimitTexts::default() }), Some(None));
        let place = to(&filled()).unwrap().unwrap();
        assert_eq!((place.store.unwrap().as_str(), place.bucket.as_str()), ("archive", "logs"));
    }
}
