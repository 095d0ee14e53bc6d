//! `/api/v1/alerts`: alerts and actions on them; `/api/v1/deliveries` and `/api/v1/webhooks`: notifications of
//! receivers. Unknown parameters are refused, as in `listing`.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use model::{Alert, AlertAction, AlertFilter, AlertId, DeliveryId, Invalid, Notice, Page, Time, Viewer};
use serde::Deserialize;

use super::{
    Id, body, limits,
    listing::{after, limit, optional, time},
    problem::Refused,
};
use crate::http::state::App;

const OF_ALERTS: &str = "one of the parameters pipeline, schedule, table, kind, state, from, to, after, limit";
const OF_DELIVERIES: &str = "one of the parameters alert, after, limit";

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

pub async fn list_alerts(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<Alert>>, Refused> {
    let Listing { filter, after, limit } = Listing::parse(&parameters)?;
    Ok(Json(app.backend.list_alerts(&filter, after, limit).await?.page))
}

pub async fn get_alert(State(app): State<App>, Id(id): Id<AlertId>) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.get_alert(id).await?))
}

pub async fn acknowledge_alert(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<AlertId>,
) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.act_on_alert(&viewer, id, AlertAction::Acknowledge).await?))
}

pub async fn silence_alert(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<AlertId>,
    body::Json(Silence { until }): body::Json<Silence>,
) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.act_on_alert(&viewer, id, AlertAction::Silence { until }).await?))
}

pub async fn reopen_alert(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<AlertId>,
) -> Result<Json<Alert>, Refused> {
    Ok(Json(app.backend.act_on_alert(&viewer, id, AlertAction::Reopen).await?))
}

pub async fn list_deliveries(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<Notice>>, Refused> {
    let (mut alert, mut from, mut most) = (None, None::<DeliveryId>, limits::PAGE);
    for (name, value) in &parameters {
        match name.as_str() {
            "alert" => {
                alert = optional(value).map_err(|invalid: Invalid| Invalid { field: name.clone(), ..invalid })?;
            }
            "after" => from = after(value)?,
            "limit" => most = limit(value)?,
            _ => return Err(Invalid::new(name, value, OF_DELIVERIES).into()),
        }
    }
    Ok(Json(app.backend.list_deliveries(alert, from, most).await?))
}

/// Returns the result of the test, also where it failed.
pub async fn test_receiver(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
) -> Result<Json<Notice>, Refused> {
    Ok(Json(app.backend.test_receiver(&viewer, &name).await?))
}

impl Listing {
    /// `state` may be repeated and may be a list separated by commas; an empty value counts as left out.
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
            "schedule" => {
                filter.schedule =
                    optional(value).map_err(|invalid: Invalid| Invalid { field: name.to_owned(), ..invalid })?;
            }
            "table" => {
                filter.table =
                    optional(value).map_err(|invalid: Invalid| Invalid { field: name.to_owned(), ..invalid })?;
            }
            "kind" => filter.kind = optional(value)?,
            "state" => {
                for state in value.split(',').filter(|state| !state.is_empty()) {
                    filter.states.push(state.parse()?);
                }
            }
            "from" => filter.from = time(name, value)?,
            "to" => filter.to = time(name, value)?,
            "after" => self.after = after(value)?,
            "limit" => self.limit = limit(value)?,
            _ => return Err(Invalid::new(name, value, OF_ALERTS)),
        }
        Ok(())
    }
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
    fn wrong_parameter_is_refused_by_name() {
        for (name, value) in [
            ("states", "open"),
            ("state", "shut"),
            ("kind", "bad"),
            ("pipeline", "A B"),
            ("schedule", "17"),
            ("from", "yesterday"),
            ("after", "17"),
            ("limit", "0"),
        ] {
            assert_eq!(Listing::parse(&[(name, value)]).unwrap_err().field, name, "{value}");
        }
    }
}
