//! What a browser is told about every answer, and what other sites' pages cannot do.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};

use crate::support::server::Site;

#[tokio::test]
async fn every_answer_carries_the_headers_that_harden_it() {
    let site = Site::open().await;
    for path in ["/", "/nothing", "/login", "/favicon.svg", "/assets/none.js", "/api/v1", "/api/v1/nothing", "/healthz"]
    {
        let response = site.get(path).await;
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
    assert_eq!(site.get("/api/v1/jobs").await.headers()["cache-control"], "no-store");
    assert_eq!(site.get("/").await.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn the_scripts_of_a_page_carry_the_nonce_of_its_policy_and_each_page_has_its_own() {
    let site = Site::open().await;
    let mut nonces = HashSet::new();
    for path in ["/", "/", "/nothing"] {
        let response = site.get(path).await;
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
async fn a_page_that_does_not_exist_says_so_with_its_status() {
    let site = Site::open().await;
    let response = site.get("/nothing/here").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing_server_functions_included() {
    let site = Site::open().await;
    let job = site.clone_number(1).await.id;
    let form = format!("id={job}&action=cancel");
    for path in [format!("/api/v1/jobs/{job}/cancel"), "/api/fn/act_on_job".to_owned()] {
        let theirs = site.request(Method::POST, &path).header("origin", "https://evil.example");
        let theirs = theirs.header("content-type", "application/x-www-form-urlencoded").body(form.clone());
        assert_eq!(theirs.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
        let theirs = site.request(Method::POST, &path).header("sec-fetch-site", "cross-site").body(form.clone());
        assert_eq!(theirs.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(site.json(&format!("/api/v1/jobs/{job}")).await["state"], "queued");
    let ours =
        site.request(Method::POST, "/api/fn/act_on_job").header("origin", &site.url).header("accept", "text/html");
    let ours = ours.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    assert_eq!(ours.status(), StatusCode::FOUND, "a form without JavaScript is led on");
    assert_eq!(site.json(&format!("/api/v1/jobs/{job}")).await["state"], "cancelled");
}

#[tokio::test]
async fn a_server_function_takes_no_more_than_any_other_request() {
    let site = Site::open().await;
    let body = format!("id=1&action={}", "x".repeat(70_000));
    let request =
        site.request(Method::POST, "/api/fn/act_on_job").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request.body(body).send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}
