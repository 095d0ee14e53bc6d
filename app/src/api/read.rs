//! What pages read. For whoever may see them, as everything on a page.

use model::{
    Action, Bulk, BulkOutcome, Count, Counts, FailurePage, Filter, Job, JobId, JobView, Key, Overview, Page, Settings,
    StoreStatus, Time,
};

use crate::{
    context::{self, ask, viewer},
    error::AppError,
};

/// Rows of a list.
const PAGE: u32 = 50;

pub async fn overview() -> Result<Overview, AppError> {
    Ok(ask()?.overview().await?)
}

pub async fn counts() -> Result<Counts, AppError> {
    Ok(ask()?.counts().await?)
}

/// A page of the list, how many there are in all, and when that was.
pub struct JobList {
    pub now: Time,
    pub page: Page<Job>,
    pub total: Count,
}

pub async fn jobs(filter: Filter, after: Option<JobId>) -> Result<JobList, AppError> {
    let backend = ask()?;
    let (page, total) = (backend.jobs(&filter, after, PAGE).await?, backend.count(&filter).await?);
    Ok(JobList { now: context::now(), page, total })
}

pub async fn job(id: JobId) -> Result<JobView, AppError> {
    Ok(ask()?.job(id).await?)
}

pub async fn failures(id: JobId, after: Option<Key>) -> Result<FailurePage, AppError> {
    Ok(ask()?.failures(id, after, PAGE).await?)
}

/// How many jobs an action on a whole filter would change.
pub async fn bulk_preview(filter: Filter, action: Action) -> Result<BulkOutcome, AppError> {
    Ok(ask()?.bulk(&viewer()?, Bulk { filter, action, dry_run: true }).await?)
}

pub async fn stores() -> Result<Vec<StoreStatus>, AppError> {
    Ok(ask()?.stores().await?)
}

pub async fn settings() -> Result<Settings, AppError> {
    Ok(ask()?.settings().await?)
}
