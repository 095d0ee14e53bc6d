//! The stores and settings that pages show.

use model::{Settings, StoreStatus};

use crate::{context::ask, error::AppError};

pub async fn list_stores() -> Result<Vec<StoreStatus>, AppError> {
    Ok(ask()?.list_stores().await?)
}

pub async fn get_settings() -> Result<Settings, AppError> {
    Ok(ask()?.get_settings().await?)
}
