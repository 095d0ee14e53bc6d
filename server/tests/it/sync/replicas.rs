//! The replica API: authorization and answers.

use std::io::Read;

use engine::sync::protocol::gzip;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    support::server::TestServer,
    sync::replica_tables::{ACME, GLOBEX, Orders, holding, path, replica},
};

async fn get(server: &TestServer, customer: &str, token: &str, rest: &str) -> Response {
    server.request(Method::GET, &path(customer, rest)).bearer_auth(token).send().await.unwrap()
}

async fn post(server: &TestServer, rest: &str, body: &Value) -> Value {
    let response = server.request(Method::POST, &path("acme", rest)).bearer_auth(ACME).json(body).send().await.unwrap();
    assert_eq!(response.status(), 200, "{rest}");
    response.json().await.unwrap()
}

#[tokio::test]
async fn token_opens_only_its_customers_tables() {
    let (acme, globex) = (Orders::described().await, Orders::new().await);
    let server = holding(vec![acme.replica("acme", ACME), globex.replica("globex", GLOBEX)]).await;
    for (customer, token, count) in [("acme", ACME, 2), ("globex", GLOBEX, 0)] {
        let answer: Value = get(&server, customer, token, "count").await.json().await.unwrap();
        assert_eq!(answer, json!({"count": count}));
    }
    let mut details = Vec::new();
    for (customer, token) in [("globex", ACME), ("acme", GLOBEX), ("nobody", ACME)] {
        let response = get(&server, customer, token, "count").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        details.push(response.json::<Value>().await.unwrap()["detail"].clone());
    }
    assert!(details.iter().all(|detail| *detail == details[0]), "{details:?}");

    let write = json!({"rows": [{"key": 1, "version": 99, "values": {}}]});
    let other = server.request(Method::POST, &path("acme", "rows")).bearer_auth(GLOBEX).json(&write);
    assert_eq!(other.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(acme.dump().await[0], "1@2 'Zoë' NULL NULL");
}

#[tokio::test]
async fn unauthorized_request_learns_nothing_about_tables() {
    let orders = Orders::described().await;
    let server = holding(vec![orders.replica("acme", ACME)]).await;
    for customer in ["acme", "nobody"] {
        for authorization in ["", "Bearer", "Bearer ", "Basic YTpi", &format!("Bearer {GLOBEX}"), &server.token, ACME] {
            let request = server.request(Method::GET, &path(customer, "meta"));
            let response = request.header(header::AUTHORIZATION, authorization).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{customer}: {authorization}");
            assert!(response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"));
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert!(response.headers().contains_key("x-request-id"));
        }
    }
    // And the token opens nothing but the table.
    let request = server.request(Method::GET, "/api/v1/jobs").bearer_auth(ACME).send().await.unwrap();
    assert_eq!(request.status(), StatusCode::UNAUTHORIZED);
}

/// The examples of the description are true.
#[tokio::test]
async fn openapi_examples_are_answered_as_described() {
    let description: Value = {
        let server = TestServer::open().await;
        server.json("/api/v1/openapi.json").await
    };
    let mut seen = 0;
    for (described, methods) in description["paths"].as_object().unwrap() {
        let Some((_, rest)) = described.split_once("/tables/{table}/") else { continue };
        for (method, operation) in methods.as_object().unwrap() {
            let orders = Orders::described().await;
            let server = holding(vec![orders.replica("acme", ACME)]).await;
            let method: Method = method.to_uppercase().parse().unwrap();
            let mut request = server.request(method.clone(), &path("acme", rest)).bearer_auth(ACME);
            if let Some(body) = operation.pointer("/requestBody/content/application~1json/example") {
                request = request.json(body);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{method} {rest}");
            assert!(response.headers().contains_key("logyard-rows-read"), "{method} {rest}");
            let expected = operation.pointer("/responses/200/content/application~1json/example").unwrap();
            assert_eq!(&response.json::<Value>().await.unwrap(), expected, "{method} {rest}");
            seen += 1;
        }
    }
    assert_eq!(seen, 8);
}

#[tokio::test]
async fn count_excludes_both_bounds() {
    let orders = Orders::described().await;
    let server = holding(vec![orders.replica("acme", ACME)]).await;
    for (query, count) in [
        ("", 2),
        ("?aboveRowVersion=2", 1),
        ("?aboveRowVersion=1", 2),
        ("?belowRowVersion=5", 1),
        ("?belowRowVersion=6", 2),
        ("?aboveRowVersion=2&belowRowVersion=5", 0),
        ("?aboveRowVersion=5&belowRowVersion=6", 0),
        ("?aboveRowVersion=9223372036854775807", 0),
        ("?belowRowVersion=9223372036854775807", 2),
    ] {
        let answer: Value = get(&server, "acme", ACME, &format!("count{query}")).await.json().await.unwrap();
        assert_eq!(answer, json!({"count": count}), "{query}");
    }
}

#[tokio::test]
async fn refused_rows_are_named_and_others_written() {
    let orders = Orders::described().await;
    let server = holding(vec![orders.replica("acme", ACME)]).await;
    let row = |key: i64, values: Value| json!({"key": key, "version": 9, "values": values});
    let answer = post(
        &server,
        "rows",
        &json!({"rows": [
            row(10, json!({"customer": "good"})),
            row(11, json!({"customer": ["a", "list"]})),
            row(12, json!({"photo": {"base64": "no!"}})),
            row(13, json!({"nothing_of_the_kind": 1})),
            row(14, json!({"customer": "poison"})),
            row(15, json!({"customer": "good as well"})),
            {"key": "a", "version": 9, "values": {}},
            {"key": 1, "version": 1, "values": {"customer": "older"}},
            {"key": 16, "version": 1, "values": {"customer": "overtaken"}},
            {"key": 16, "version": 3, "values": {"customer": "newest"}},
            {"key": 16, "version": 2, "values": {"customer": "overtaken, too"}},
        ]}),
    )
    .await;
    let refused = answer["refused"].as_array().unwrap();
    assert!(refused.iter().any(|row| row["key"] == "a"));
    let error = |key: i64| refused.iter().find(|row| row["key"] == key).unwrap()["error"].as_str().unwrap();
    assert_eq!(refused.len(), 5, "{refused:?}");
    assert!(error(11).contains("customer: a list"), "{}", error(11));
    assert!(error(12).contains("photo: invalid base64"), "{}", error(12));
    assert!(error(13).contains("the table has no column nothing_of_the_kind to write"), "{}", error(13));
    assert!(error(14).to_lowercase().contains("check"), "{}", error(14));
    let keys: Vec<_> = orders.dump().await.iter().map(|row| row.split(" NULL").next().unwrap().to_owned()).collect();
    assert_eq!(keys, ["1@2 'Zoë'", "4@5 'Kim'", "10@9 'good'", "15@9 'good as well'", "16@3 'newest'"]);
}

#[tokio::test]
async fn conditional_delete_removes_only_matching_versions() {
    let orders = Orders::described().await;
    let server = holding(vec![orders.replica("acme", ACME)]).await;
    let answer = post(&server, "delete-if", &json!({"rows": [[2, 1], [4, 4], [7, 7]]})).await;
    assert_eq!(answer, json!({"deleted": 1}));
    assert_eq!(orders.dump().await.len(), 1);
    assert_eq!(post(&server, "delete-if", &json!({"rows": [[2, 1]]})).await, json!({"deleted": 0}), "again");
}

/// An answer is bounded and holds only complete lists.
#[tokio::test]
async fn manifest_returns_only_complete_lists() {
    let orders = Orders::new().await;
    orders
        .run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
              INSERT INTO orders (id, row_version) SELECT i, i FROM n",
        )
        .await;
    let server = holding(vec![orders.replica("acme", ACME)]).await;
    let lengths = |answer: &Value| -> Vec<usize> {
        answer["lists"].as_array().unwrap().iter().map(|list| list.as_array().unwrap().len()).collect()
    };
    let spans = json!({"spans": [[0, 10_001], [10_001, 16_385], [16_385, 16_386], [19_999, 30_000]]});
    assert_eq!(lengths(&post(&server, "manifest", &spans).await), [10_000, 6_384]);
    assert_eq!(lengths(&post(&server, "manifest", &json!({"spans": [[0, 16_386], [0, 1]]})).await), [0; 0]);
    assert_eq!(lengths(&post(&server, "manifest", &json!({"spans": []})).await), [0; 0]);
}

#[tokio::test]
async fn large_answers_are_compressed_on_request() {
    let orders = Orders::described().await;
    let server = holding(vec![orders.replica("acme", ACME)]).await;
    let body = json!({"spans": [[0, 4_096]], "split": true});
    let plain = post(&server, "summaries", &body).await;
    for (accepts, compressed) in [("gzip", true), ("br, GZIP;q=0.5", true), ("br", false), ("gzip;q=0", false)] {
        let request = server.request(Method::POST, &path("acme", "summaries")).bearer_auth(ACME).json(&body);
        let response = request.header(header::ACCEPT_ENCODING, accepts).send().await.unwrap();
        assert_eq!(response.headers().contains_key(header::CONTENT_ENCODING), compressed, "{accepts}");
        let bytes = response.bytes().await.unwrap();
        let mut text = Vec::new();
        if compressed {
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
        } else {
            text = bytes.to_vec();
        }
        assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), plain, "{accepts}");
    }
    let small = server.request(Method::GET, &path("acme", "count")).bearer_auth(ACME);
    let small = small.header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
    assert!(!small.headers().contains_key(header::CONTENT_ENCODING));

    let request = server.request(Method::POST, &path("acme", "summaries")).bearer_auth(ACME);
    let request = request.header(header::CONTENT_TYPE, "application/json").header(header::CONTENT_ENCODING, "gzip");
    let response = request.body(gzip::compressed(body.to_string().as_bytes())).send().await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap(), plain);
}

/// The server starts without the database, and needs no restart when it returns.
#[tokio::test]
async fn unreachable_database_answers_503_until_it_returns() {
    let orders = Orders::described().await;
    let away = format!("{}.moved", orders.url());
    let server = holding(vec![replica("acme", &away, ACME), orders.replica("globex", GLOBEX)]).await;
    let response = get(&server, "acme", ACME, "count").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    let detail = response.json::<Value>().await.unwrap()["detail"].to_string();
    assert!(!detail.contains("sqlite"), "{detail}");
    assert_eq!(get(&server, "globex", GLOBEX, "count").await.status(), 200, "another is not held up");

    let file = |url: &str| url.trim_start_matches("sqlite:").to_owned();
    std::fs::copy(file(&orders.url()), file(&away)).unwrap();
    let status = || async { seen(get(&server, "acme", ACME, "count").await.status(), |status| *status == 200) };
    eventually_async("the table answers again", within(1.mins()), status).await;
}
