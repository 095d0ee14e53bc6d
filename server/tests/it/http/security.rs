//! Security headers of every response, and the refusal of cross-site requests.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};

use crate::support::server::TestServer;

#[tokio::test]
async fn every_response_has_security_headers() {
    let server = TestServer::open().await;
    for path in ["/", "/nothing", "/login", "/favicon.svg", "/assets/none.js", "/api/v1", "/api/v1/nothing", "/healthz"]
    {
        let response = server.get(path).await;
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        for directive in ["default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert!(headers.contains_key("permissions-policy") && headers.contains_key("x-request-id"), "{path}");
        assert!(headers.contains_key("cache-control"), "{path}");
    }
    assert_eq!(server.get("/api/v1/jobs").await.headers()["cache-control"], "no-store");
    assert_eq!(server.get("/").await.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn scripts_carry_a_new_nonce_per_page() {
    let server = TestServer::open().await;
    let mut nonces = HashSet::new();
    for path in ["/", "/", "/nothing"] {
        let response = server.get(path).await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let html = response.text().await.unwrap();
        let scripts: Vec<&str> = html.split("<script").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
        for script in &scripts {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{path}: {script}");
        }
        assert!(path != "/" || !scripts.is_empty(), "{html}");
        assert!(!html.contains(" style=\""), "{path}: the policy forbids inline styles");
        assert!(nonces.insert(nonce), "a nonce came twice");
    }
}

#[tokio::test]
async fn missing_page_answers_404() {
    let server = TestServer::open().await;
    let response = server.get("/nothing/here").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn cross_site_server_functions_are_refused() {
    let server = TestServer::open().await;
    let job = server.clone_number(1).await.id;
    let form = format!("id={job}&action=cancel");
    for path in [format!("/api/v1/jobs/{job}/cancel"), "/api/fn/act_on_job".to_owned()] {
        let theirs = server.request(Method::POST, &path).header("origin", "https://evil.example");
        let theirs = theirs.header("content-type", "application/x-www-form-urlencoded").body(form.clone());
        assert_eq!(theirs.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
        let theirs = server.request(Method::POST, &path).header("sec-fetch-site", "cross-site").body(form.clone());
        assert_eq!(theirs.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(server.json(&format!("/api/v1/jobs/{job}")).await["state"], "queued");
    let ours =
        server.request(Method::POST, "/api/fn/act_on_job").header("origin", &server.url).header("accept", "text/html");
    let ours = ours.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    assert_eq!(ours.status(), StatusCode::FOUND, "a form without JavaScript is led on");
    assert_eq!(server.json(&format!("/api/v1/jobs/{job}")).await["state"], "cancelled");
}

#[tokio::test]
async fn server_function_body_is_limited() {
    let server = TestServer::open().await;
    let body = format!("id=1&action={}", "x".repeat(70_000));
    let request =
        server.request(Method::POST, "/api/fn/act_on_job").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request.body(body).send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}
