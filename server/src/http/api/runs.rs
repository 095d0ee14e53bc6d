//! `/api/v1/runs`: runs, one run with its evidence, its log, and acceptance of what runs lack. Unknown parameters are
//! refused, as in `listing`.
//!
//! Always: `summary` is the text that the shipper logged, in the shipper's own shape.

use axum::{
    Extension, Json,
    extract::{Query, State},
    response::IntoResponse,
};
use model::{
    AcceptRequest, Alert, Invalid, LogLine, Page, Run, RunCursor, RunFilter, RunId, RunLog, RunView, Time, Viewer,
};
use serde::Serialize;
use serde_json::Value;

use super::{
    Id, body, limits,
    listing::{after, limit, optional, page, time},
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

/// A run with the evidence for its outcome: the fields of the run itself, and more beside them.
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

pub async fn list_runs(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, Refused> {
    let Listing { filter, after, limit } = Listing::parse(&parameters)?;
    let Page { items, next } = app.backend.list_runs(&filter, after, limit).await?;
    Ok(Json(Page { items: items.iter().map(item).collect::<Vec<_>>(), next }))
}

pub async fn get_run(State(app): State<App>, Id(id): Id<RunId>) -> Result<impl IntoResponse, Refused> {
    let RunView { now, run, evidence, beside, alerts, console } = app.backend.get_run(id).await?;
    let beside = beside.iter().map(item).collect();
    Ok(Json(View { item: item(&run), now, evidence, beside, alerts, console }))
}

pub async fn get_run_log(
    State(app): State<App>,
    Id(id): Id<RunId>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<RunLog>, Refused> {
    let (after, limit) = page(&parameters)?;
    Ok(Json(app.backend.get_run_log(id, after, limit).await?))
}

#[derive(Serialize)]
pub struct AcceptedCount {
    accepted: u64,
}

/// The number of runs of which what they lack is accepted now.
pub async fn accept_runs(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(request): body::Json<AcceptRequest>,
) -> Result<Json<AcceptedCount>, Refused> {
    Ok(Json(AcceptedCount { accepted: app.backend.accept_runs(&viewer, request).await? }))
}

/// A run as JSON. A summary that was logged in a shape of its own keeps that shape.
fn item(run: &Run) -> Value {
    let mut item = serde_json::to_value(run).unwrap_or_default();
    if let Some(logged) = run.logged.as_deref().and_then(|json| serde_json::from_str(json).ok()) {
        item["summary"] = logged;
    }
    item
}

impl Listing {
    /// `outcome` may be repeated and may be a list separated by commas; an empty value counts as left out.
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
            "after" => self.after = after(value)?,
            "limit" => self.limit = limit(value)?,
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
    fn wrong_parameter_is_refused_by_name() {
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
