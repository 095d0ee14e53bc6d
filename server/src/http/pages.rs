//! The pages and their server functions, mounted into the router.
//!
//! Server functions are public endpoints like any other: they go through the same guards, and each one checks the
//! [`Viewer`] itself. A page reaches its HTTP response through an [`Answer`] only.

use std::sync::Arc;

use any_spawner::Executor;
use app::{Answer, backend::Backend};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::{
    config::LeptosOptions,
    context::{provide_context, use_context},
    nonce::Nonce,
};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions};
use model::Viewer;

use crate::http::{api, docs, security::PageNonce, state::App};

/// A route for each page and each server function.
pub fn router(app: &App) -> Router<App> {
    // Before leptos_axum sets its own: without its default features, which would serve files from the disk, it takes
    // the browser's executor.
    let _ = Executor::init_tokio();
    let routes: Vec<AxumRouteListing> = leptos_axum::generate_route_list(app::App);
    let options = LeptosOptions::builder().output_name("logyard").build();
    let paths = app.assets.paths();
    Router::<LeptosOptions>::new()
        .leptos_routes_with_context(&options, routes, context(app), move || app::shell(paths.clone()))
        .with_state(options)
}

/// Answers paths without a route: JSON under `/api`, else a page.
pub async fn not_found(State(app): State<App>, request: Request) -> Response {
    let uri: &Uri = request.uri();
    if uri.path().starts_with("/api/") {
        return api::no_such_path(uri.clone()).await.into_response();
    }
    let paths = app.assets.paths();
    let render = leptos_axum::render_app_async_with_context(context(&app), move || app::shell(paths.clone()));
    let mut response = render(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Fills the context of every render and server function.
fn context(app: &App) -> impl Fn() + Clone + Send + Sync + 'static {
    let backend: Arc<dyn Backend> = Arc::clone(&app.backend);
    move || {
        provide_context(Arc::clone(&backend));
        provide_context(docs::docs());
        let Some(request) = use_context::<Parts>() else { return }; // the routes are being listed: there is no request
        if let Some(viewer) = request.extensions.get::<Viewer>() {
            provide_context(viewer.clone());
        }
        if let Some(PageNonce(nonce)) = request.extensions.get::<PageNonce>() {
            provide_context(Nonce::from_value(nonce.as_str()));
        }
        provide_context(answer(&request.headers));
    }
}

fn answer(request: &HeaderMap) -> Answer {
    let accepts = request.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let options = use_context::<ResponseOptions>();
    let status = move |code: u16| {
        if let (Some(options), Ok(code)) = (&options, StatusCode::from_u16(code)) {
            options.set_status(code);
        }
    };
    Answer { redirect: Arc::new(leptos_axum::redirect), status: Arc::new(status), plain: accepts.contains("text/html") }
}
