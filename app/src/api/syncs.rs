//! Syncs: what their pages read, and what their forms do.

use leptos::prelude::*;
use model::{Page, Quarantined, SyncEvaluation, SyncId, SyncList, SyncView, TableName};

use crate::{context::ask, error::AppError};
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, redirect, refuse, viewer},
    error::with_problem,
    forms::sync_action,
};

/// Rows of a list.
const PAGE: u32 = 50;

pub async fn list_syncs() -> Result<SyncList, AppError> {
    Ok(ask()?.list_syncs().await?)
}

pub async fn get_sync(table: &TableName) -> Result<SyncView, AppError> {
    Ok(ask()?.get_sync(table).await?)
}

pub async fn list_evaluations(table: &TableName, after: SyncId) -> Result<Page<SyncEvaluation>, AppError> {
    Ok(ask()?.list_evaluations(table, Some(after), PAGE).await?)
}

pub async fn list_quarantined(table: &TableName, after: String) -> Result<Page<Quarantined>, AppError> {
    Ok(ask()?.list_quarantined(table, Some(after), 100).await?)
}

/// `action` is `evaluate`, `verify`, `approve` (of `rows`, with the table's name as `confirm`), `accept_epoch`, `retry` (the
/// row with that `key`, or all), `pause` or `resume`. Redirects to the table's page, which says what was requested.
#[server(name = ActOnSync, prefix = "/api/fn", endpoint = "act_on_sync")]
pub async fn act_on_sync(
    table: String,
    action: String,
    #[server(default)] rows: String,
    #[server(default)] confirm: String,
    #[server(default)] key: String,
) -> Result<(), AppError> {
    let page = format!("/syncs/{}", crate::query::encoded(&table));
    let acted = async {
        let viewer = viewer()?;
        let table: TableName = table.parse()?;
        let asked = sync_action(&table, &action, &rows, &confirm, &key)?;
        backend()?.act_on_sync(&viewer, &table, asked).await?;
        Ok::<(), AppError>(())
    };
    match acted.await {
        Ok(()) => {
            redirect(&format!("{page}?did={}", crate::query::encoded(&action)));
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}
