//! The whole URL space.
//!
//! A new route is a line here, an entry in `api/openapi.json` and a line in the table of roles
//! (`tests/it/http/roles.rs`); the tests fail where one of them is missing.

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state as with},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::{
    api::{
        self, alerts, clones, dead_letters, failures, index, jobs, limits, pipelines, report, reprocesses, runs,
        schedules, stores, syncs,
    },
    auth::{self, login},
    events::{self, Streams},
    health, metrics, pages,
    replicas::routes as replica,
    request, security,
    state::App,
};

pub fn router(app: App) -> Router {
    metrics::recorder(); // before anything is measured
    let around = ServiceBuilder::new() // from the outside in
        .layer(from_fn(request::frame))
        .layer(from_fn(security::harden))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(with(app.clone(), security::check_host))
        .layer(with(app.clone(), security::check_origin))
        .layer(from_fn(request::limit_time));
    let small_bodies =
        ServiceBuilder::new().layer(DefaultBodyLimit::max(limits::BODY_BYTES)).layer(from_fn(request::limit_body));
    open()
        .merge(app.assets.router())
        .merge(closed(&app))
        .layer(small_bodies)
        .nest("/v1", Router::new().nest(TABLE, replicas()).fallback(api::no_such_path))
        .method_not_allowed_fallback(api::no_such_method)
        .layer(around)
        .with_state(app)
}

/// Open to everybody.
fn open() -> Router<App> {
    Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready))
}

/// Open to a viewer: a session, a token, or everybody without `[auth]`.
fn closed(app: &App) -> Router<App> {
    Router::new()
        .nest("/api/v1", api().fallback(api::no_such_path))
        .route("/metrics", get(metrics::show))
        .layer(from_fn(auth::api))
        .merge(pages::router(app).fallback(pages::not_found).layer(from_fn(auth::pages)))
        .merge(sign_in())
        .layer(with(app.clone(), auth::identify))
}

#[rustfmt::skip] // one line a route, in columns
fn api() -> Router<App> {
    Router::new()
        .route("/",                       get(index::show))
        .route("/openapi.json",           get(index::openapi))
        .route("/clones",                 post(clones::start_clone))
        .route("/clones/preview",         post(clones::preview_clone))
        .route("/reprocesses",            post(reprocesses::start_reprocess))
        .route("/reprocesses/preview",    post(reprocesses::preview_reprocess))
        .route("/runs",                   get(runs::list_runs))
        .route("/runs/accept",            post(runs::accept_runs))
        .route("/runs/{id}",              get(runs::get_run))
        .route("/runs/{id}/log",          get(runs::get_run_log))
        .route("/pipelines",              get(pipelines::list_pipelines))
        .route("/pipelines/{name}",       get(pipelines::get_pipeline))
        .route("/alerts",                 get(alerts::list_alerts))
        .route("/alerts/{id}",            get(alerts::get_alert))
        .route("/alerts/{id}/acknowledge", post(alerts::acknowledge_alert))
        .route("/alerts/{id}/silence",    post(alerts::silence_alert))
        .route("/alerts/{id}/reopen",     post(alerts::reopen_alert))
        .route("/deliveries",             get(alerts::list_deliveries))
        .route("/webhooks/{name}/test",   post(alerts::test_receiver))
        .route("/pipelines/{name}/health",         get(pipelines::get_pipeline_health))
        .route("/pipelines/{name}/reconciliation", get(pipelines::get_reconciliation))
        .route("/pipelines/{name}/canary",         get(pipelines::get_canary))
        .route("/pipelines/{name}/reprocess-gaps", post(pipelines::reprocess_gaps))
        .route("/pipelines/{name}/dead-letters", get(dead_letters::download_pipeline_dead_letters))
        .route("/pipelines/{name}/template", get(pipelines::compare_template).post(pipelines::put_template))
        .route("/pipelines/{name}/backfill", post(pipelines::start_backfill))
        .route("/jobs",                   get(jobs::list_jobs))
        .route("/jobs/bulk",              post(jobs::act_on_jobs))
        .route("/jobs/{id}",              get(jobs::get_job))
        .route("/jobs/{id}/log",          get(jobs::list_job_events))
        .route("/jobs/{id}/failures",     get(failures::list_failures))
        .route("/jobs/{id}/report",       get(report::download_report))
        .route("/jobs/{id}/dead-letters", get(dead_letters::download_dead_letters))
        .route("/jobs/{id}/events",       get(events::stream_job_events))
        .route("/jobs/{id}/cancel",       post(jobs::cancel_job))
        .route("/jobs/{id}/pause",        post(jobs::pause_job))
        .route("/jobs/{id}/resume",       post(jobs::resume_job))
        .route("/jobs/{id}/retry",        post(jobs::retry_job))
        .route("/schedules",              get(schedules::list_schedules).post(schedules::create_schedule))
        .route("/schedules/{id}",         get(schedules::get_schedule).put(schedules::edit_schedule).delete(schedules::delete_schedule))
        .route("/schedules/{id}/firings", get(schedules::list_firings))
        .route("/schedules/{id}/pause",   post(schedules::pause_schedule))
        .route("/schedules/{id}/resume",  post(schedules::resume_schedule))
        .route("/schedules/{id}/run",     post(schedules::run_schedule))
        .route("/schedules/{id}/confirm", post(schedules::confirm_schedule))
        .route("/syncs",                  get(syncs::list_syncs).post(syncs::evaluate_sync))
        .route("/syncs/{table}",          get(syncs::get_sync))
        .route("/syncs/{table}/evaluations", get(syncs::list_evaluations))
        .route("/syncs/{table}/quarantine", get(syncs::list_quarantined))
        .route("/syncs/{table}/actions",  post(syncs::act_on_sync))
        .route("/syncs/{table}/progress", post(syncs::report_sync))
        .route("/events",                 get(events::stream_events))
        .route("/stores",                 get(stores::list_stores))
        .route("/stores/{name}/buckets",  get(stores::list_buckets))
        .route("/stores/{name}/peek",     get(stores::list_first_keys))
        .layer(Extension(Streams::default()))
}

/// Path of a replica's table, below `/v1`.
const TABLE: &str = "/customers/{customer}/databases/{database}/tables/{table}";

/// Open only to the holders of a token of the table. These handlers limit the size of bodies themselves.
#[rustfmt::skip] // one line a route, in columns
fn replicas() -> Router<App> {
    Router::new()
        .route("/count",     get(replica::count))
        .route("/meta",      get(replica::meta))
        .route("/summaries", post(replica::summaries))
        .route("/contents",  post(replica::contents))
        .route("/manifest",  get(replica::page).post(replica::list))
        .route("/rows",      post(replica::upload))
        .route("/delete-if", post(replica::delete))
}

/// Open to everybody: this is where a viewer signs in.
fn sign_in() -> Router<App> {
    Router::new().route("/login", get(login::form).post(login::enter)).route("/logout", post(login::leave))
}
