//! Signing in and out, and what stands against guessing.

use model::Time;
use reqwest::{Response, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::support::server::{PASSWORD, Site, USER, cookie, guard};

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

async fn with_cookie(site: &Site, method: reqwest::Method, path: &str, cookie: &str) -> Response {
    site.request(method, path).header(header::COOKIE, cookie).send().await.unwrap()
}

#[tokio::test]
async fn a_session_lasts_from_signing_in_to_signing_out() {
    let site = Site::guarded().await;
    let form = site.get("/login?next=/jobs%3Fstate=failed").await.text().await.unwrap();
    assert!(form.contains(r#"name="next" value="/jobs?state=failed""#), "{form}");

    let entered = site.sign_in(USER, PASSWORD, "/jobs%3Fstate=failed").await;
    assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/jobs?state=failed"));
    let set = entered.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Lax; Max-Age=43200") && !set.contains("Secure"), "{set}");
    let cookie = cookie(&entered).unwrap();

    let get = reqwest::Method::GET;
    assert_eq!(with_cookie(&site, get.clone(), "/api/v1/jobs", &cookie).await.status(), StatusCode::OK);
    assert_eq!(with_cookie(&site, get.clone(), "/login", &cookie).await.status(), StatusCode::SEE_OTHER);
    let left = with_cookie(&site, reqwest::Method::POST, "/logout", &cookie).await;
    assert!(left.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let afterwards = with_cookie(&site, get, "/api/v1/jobs", &cookie).await;
    assert_eq!(afterwards.status(), StatusCode::UNAUTHORIZED, "a cookie kept elsewhere is worth nothing");
}

#[tokio::test]
async fn an_expired_session_is_none() {
    let site = Site::guarded().await;
    let now = site.app.db.now();
    for (token, expires, status) in [("fresh", Time(now.0 + 60_000), 200), ("stale", Time(now.0 - 1), 401)] {
        site.app.db.insert_session(&Sha256::digest(token), USER, expires).await.unwrap();
        let cookie = format!("other=1; logyard_session={token}");
        let response = with_cookie(&site, reqwest::Method::GET, "/api/v1/jobs", &cookie).await;
        assert_eq!(response.status(), status, "{token}");
    }
}

/// Neither the answer nor its status tells whether the name or the password was wrong; after five the right one has to
/// wait, too.
#[tokio::test]
async fn guessing_is_told_nothing_and_soon_has_to_wait() {
    let site = Site::guarded().await;
    let mut pages = Vec::new();
    for (user, password) in [(USER, "wrong"), ("nobody", PASSWORD), ("nobody", "wrong"), (USER, ""), (USER, "x")] {
        let refused = site.sign_in(user, password, "/").await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(cookie(&refused), None);
        pages.push(refused.text().await.unwrap().replace("nobody", USER));
    }
    assert!(pages.iter().all(|page| *page == pages[0] && page.contains("Name or password is wrong.")));
    let waiting = site.sign_in(USER, PASSWORD, "/").await;
    assert_eq!(waiting.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u32 = waiting.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_eq!(cookie(&waiting), None);
}

#[tokio::test]
async fn signing_in_leads_nowhere_but_here_and_text_stays_text() {
    let site = Site::guarded().await;
    for next in ["//evil.example", "https://evil.example", "/%5Cevil.example", "/%09/evil.example"] {
        let entered = site.sign_in(USER, PASSWORD, next).await;
        assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/"), "{next}");
    }
    let page = site.get("/login?next=/%22%3E%3Cscript%3E").await.text().await.unwrap();
    assert!(!page.contains("<script>"), "{page}");
    let sent_away = site.request(reqwest::Method::GET, "/jobs?text=a%20b&state=failed").header("accept", "text/html");
    let sent_away = sent_away.send().await.unwrap();
    assert_eq!(location(&sent_away), "/login?next=%2Fjobs%3Ftext%3Da%2520b%26state%3Dfailed");
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure() {
    let site = Site::with(|config| {
        guard(config);
        config.server.public_url = Some("https://logyard.example.com".to_owned());
    })
    .await;
    let entered = site.sign_in(USER, PASSWORD, "/").await;
    assert!(entered.headers()[header::SET_COOKIE].to_str().unwrap().ends_with("; Secure"));
}
