//! `/api/v1/alerts`: what is wrong, and what is done about it; `/api/v1/deliveries` and `/api/v1/webhooks`: who was
//! told. Unknown parameters are refused, as in `listing`.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use model::{Alert, AlertAction, AlertFilter, AlertId, Invalid, Notice, Page, Time, Viewer};
use serde::Deserialize;

use super::{
    Id, Whole, body, limits,
    listing::{optional, time},
    problem::Refused,
};
use crate::http::state::App;

const OF_ALERTS: &str = "one of the parameters pipeline, kind, state, from, to, after, limit";
const OF_DELIVERIES: &str = "one of the parameters alert, limit";

#[derive(Debug, PartialEq)]
struct Listing {
    filter: AlertFilter,
    after: Option<AlertId>,
    limit: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    until: Time,
}

pub async fn list(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<Alert>>, Refused> {
    let Listing { filter, after, limit } = Listing::parse(&parameters)?;
    Ok(Json(app.backend.alerts(&filter, after, limit).await?.page))
}

pub async fn show(State(app): State<App>, Id(id): Id<AlertId>) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.alert(id).await?))
}

pub async fn acknowledge(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<AlertId>,
) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.act_on_alert(&viewer, id, AlertAction::Acknowledge).await?))
}

pub async fn silence(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<AlertId>,
    body::Json(Silence { until }): body::Json<Silence>,
) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.act_on_alert(&viewer, id, AlertAction::Silence { until }).await?))
}

pub async fn reopen(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<AlertId>,
) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.act_on_alert(&viewer, id, AlertAction::Reopen).await?))
}

pub async fn deliveries(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Whole<Notice>>, Refused> {
    let (mut alert, mut limit) = (None, limits::PAGE);
    for (name, value) in &parameters {
        match name.as_str() {
            "alert" => {
                alert = optional(value).map_err(|invalid: Invalid| Invalid { field: name.clone(), ..invalid })?;
            }
            "limit" => limit = page(name, value)?,
            _ => return Err(Invalid::new(name, value, OF_DELIVERIES).into()),
        }
    }
    Ok(Json(Whole::new(app.backend.deliveries(alert, limit).await?)))
}

/// Answers what came of it, be it a failure.
pub async fn test(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
) -> Result<Json<Notice>, Refused> {
    Ok(Json(app.backend.test_receiver(&viewer, &name).await?))
}

impl Listing {
    /// `state` may be repeated and may hold several with commas between; empty values are as if left out.
    fn parse(parameters: &[(impl AsRef<str>, impl AsRef<str>)]) -> Result<Self, Invalid> {
        let mut listing = Self { filter: AlertFilter::default(), after: None, limit: limits::PAGE };
        for (name, value) in parameters {
            listing.set(name.as_ref(), value.as_ref())?;
        }
        Ok(listing)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Invalid> {
        let filter = &mut self.filter;
        match name {
            "pipeline" => filter.pipeline = optional(value)?,
            "kind" => filter.kind = optional(value)?,
            "state" => {
                for state in value.split(',').filter(|state| !state.is_empty()) {
                    filter.states.push(state.parse()?);
                }
            }
            "from" => filter.from = time(name, value)?,
            "to" => filter.to = time(name, value)?,
            "after" => {
                let wrong = |_| Invalid::new(name, value, "the `next` of the page before");
                self.after = optional(value).map_err(wrong)?;
            }
            "limit" => self.limit = page(name, value)?,
            _ => return Err(Invalid::new(name, value, OF_ALERTS)),
        }
        Ok(())
    }
}

fn page(name: &str, value: &str) -> Result<u32, Invalid> {
    let limit = value.parse().ok().filter(|limit| (1..=limits::PAGE_MOST).contains(limit));
    limit.ok_or_else(|| Invalid::new(name, value, format!("1 to {}", limits::PAGE_MOST)))
}

#[cfg(test)]
mod tests {
    use model::AlertState;

    use super::*;

    #[test]
    fn states_may_be_repeated_or_listed() {
        let filter = Listing::parse(&[("state", "open,silenced"), ("state", "resolved"), ("kind", "")]).unwrap().filter;
        assert_eq!(filter.states, [AlertState::Open, AlertState::Silenced, AlertState::Resolved]);
        assert_eq!(filter.kind, None);
    }

    #[test]
    fn a_parameter_that_does_not_fit_is_refused_by_its_name() {
        for (name, value) in [
            ("states", "open"),
            ("state", "shut"),
            ("kind", "bad"),
            ("pipeline", "A B"),
            ("from", "yesterday"),
            ("after", "17"),
            ("limit", "0"),
        ] {
            assert_eq!(Listing::parse(&[(name, value)]).unwrap_err().field, name, "{value}");
        }
    }
}
