//! `GET /api/v1/runs`: what was shipped, object by object; one run with its evidence, and what it logged. Unknown
//! parameters are refused, as in `listing`.
//!
//! Always: `summary` is what the shipper logged, in its own shape.

use axum::{
    Json,
    extract::{Query, State},
    response::IntoResponse,
};
use model::{Alert, Invalid, LogLine, Page, Run, RunCursor, RunFilter, RunId, RunLog, RunView, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Id, limits,
    listing::{optional, time},
    problem::Refused,
};
use crate::http::state::App;

const PARAMETERS: &str = "one of the parameters pipeline, outcome, job, key, request_id, from, to, after, limit";

#[derive(Debug, PartialEq)]
struct Listing {
    filter: RunFilter,
    after: Option<RunCursor>,
    limit: u32,
}

/// A run with what its outcome rests on: the item itself, and more beside its fields.
#[derive(Serialize)]
struct View {
    #[serde(flatten)]
    item: Value,
    now: Time,
    evidence: Vec<LogLine>,
    beside: Vec<Value>,
    alerts: Vec<Alert>,
    console: Option<String>,
}

pub async fn list(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, Refused> {
    let Listing { filter, after, limit } = Listing::parse(&parameters)?;
    let Page { items, next } = app.backend.runs(&filter, after, limit).await?;
    Ok(Json(Page { items: items.iter().map(item).collect::<Vec<_>>(), next }))
}

pub async fn show(State(app): State<App>, Id(id): Id<RunId>) -> Result<impl IntoResponse, Refused> {
    let RunView { now, run, evidence, beside, alerts, console } = app.backend.run_view(id).await?;
    let beside = beside.iter().map(item).collect();
    Ok(Json(View { item: item(&run), now, evidence, beside, alerts, console }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogPage {
    after: Option<String>,
    limit: Option<u32>,
}

pub async fn log(
    State(app): State<App>,
    Id(id): Id<RunId>,
    Query(LogPage { after, limit }): Query<LogPage>,
) -> Result<Json<RunLog>, Refused> {
    let limit = limit.unwrap_or(limits::PAGE);
    if !(1..=limits::PAGE_MOST).contains(&limit) {
        return Err(Invalid::new("limit", limit.to_string(), format!("1 to {}", limits::PAGE_MOST)).into());
    }
    Ok(Json(app.backend.run_log(id, after.filter(|after| !after.is_empty()), limit).await?))
}

/// A run; where its summary was logged in another shape than Logyard's, as it was logged.
fn item(run: &Run) -> Value {
    let mut item = serde_json::to_value(run).unwrap_or_default();
    if let Some(logged) = run.logged.as_deref().and_then(|json| serde_json::from_str(json).ok()) {
        item["summary"] = logged;
    }
    item
}

impl Listing {
    /// `outcome` may be repeated and may hold several with commas between; empty values are as if left out.
    fn parse(parameters: &[(impl AsRef<str>, impl AsRef<str>)]) -> Result<Self, Invalid> {
        let mut listing = Self { filter: RunFilter::default(), after: None, limit: limits::PAGE };
        for (name, value) in parameters {
            listing.set(name.as_ref(), value.as_ref())?;
        }
        Ok(listing)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Invalid> {
        let filter = &mut self.filter;
        match name {
            "pipeline" => filter.pipeline = optional(value)?,
            "outcome" => {
                for outcome in value.split(',').filter(|outcome| !outcome.is_empty()) {
                    filter.outcomes.push(outcome.parse()?);
                }
            }
            "job" => filter.job = optional(value).map_err(|invalid| Invalid { field: name.to_owned(), ..invalid })?,
            "key" => filter.key = optional(value)?,
            "request_id" => filter.request_id = Some(value.to_owned()).filter(|id| !id.is_empty()),
            "from" => filter.from = time(name, value)?,
            "to" => filter.to = time(name, value)?,
            "after" => self.after = optional(value)?,
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=limits::PAGE_MOST).contains(limit));
                self.limit = limit.ok_or_else(|| Invalid::new(name, value, format!("1 to {}", limits::PAGE_MOST)))?;
            }
            _ => return Err(Invalid::new(name, value, PARAMETERS)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::Outcome;

    use super::*;

    #[test]
    fn outcomes_may_be_repeated_or_listed() {
        let filter = Listing::parse(&[("outcome", "sent,partial"), ("outcome", "empty"), ("key", "")]).unwrap().filter;
        assert_eq!(filter.outcomes, [Outcome::Sent, Outcome::Partial, Outcome::Empty]);
        assert_eq!(filter.key, None);
    }

    #[test]
    fn a_parameter_that_does_not_fit_is_refused_by_its_name() {
        for (name, value) in [
            ("outcomes", "sent"),
            ("outcome", "lost"),
            ("pipeline", "A B"),
            ("job", "1"),
            ("from", "yesterday"),
            ("after", "17"),
            ("limit", "0"),
        ] {
            assert_eq!(Listing::parse(&[(name, value)]).unwrap_err().field, name, "{value}");
        }
    }
}
