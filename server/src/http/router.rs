//! The whole URL space.
//!
//! A new route is a line here, an entry in `api/openapi.json` and a line in the table of who may use it
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
        self, alerts, clones, dead_letters, failures, index, jobs, limits, pipelines, reprocesses, runs, schedules,
        stores, syncs,
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

/// For anybody.
fn open() -> Router<App> {
    Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready))
}

/// For a viewer: someone signed in, a token, or anybody where `[auth]` is off.
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
        .route("/clones",                 post(clones::start))
        .route("/clones/preview",         post(clones::preview))
        .route("/reprocesses",            post(reprocesses::start))
        .route("/reprocesses/preview",    post(reprocesses::preview))
        .route("/runs",                   get(runs::list))
        .route("/runs/{id}",              get(runs::show))
        .route("/runs/{id}/log",          get(runs::log))
        .route("/pipelines",              get(pipelines::list))
        .route("/pipelines/{name}",       get(pipelines::show))
        .route("/alerts",                 get(alerts::list))
        .route("/alerts/{id}",            get(alerts::show))
        .route("/alerts/{id}/acknowledge", post(alerts::acknowledge))
        .route("/alerts/{id}/silence",    post(alerts::silence))
        .route("/alerts/{id}/reopen",     post(alerts::reopen))
        .route("/deliveries",             get(alerts::deliveries))
        .route("/webhooks/{name}/test",   post(alerts::test))
        .route("/pipelines/{name}/health",         get(pipelines::health))
        .route("/pipelines/{name}/reconciliation", get(pipelines::reconciliation))
        .route("/pipelines/{name}/canary",         get(pipelines::canary))
        .route("/pipelines/{name}/reprocess-gaps", post(pipelines::reprocess_gaps))
        .route("/pipelines/{name}/backfill", post(pipelines::backfill))
        .route("/jobs",                   get(jobs::list))
        .route("/jobs/bulk",              post(jobs::bulk))
        .route("/jobs/{id}",              get(jobs::show))
        .route("/jobs/{id}/log",          get(jobs::log))
        .route("/jobs/{id}/failures",     get(failures::download))
        .route("/jobs/{id}/dead-letters", get(dead_letters::download))
        .route("/jobs/{id}/events",       get(events::one))
        .route("/jobs/{id}/cancel",       post(jobs::cancel))
        .route("/jobs/{id}/pause",        post(jobs::pause))
        .route("/jobs/{id}/resume",       post(jobs::resume))
        .route("/jobs/{id}/retry",        post(jobs::retry))
        .route("/schedules",              get(schedules::list).post(schedules::create))
        .route("/schedules/{id}",         get(schedules::show).delete(schedules::delete))
        .route("/schedules/{id}/pause",   post(schedules::pause))
        .route("/schedules/{id}/resume",  post(schedules::resume))
        .route("/schedules/{id}/run",     post(schedules::run))
        .route("/syncs",                  get(syncs::list).post(syncs::ask))
        .route("/syncs/{table}",          get(syncs::show))
        .route("/syncs/{table}/evaluations", get(syncs::evaluations))
        .route("/syncs/{table}/actions",  post(syncs::act))
        .route("/syncs/{table}/progress", post(syncs::report))
        .route("/events",                 get(events::all))
        .route("/stores",                 get(stores::list))
        .route("/stores/{name}/buckets",  get(stores::buckets))
        .route("/stores/{name}/peek",     get(stores::peek))
        .layer(Extension(Streams::default()))
}

/// What follows `/v1`.
const TABLE: &str = "/customers/{customer}/databases/{database}/tables/{table}";

/// For whoever has a token of the table, and nobody else. They bound their bodies themselves.
#[rustfmt::skip] // one line a route, in columns
fn replicas() -> Router<App> {
    Router::new()
        .route("/count",     get(replica::count))
        .route("/meta",      get(replica::meta))
        .route("/summaries", post(replica::summaries))
        .route("/manifest",  get(replica::page).post(replica::list))
        .route("/rows",      post(replica::upload))
        .route("/delete-if", post(replica::delete))
}

/// Knows whether `[auth]` is on; open, as it is the way in.
fn sign_in() -> Router<App> {
    Router::new().route("/login", get(login::form).post(login::enter)).route("/logout", post(login::leave))
}
