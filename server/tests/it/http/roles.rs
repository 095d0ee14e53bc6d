//! One table of roles over all routes of the router: a new route without a line here fails.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};

use crate::support::server::TestServer;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    /// For anybody.
    Open,
    /// For a session or a token; others get 401.
    Api,
    /// For a session; others are sent to sign in.
    Page,
    /// For a token of the table alone; all others get 401.
    Replica,
}

use Role::{Api, Open, Page, Replica};

#[rustfmt::skip]
const ROLES: &[(&str, &str, Role)] = &[
    ("GET",  "/healthz",                        Open),
    ("GET",  "/readyz",                         Open),
    ("GET",  "/login",                          Open),
    ("POST", "/login",                          Open),
    ("POST", "/logout",                         Open),
    ("GET",  "/metrics",                        Api),
    ("GET",  "/api/v1",                         Api),
    ("GET",  "/api/v1/openapi.json",            Api),
    ("POST", "/api/v1/clones",                  Api),
    ("POST", "/api/v1/clones/preview",          Api),
    ("POST", "/api/v1/reprocesses",             Api),
    ("POST", "/api/v1/reprocesses/preview",     Api),
    ("GET",  "/api/v1/runs",                    Api),
    ("POST", "/api/v1/runs/accept",             Api),
    ("GET",  "/api/v1/runs/{id}",               Api),
    ("GET",  "/api/v1/runs/{id}/log",           Api),
    ("GET",  "/api/v1/pipelines",               Api),
    ("GET",  "/api/v1/pipelines/{name}",        Api),
    ("GET",  "/api/v1/alerts",                  Api),
    ("GET",  "/api/v1/alerts/{id}",             Api),
    ("POST", "/api/v1/alerts/{id}/acknowledge", Api),
    ("POST", "/api/v1/alerts/{id}/silence",     Api),
    ("POST", "/api/v1/alerts/{id}/reopen",      Api),
    ("GET",  "/api/v1/deliveries",              Api),
    ("POST", "/api/v1/webhooks/{name}/test",    Api),
    ("GET",  "/api/v1/pipelines/{name}/health",         Api),
    ("GET",  "/api/v1/pipelines/{name}/reconciliation", Api),
    ("GET",  "/api/v1/pipelines/{name}/canary",         Api),
    ("POST", "/api/v1/pipelines/{name}/reprocess-gaps", Api),
    ("GET",  "/api/v1/pipelines/{name}/dead-letters", Api),
    ("GET",  "/api/v1/pipelines/{name}/template", Api),
    ("POST", "/api/v1/pipelines/{name}/template", Api),
    ("POST", "/api/v1/pipelines/{name}/backfill", Api),
    ("GET",  "/api/v1/jobs",                    Api),
    ("POST", "/api/v1/jobs/bulk",               Api),
    ("GET",  "/api/v1/jobs/{id}",               Api),
    ("GET",  "/api/v1/jobs/{id}/log",           Api),
    ("GET",  "/api/v1/jobs/{id}/failures",      Api),
    ("GET",  "/api/v1/jobs/{id}/report",        Api),
    ("GET",  "/api/v1/jobs/{id}/dead-letters",  Api),
    ("GET",  "/api/v1/jobs/{id}/events",        Api),
    ("POST", "/api/v1/jobs/{id}/cancel",        Api),
    ("POST", "/api/v1/jobs/{id}/pause",         Api),
    ("POST", "/api/v1/jobs/{id}/resume",        Api),
    ("POST", "/api/v1/jobs/{id}/retry",         Api),
    ("GET",    "/api/v1/schedules",               Api),
    ("POST",   "/api/v1/schedules",               Api),
    ("GET",    "/api/v1/schedules/{id}",          Api),
    ("PUT",    "/api/v1/schedules/{id}",          Api),
    ("DELETE", "/api/v1/schedules/{id}",          Api),
    ("GET",    "/api/v1/schedules/{id}/firings",  Api),
    ("POST",   "/api/v1/schedules/{id}/pause",    Api),
    ("POST",   "/api/v1/schedules/{id}/resume",   Api),
    ("POST",   "/api/v1/schedules/{id}/run",      Api),
    ("POST",   "/api/v1/schedules/{id}/confirm",  Api),
    ("GET",  "/api/v1/syncs",                   Api),
    ("POST", "/api/v1/syncs",                   Api),
    ("GET",  "/api/v1/syncs/{table}",           Api),
    ("GET",  "/api/v1/syncs/{table}/evaluations", Api),
    ("GET",  "/api/v1/syncs/{table}/quarantine", Api),
    ("POST", "/api/v1/syncs/{table}/actions",   Api),
    ("POST", "/api/v1/syncs/{table}/progress",  Api),
    ("GET",  "/api/v1/events",                  Api),
    ("GET",  "/api/v1/stores",                  Api),
    ("GET",  "/api/v1/stores/{name}/buckets",   Api),
    ("GET",  "/api/v1/stores/{name}/peek",      Api),
    ("GET",  "/v1/customers/{customer}/databases/{database}/tables/{table}/count",     Replica),
    ("GET",  "/v1/customers/{customer}/databases/{database}/tables/{table}/meta",      Replica),
    ("POST", "/v1/customers/{customer}/databases/{database}/tables/{table}/summaries", Replica),
    ("POST", "/v1/customers/{customer}/databases/{database}/tables/{table}/contents",  Replica),
    ("GET",  "/v1/customers/{customer}/databases/{database}/tables/{table}/manifest",  Replica),
    ("POST", "/v1/customers/{customer}/databases/{database}/tables/{table}/manifest",  Replica),
    ("POST", "/v1/customers/{customer}/databases/{database}/tables/{table}/rows",      Replica),
    ("POST", "/v1/customers/{customer}/databases/{database}/tables/{table}/delete-if", Replica),
];

/// As in the router.
const TABLE: &str = "/v1/customers/{customer}/databases/{database}/tables/{table}";

/// Method and path of every route that the router's source names; pages and server functions name themselves.
pub fn routes() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for function in include_str!("../../../src/http/router.rs").split("\nfn ") {
        let (is_api, is_replica) = (function.starts_with("api("), function.starts_with("replicas("));
        for route in function.split(".route(\"").skip(1) {
            let (path, handlers) = route.lines().next().unwrap().split_once('"').unwrap();
            let path = match (is_api, is_replica) {
                (true, _) => format!("/api/v1{}", path.trim_end_matches('/')),
                (_, true) => format!("{TABLE}{path}"),
                _ => path.to_owned(),
            };
            for method in ["get", "post", "put", "patch", "delete"] {
                if handlers.contains(&format!(" {method}(")) || handlers.contains(&format!(".{method}(")) {
                    routes.insert((method.to_uppercase(), path.clone()));
                }
            }
        }
    }
    routes
}

/// Every route with its role: the table, pages, and server functions.
fn roles() -> Vec<(Method, String, Role)> {
    let listed: BTreeSet<_> =
        ROLES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(listed, routes(), "the table and the router differ");
    let table = ROLES.iter().map(|(method, path, role)| (method.parse().unwrap(), (*path).to_owned(), *role));
    let pages = leptos_axum::generate_route_list(app::App);
    assert!(pages.len() > 3);
    let pages = pages.iter().map(|page| (Method::GET, page.path().to_owned(), Page));
    let functions = leptos::server_fn::axum::server_fn_paths();
    let functions: Vec<_> = functions.map(|(path, method)| (method, path.to_owned(), Page)).collect();
    assert!(functions.len() > 3);
    table.chain(pages).chain(functions).collect()
}

async fn ask(
    server: &TestServer,
    (method, path, _): &(Method, String, Role),
    with: impl Fn(RequestBuilder) -> RequestBuilder,
) -> Response {
    let path = path.replace("{id}", "0198c0de-0000-7000-8000-000000000000").replace("{name}", "demo");
    let path = path.replace("{table}", "demo").replace("{page}", "clone");
    with(server.request(method.clone(), &path).header(header::ACCEPT, "text/html")).send().await.unwrap()
}

fn lets_in(response: &Response) -> bool {
    let sent_to_sign_in =
        response.headers().get(header::LOCATION).is_some_and(|to| to.as_bytes().starts_with(b"/login"));
    !sent_to_sign_in && !matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

#[tokio::test]
async fn route_answers_only_its_roles() {
    let server = TestServer::guarded().await;
    for route in &roles() {
        let (_, path, role) = route;
        let is_sign_in = ["/login", "/logout"].contains(&path.as_str());
        let nobody = ask(&server, route, |request| request).await;
        match role {
            Open => assert!(is_sign_in || lets_in(&nobody), "{route:?}: {}", nobody.status()),
            Api | Replica => {
                assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "{route:?}");
                assert!(nobody.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"));
            }
            Page => {
                assert_eq!(nobody.status(), StatusCode::SEE_OTHER, "{route:?}");
                assert!(!lets_in(&nobody), "{route:?}");
            }
        }
        if is_sign_in {
            continue; // they make and end sessions; the tests of `auth` have them
        }
        let session = server.session().await;
        let signed_in = ask(&server, route, |request| request.header(header::COOKIE, &session)).await;
        assert_eq!(lets_in(&signed_in), *role != Replica, "{route:?}: {}", signed_in.status());

        let script = ask(&server, route, |request| request.bearer_auth(&server.token)).await;
        let takes_tokens = path.starts_with("/api/") || !matches!(role, Page | Replica);
        assert_eq!(lets_in(&script), takes_tokens, "{route:?}: {}", script.status());

        let forged = ask(&server, route, |request| request.bearer_auth("0".repeat(64))).await;
        assert_eq!(lets_in(&forged), *role == Open, "{route:?}: {}", forged.status());
    }
}

#[tokio::test]
async fn cross_site_changes_are_refused() {
    let server = TestServer::guarded().await;
    let session = server.session().await;
    for route in &roles() {
        let elsewhere = ask(&server, route, |request| {
            request.header(header::COOKIE, &session).header(header::ORIGIN, "https://evil.example")
        });
        let refused = elsewhere.await.status() == StatusCode::FORBIDDEN;
        assert_eq!(refused, route.0 != Method::GET, "{route:?}");
    }
}

/// Guards against DNS rebinding: without `[auth]`, only the host name tells a user's own page from
/// another's.
#[tokio::test]
async fn foreign_host_name_is_refused_without_auth() {
    let server = TestServer::open().await;
    for route in &roles() {
        let rebound = ask(&server, route, |request| request.header(header::HOST, "evil.example:3000")).await;
        assert_eq!(rebound.status(), StatusCode::FORBIDDEN, "{route:?}");
        let known = ask(&server, route, |request| request.header(header::HOST, "localhost:3000")).await;
        assert_ne!(known.status(), StatusCode::FORBIDDEN, "{route:?}");
    }
}
