//! Invalid requests are refused by field name, before the table is queried.

use engine::sync::protocol::{gzip, limits};
use reqwest::{Body, Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    support::server::TestServer,
    sync::replica_tables::{ACME, Orders, holding, path},
};

async fn server() -> (Orders, TestServer) {
    let orders = Orders::described().await;
    let server = holding(vec![orders.replica("acme", ACME)]).await;
    (orders, server)
}

#[tokio::test]
async fn invalid_parameters_are_refused_by_name() {
    let (_orders, server) = server().await;
    for (query, field, says) in [
        ("count?aboveRowVersion=-1", "aboveRowVersion", "from 0 to 9223372036854775807"),
        ("count?aboveRowVersion=9223372036854775808", "aboveRowVersion", "from 0 to 9223372036854775807"),
        ("count?belowRowVersion=x", "belowRowVersion", "a whole number"),
        ("count?belowRowVersion=%2B5", "belowRowVersion", "a whole number"),
        ("count?aboveRowVersion=5&belowRowVersion=5", "belowRowVersion", "both bounds are exclusive"),
        ("count?aboverowversion=5", "aboverowversion", "aboveRowVersion, belowRowVersion"),
        ("count?aboveRowVersion=1&aboveRowVersion=2", "aboveRowVersion", "given once"),
        ("meta?all", "query", "left out"),
        ("manifest?from=5&until=5", "until", "larger than from"),
        ("manifest?from=7&until=5", "until", "larger than from"),
        ("manifest?until=9223372036854775809", "until", "from 0 to 9223372036854775808"),
        ("manifest?limit=0", "limit", "from 1 to 16384"),
        ("manifest?limit=16385", "limit", "from 1 to 16384"),
        ("manifest?order=down", "order", "ascending or descending"),
    ] {
        let response = server.request(Method::GET, &path("acme", query)).bearer_auth(ACME).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["field"], field, "{query}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{query}: {problem}");
    }
}

#[tokio::test]
async fn invalid_bodies_are_refused_and_change_nothing() {
    let (orders, server) = server().await;
    let before = orders.dump().await;
    for (rest, body, status, field, says) in [
        ("summaries", "", 400, Value::Null, "empty"),
        ("summaries", "{", 400, Value::Null, "not JSON"),
        ("summaries", "[]", 422, json!("body"), "SummariesRequest"),
        ("summaries", "{}", 422, json!("spans"), "missing"),
        ("summaries", r#"{"spans": [], "splits": true}"#, 422, json!("splits"), "`spans` or `split`"),
        ("summaries", r#"{"spans": [], "split": 1}"#, 422, json!("split"), "a boolean"),
        ("summaries", r#"{"spans": [[1, 2], [5, 5]]}"#, 422, json!("spans[1]"), "[5, 5] is not a span"),
        ("summaries", r#"{"spans": [[7, 5]]}"#, 422, json!("spans[0]"), "the first is the smaller"),
        ("summaries", r#"{"spans": [[-1, 5]]}"#, 422, json!("spans[0][0]"), "`-1`, expected a bound of versions"),
        (
            "summaries",
            r#"{"spans": [[0, 9223372036854775809]]}"#,
            422,
            json!("spans[0][1]"),
            "from 0 to 9223372036854775808",
        ),
        ("summaries", r#"{"spans": [[0, 1.5]]}"#, 422, json!("spans[0][1]"), "a whole number"),
        ("summaries", r#"{"spans": [[0, 18446744073709551616]]}"#, 422, json!("spans[0][1]"), "a whole number"),
        ("summaries", r#"{"spans": [[0]]}"#, 422, json!("spans[0]"), "[from, until]"),
        ("summaries", r#"{"spans": [[0, 1, 2]]}"#, 422, json!("spans[0]"), "[from, until]"),
        ("summaries", r#"{"spans": {"from": 0}}"#, 422, json!("spans"), "a sequence"),
        ("manifest", r#"{"spans": [[0, 1]], "split": true}"#, 422, json!("split"), "`spans`"),
        ("delete-if", r#"{"rows": [[5, 4], [9223372036854775808, 1]]}"#, 422, json!("rows[1][0]"), "a version"),
        ("delete-if", r#"{"rows": [[5, -4]]}"#, 422, json!("rows[0][1]"), "a row's key"),
        ("delete-if", r#"{"rows": [5]}"#, 422, json!("rows[0]"), "[version, key]"),
        (
            "rows",
            r#"{"rows": [{"key": 1.5, "version": 1, "values": {}}]}"#,
            422,
            json!("rows[0].key"),
            "a 64-bit integer or a text",
        ),
        (
            "rows",
            r#"{"rows": [{"key": null, "version": 1, "values": {}}]}"#,
            422,
            json!("rows[0].key"),
            "a 64-bit integer or a text",
        ),
        (
            "rows",
            r#"{"rows": [{"key": 9223372036854775808, "version": 1, "values": {}}]}"#,
            422,
            json!("rows[0].key"),
            "a 64-bit integer or a text",
        ),
        ("rows", r#"{"rows": [{"key": 1, "version": -1, "values": {}}]}"#, 422, json!("rows[0].version"), "a version"),
        ("rows", r#"{"rows": [{"key": 1, "version": 1}]}"#, 422, json!("rows[0].values"), "missing"),
        ("rows", r#"{"rows": [{"key": 1, "version": 1, "values": []}]}"#, 422, json!("rows[0].values"), "a map"),
        (
            "rows",
            r#"{"rows": [{"key": 1, "version": 1, "values": {}, "more": 1}]}"#,
            422,
            json!("rows[0].more"),
            "unknown field",
        ),
    ] {
        let request = server.request(Method::POST, &path("acme", rest)).bearer_auth(ACME);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{rest} {body}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["field"], field, "{rest} {body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{rest} {body}: {problem}");
    }
    assert_eq!(orders.dump().await, before);
}

#[tokio::test]
async fn oversized_request_is_refused_with_the_limit() {
    let (_orders, server) = server().await;
    let spans = |count: usize| vec![json!([0, 1]); count];
    let row = json!({"key": 1, "version": 1, "values": {}});
    for (rest, body, most) in [
        ("summaries", json!({"spans": spans(limits::MAX_SPLIT_SPANS + 1), "split": true}), limits::MAX_SPLIT_SPANS),
        ("summaries", json!({"spans": spans(limits::MAX_SPANS + 1)}), limits::MAX_SPANS),
        ("manifest", json!({"spans": spans(limits::MAX_SPANS + 1)}), limits::MAX_SPANS),
        ("rows", json!({"rows": vec![row; limits::MAX_UPLOAD_ROWS + 1]}), limits::MAX_UPLOAD_ROWS),
        ("delete-if", json!({"rows": vec![json!([1, 1]); limits::MAX_DELETE_ROWS + 1]}), limits::MAX_DELETE_ROWS),
    ] {
        let request = server.request(Method::POST, &path("acme", rest)).bearer_auth(ACME).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{rest}");
        let detail = response.json::<Value>().await.unwrap()["detail"].to_string();
        assert!(detail.contains(&format!("a request may have {most}")), "{detail}");
    }
    let request = server.request(Method::POST, &path("acme", "summaries")).bearer_auth(ACME);
    let most = request.json(&json!({"spans": spans(limits::MAX_SPANS)})).send().await.unwrap();
    assert_eq!(most.status(), 200, "the limit itself is none too many");
}

#[tokio::test]
async fn body_is_limited_compressed_and_decompressed() {
    let (_orders, server) = server().await;
    let large = vec![b' '; limits::MAX_REQUEST_BYTES + 1];
    let pieces: Vec<_> = large.chunks(1 << 16).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let unannounced = Body::wrap_stream(futures::stream::iter(pieces));
    for (encoding, body) in [("identity", unannounced), ("gzip", gzip::compressed(&large).into())] {
        let request = server.request(Method::POST, &path("acme", "rows")).bearer_auth(ACME);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let response = request.header(header::CONTENT_ENCODING, encoding).body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{encoding}");
        assert!(response.text().await.unwrap().contains("8388608"));
    }
    // One that announces itself is not even read.
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let (to, length) = (path("acme", "rows"), limits::MAX_REQUEST_BYTES + 1);
    let head = format!(
        "POST {to} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ACME}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");

    for (encoding, says) in [("gzip", "not valid gzip"), ("br", "Send the body uncompressed or as gzip")] {
        let request = server.request(Method::POST, &path("acme", "rows")).bearer_auth(ACME).json(&json!({"rows": []}));
        let response = request.header(header::CONTENT_ENCODING, encoding).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{encoding}");
        assert!(response.text().await.unwrap().contains(says), "{encoding}");
    }
    let request = server.request(Method::POST, &path("acme", "rows")).bearer_auth(ACME).body("{\"rows\": []}");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("Content-Type"));
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_problems() {
    let (_orders, server) = server().await;
    for (method, at, status) in [
        (Method::GET, path("acme", "all"), 404),
        (Method::GET, "/v1/customers".to_owned(), 404),
        (Method::DELETE, path("acme", "rows"), 405),
        (Method::POST, path("acme", "count"), 405),
        (Method::GET, path("%ff", "count"), 400),
    ] {
        let response = server.request(method.clone(), &at).bearer_auth(ACME).send().await.unwrap();
        assert_eq!(response.status(), status, "{method} {at}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{method} {at}");
    }
}
