//! What pages read.

use leptos::prelude::*;
use model::{
    Count, Counts, FailurePage, Filter, Job, JobId, JobView, Key, Overview, Page, Settings, StoreStatus, Time,
};
use serde::{Deserialize, Serialize};

use super::json::Read;
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::context::ask;
use crate::error::AppError;

/// Rows of a list.
#[cfg(feature = "ssr")]
const PAGE: u32 = 50;

#[server(name = ReadOverview, prefix = "/api/fn", endpoint = "overview", protocol = Read)]
pub async fn overview() -> Result<Overview, AppError> {
    Ok(ask()?.overview().await?)
}

#[server(name = ReadCounts, prefix = "/api/fn", endpoint = "counts", protocol = Read)]
pub async fn counts() -> Result<Counts, AppError> {
    Ok(ask()?.counts().await?)
}

/// A page of the list, how many there are in all, and when that was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobList {
    pub now: Time,
    pub page: Page<Job>,
    pub total: Count,
}

#[server(name = ReadJobs, prefix = "/api/fn", endpoint = "jobs", protocol = Read)]
pub async fn jobs(filter: Filter, after: Option<JobId>) -> Result<JobList, AppError> {
    let backend = ask()?;
    let (page, total) = (backend.jobs(&filter, after, PAGE).await?, backend.count(&filter).await?);
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(JobList { now: Time(i64::try_from(since_epoch.as_millis()).unwrap_or_default()), page, total })
}

#[server(name = ReadJob, prefix = "/api/fn", endpoint = "job", protocol = Read)]
pub async fn job(id: JobId) -> Result<JobView, AppError> {
    Ok(ask()?.job(id).await?)
}

#[server(name = ReadFailures, prefix = "/api/fn", endpoint = "failures", protocol = Read)]
pub async fn failures(id: JobId, after: Option<Key>) -> Result<FailurePage, AppError> {
    Ok(ask()?.failures(id, after, PAGE).await?)
}

#[server(name = ReadJump, prefix = "/api/fn", endpoint = "jump", protocol = Read)]
pub async fn jump(text: String) -> Result<Vec<Job>, AppError> {
    Ok(ask()?.jump(&text).await?)
}

#[server(name = ReadStores, prefix = "/api/fn", endpoint = "stores", protocol = Read)]
pub async fn stores() -> Result<Vec<StoreStatus>, AppError> {
    Ok(ask()?.stores().await?)
}

#[server(name = ReadSettings, prefix = "/api/fn", endpoint = "settings", protocol = Read)]
pub async fn settings() -> Result<Settings, AppError> {
    Ok(ask()?.settings().await?)
}
