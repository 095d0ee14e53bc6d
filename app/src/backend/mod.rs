//! What the pages and the JSON API ask of the server: one trait a domain, together [`Backend`].
//!
//! `app` knows nothing of AWS, SQL or HTTP handlers. The server puts an `Arc<dyn Backend>` and, where someone is signed
//! in (or `[auth]` is off), a [`Viewer`](model::Viewer) into the context of every render and server function. The JSON
//! API calls the same methods, so both answer alike.
//!
//! Always: a method returns what a reader may see. Its error is for readers too; the cause is in the log. An operation
//! has one name in its HTTP handler, its server function, its trait and its implementation.

mod alerts;
mod clones;
mod jobs;
mod pipelines;
mod reprocesses;
mod runs;
mod schedules;
mod settings;
mod stores;
mod syncs;

pub use self::{
    alerts::AlertBackend,
    clones::{CloneBackend, ReportPiece},
    jobs::JobBackend,
    pipelines::PipelineBackend,
    reprocesses::ReprocessBackend,
    runs::RunBackend,
    schedules::ScheduleBackend,
    settings::SettingsBackend,
    stores::StoreBackend,
    syncs::SyncBackend,
};

/// Every domain at once: what pages and handlers hold as `Arc<dyn Backend>`.
pub trait Backend:
    JobBackend
    + CloneBackend
    + ReprocessBackend
    + RunBackend
    + PipelineBackend
    + AlertBackend
    + SyncBackend
    + ScheduleBackend
    + StoreBackend
    + SettingsBackend
    + 'static
{
}

impl<T> Backend for T where
    T: JobBackend
        + CloneBackend
        + ReprocessBackend
        + RunBackend
        + PipelineBackend
        + AlertBackend
        + SyncBackend
        + ScheduleBackend
        + StoreBackend
        + SettingsBackend
        + 'static
{
}
