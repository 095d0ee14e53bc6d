//! Alerts: what their pages read, and what their forms do.

use leptos::prelude::*;
use model::{Alert, AlertFilter, AlertId, AlertList, Notice};

use crate::{context::ask, error::AppError};
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{self, backend, own_path, redirect, refuse, viewer},
    error::with_problem,
    forms::alert_action,
};

/// Rows of a list.
const PAGE: u32 = 50;

pub async fn list_alerts(filter: AlertFilter, after: Option<AlertId>) -> Result<AlertList, AppError> {
    Ok(ask()?.list_alerts(&filter, after, PAGE).await?)
}

pub async fn get_alert(id: AlertId) -> Result<Alert, AppError> {
    Ok(ask()?.get_alert(id).await?)
}

/// The latest attempts to notify receivers of an alert, newest first.
pub async fn list_deliveries(id: AlertId) -> Result<Vec<Notice>, AppError> {
    Ok(ask()?.list_deliveries(Some(id), None, PAGE).await?.items)
}

/// `action` is `acknowledge`, `silence_1h`, `silence_8h`, `silence_3d` or `reopen`. `back` is the path of the
/// page to show afterwards; empty means the alert's page.
#[server(name = ActOnAlert, prefix = "/api/fn", endpoint = "act_on_alert")]
pub async fn act_on_alert(id: AlertId, action: String, #[server(default)] back: String) -> Result<(), AppError> {
    let page = own_path(&back).unwrap_or_else(|| format!("/alerts/{id}"));
    let acted = async {
        let viewer = viewer()?;
        let action = alert_action(&action, context::now())?;
        backend()?.act_on_alert(&viewer, id, action).await?;
        Ok::<(), AppError>(())
    };
    match acted.await {
        Ok(()) => {
            redirect(&page);
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}

/// Sends a receiver a test notification. The page shows the result among the deliveries.
#[server(name = TestReceiver, prefix = "/api/fn", endpoint = "test_receiver")]
pub async fn test_receiver(name: String) -> Result<(), AppError> {
    let tested = async {
        let viewer = viewer()?;
        Ok::<_, AppError>(backend()?.test_receiver(&viewer, &name).await?)
    };
    match tested.await {
        Ok(_) => {
            redirect(&format!("/alerts?tested={}#receivers", crate::query::encoded(&name)));
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem("/alerts", error.problem()));
            Err(error)
        }
    }
}
