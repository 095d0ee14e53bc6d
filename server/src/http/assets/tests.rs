//! The files as a client gets them, on a small site of the bundle's form.

use app::shell::AssetPaths;
use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt;

use super::{Assets, AssetsError, Table};

const SITE: Table = &[
    (
        "manifest.json",
        br#"{"fingerprint": "f", "js": "assets/a-1.js", "wasm": "assets/a-2.wasm", "css": "assets/a-3.css", "files": [
            {"path": "assets/a-1.js", "hash": "1111", "bytes": 5, "brotli": 2, "gzip": 4},
            {"path": "assets/a-2.wasm", "hash": "2222", "bytes": 4, "brotli": 0, "gzip": 0},
            {"path": "assets/a-3.css", "hash": "3333", "bytes": 4, "brotli": 0, "gzip": 0},
            {"path": "robots.txt", "hash": "4444", "bytes": 4, "brotli": 0, "gzip": 0}]}"#,
    ),
    ("assets/a-1.js", b"plain"),
    ("assets/a-1.js.br", b"br"),
    ("assets/a-1.js.gz", b"gzip"),
    ("assets/a-2.wasm", b"\0asm"),
    ("assets/a-3.css", b"a {}"),
    ("robots.txt", b"User"),
];

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let router: Router = Assets::from_table(SITE).unwrap().router();
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: axum::body::to_bytes(body, 1_000).await.unwrap().to_vec(),
    }
}

#[tokio::test]
async fn each_client_gets_the_smallest_form_it_takes() {
    for (accepted, body, encoding) in [
        ("gzip, deflate, br, zstd", "br", "br"),
        ("gzip;q=0.8, br;q=0", "gzip", "gzip"),
        ("GZIP", "gzip", "gzip"),
        ("identity", "plain", ""),
        ("", "plain", ""),
    ] {
        let answer = ask(Method::GET, "/assets/a-1.js", &[(header::ACCEPT_ENCODING, accepted)]).await;
        assert_eq!(answer.body, body.as_bytes(), "{accepted}");
        assert_eq!(answer.header(header::CONTENT_ENCODING), encoding, "{accepted}");
        assert_eq!(answer.header(header::VARY), "accept-encoding");
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    }
}

#[tokio::test]
async fn a_copy_is_confirmed_only_in_the_encoding_it_was_sent_in() {
    let brotli = || (header::ACCEPT_ENCODING, "br");
    let first = ask(Method::GET, "/assets/a-1.js", &[brotli()]).await;
    let etag = first.header(header::ETAG);
    let confirmed = ask(Method::GET, "/assets/a-1.js", &[brotli(), (header::IF_NONE_MATCH, etag)]).await;
    assert_eq!((confirmed.status, confirmed.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(confirmed.header(header::ETAG), etag);

    let plain = ask(Method::GET, "/assets/a-1.js", &[(header::IF_NONE_MATCH, etag)]).await;
    assert_eq!((plain.status, plain.body.as_slice()), (StatusCode::OK, b"plain".as_slice()));

    let several = format!("\"other\", W/{etag}");
    let weak = ask(Method::GET, "/assets/a-1.js", &[brotli(), (header::IF_NONE_MATCH, &several)]).await;
    assert_eq!(weak.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn only_a_name_that_changes_with_its_content_is_kept_for_ever() {
    let hashed = ask(Method::GET, "/assets/a-2.wasm", &[]).await;
    assert_eq!(hashed.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(hashed.header(header::CONTENT_TYPE), "application/wasm");
    let fixed = ask(Method::GET, "/robots.txt", &[]).await;
    assert_eq!(fixed.header(header::CACHE_CONTROL), "public, max-age=3600");
    assert_eq!(fixed.body, b"User");
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let head = ask(Method::HEAD, "/assets/a-1.js", &[]).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header(header::CONTENT_LENGTH), "5");
    assert_eq!(head.header(header::ETAG), "\"1111\"");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_changes_is_not_allowed() {
    for path in ["/assets/a-0.js", "/assets/a-1.js.br", "/assets/../manifest.json", "/manifest.json"] {
        assert_eq!(ask(Method::GET, path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ask(Method::POST, "/assets/a-1.js", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn a_binary_without_the_site_still_starts() {
    assert_eq!(Assets::from_table(&[]).unwrap().paths(), AssetPaths::default());
}

#[test]
fn pages_are_told_where_the_files_lie() {
    let paths = Assets::from_table(SITE).unwrap().paths();
    assert_eq!([paths.js, paths.wasm, paths.css], ["/assets/a-1.js", "/assets/a-2.wasm", "/assets/a-3.css"]);
}

#[test]
fn a_site_that_lacks_a_file_is_refused_at_the_start() {
    let broken = Assets::from_table(&SITE[..1]);
    assert!(matches!(broken, Err(AssetsError::Missing(path)) if path == "assets/a-1.js"));
}
