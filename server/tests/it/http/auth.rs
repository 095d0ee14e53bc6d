//! Sign-in, sign-out, and the throttling of password guesses.

use model::Time;
use reqwest::{Response, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::support::server::{PASSWORD, TestServer, USER, cookie, guard};

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

async fn with_cookie(server: &TestServer, method: reqwest::Method, path: &str, cookie: &str) -> Response {
    server.request(method, path).header(header::COOKIE, cookie).send().await.unwrap()
}

#[tokio::test]
async fn session_lasts_until_sign_out() {
    let server = TestServer::guarded().await;
    let form = server.get("/login?next=/jobs%3Fstate=failed").await.text().await.unwrap();
    assert!(form.contains(r#"name="next" value="/jobs?state=failed""#), "{form}");

    let entered = server.sign_in(USER, PASSWORD, "/jobs%3Fstate=failed").await;
    assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/jobs?state=failed"));
    let set = entered.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Lax; Max-Age=43200") && !set.contains("Secure"), "{set}");
    let cookie = cookie(&entered).unwrap();

    let get = reqwest::Method::GET;
    assert_eq!(with_cookie(&server, get.clone(), "/api/v1/jobs", &cookie).await.status(), StatusCode::OK);
    assert_eq!(with_cookie(&server, get.clone(), "/login", &cookie).await.status(), StatusCode::SEE_OTHER);
    let left = with_cookie(&server, reqwest::Method::POST, "/logout", &cookie).await;
    assert!(left.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let afterwards = with_cookie(&server, get, "/api/v1/jobs", &cookie).await;
    assert_eq!(afterwards.status(), StatusCode::UNAUTHORIZED, "a cookie kept elsewhere is worth nothing");
}

#[tokio::test]
async fn expired_session_is_rejected() {
    let server = TestServer::guarded().await;
    let now = server.app.db.now();
    for (token, expires, status) in [("fresh", Time(now.0 + 60_000), 200), ("stale", Time(now.0 - 1), 401)] {
        server.app.db.insert_session(&Sha256::digest(token), USER, expires).await.unwrap();
        let cookie = format!("other=1; logyard_session={token}");
        let response = with_cookie(&server, reqwest::Method::GET, "/api/v1/jobs", &cookie).await;
        assert_eq!(response.status(), status, "{token}");
    }
}

/// Neither body nor status shows whether the name or the password was wrong; after five failures, the right password
/// has to wait, too.
#[tokio::test]
async fn password_guessing_learns_nothing_and_is_throttled() {
    let server = TestServer::guarded().await;
    let mut pages = Vec::new();
    for (user, password) in [(USER, "wrong"), ("nobody", PASSWORD), ("nobody", "wrong"), (USER, ""), (USER, "x")] {
        let refused = server.sign_in(user, password, "/").await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(cookie(&refused), None);
        pages.push(refused.text().await.unwrap().replace("nobody", USER));
    }
    assert!(pages.iter().all(|page| *page == pages[0] && page.contains("Name or password is wrong.")));
    let waiting = server.sign_in(USER, PASSWORD, "/").await;
    assert_eq!(waiting.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u32 = waiting.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_eq!(cookie(&waiting), None);
}

#[tokio::test]
async fn sign_in_redirects_locally_and_escapes_text() {
    let server = TestServer::guarded().await;
    for next in ["//evil.example", "https://evil.example", "/%5Cevil.example", "/%09/evil.example"] {
        let entered = server.sign_in(USER, PASSWORD, next).await;
        assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/"), "{next}");
    }
    let page = server.get("/login?next=/%22%3E%3Cscript%3E").await.text().await.unwrap();
    assert!(!page.contains("<script>"), "{page}");
    let sent_away = server.request(reqwest::Method::GET, "/jobs?text=a%20b&state=failed").header("accept", "text/html");
    let sent_away = sent_away.send().await.unwrap();
    assert_eq!(location(&sent_away), "/login?next=%2Fjobs%3Ftext%3Da%2520b%26state%3Dfailed");
}

#[tokio::test]
async fn https_sets_a_secure_cookie() {
    let server = TestServer::with(|config| {
        guard(config);
        config.server.public_url = Some("https://logyard.example.com".to_owned());
    })
    .await;
    let entered = server.sign_in(USER, PASSWORD, "/").await;
    assert!(entered.headers()[header::SET_COOKIE].to_str().unwrap().ends_with("; Secure"));
}
