//! Answers that do not fit the question: each is refused with a reason.

use base64::{Engine, prelude::BASE64_STANDARD};
use engine::sync::{Cell, Mark, Order, Remote, RemoteTable, Row, Span, SyncFault, TableEndpoint};
use serde_json::{Map, Value, json};

use super::server::{Reply, Server};

/// Sends each kind of request.
async fn ask(remote: &RemoteTable, what: &str) -> Result<(), SyncFault> {
    let span = Span { from: 10, until: 20 };
    match what {
        "meta" => remote.meta().await.map(drop),
        "count" => remote.count(span).await.map(drop),
        "cells" => remote.cells(&[span], false, Span::END).await.map(drop),
        "split" => remote.cells(&[span], true, Span::END).await.map(drop),
        "list" => remote.list(&[span], Span::END).await.map(drop),
        "ascending" => remote.page(span, Order::Ascending, 5).await.map(drop),
        "descending" => remote.page(span, Order::Descending, 5).await.map(drop),
        "upload" => remote.upload(vec![Row { key: 1.into(), version: 1, values: Map::new() }]).await.map(drop),
        "delete" => remote.delete(&[Mark { version: 1, key: 1 }]).await.map(drop),
        other => panic!("{other} is not a question"),
    }
}

const ALL: [&str; 9] = ["meta", "count", "cells", "split", "list", "ascending", "descending", "upload", "delete"];

async fn refusal(what: &str, body: Vec<u8>) -> String {
    let server = Server::start(move |_| Reply::body(body.clone())).await;
    match ask(&server.client(), what).await {
        Err(SyncFault::Refused(why)) => why,
        other => panic!("{what}: {other:?}"),
    }
}

#[tokio::test]
async fn answer_that_is_not_protocol_json_is_refused() {
    let bodies =
        ["", "no", "<html>", "[]", "null", "{}", "{\"count\":\"3\"}", "{\"count\":-1}", "{\"rows\":7}", "\u{0}"];
    for body in bodies.map(|body| body.as_bytes().to_vec()).into_iter().chain([vec![0xff, 0xfe, b'{']]) {
        for what in ALL {
            let why = refusal(what, body.clone()).await;
            assert!(why.contains("not what the protocol says"), "{what}: {why}");
        }
    }
}

fn cells(cells: &[Cell]) -> Value {
    let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_bytes()).collect();
    json!({"cells": BASE64_STANDARD.encode(bytes)})
}

#[tokio::test]
async fn answers_with_impossible_values_are_refused() {
    let one = Cell::of(&[Mark { version: 12, key: 1 }]);
    let outside = Cell::of(&[Mark { version: 20, key: 1 }]);
    let huge = Cell { count: u64::MAX, ..one };
    let hollow = Cell { count: 0, ..one };
    let forged = Cell { hash: 1, ..one };
    let page = |from: u64, until: u64, rows: Value| json!({"from": from, "until": until, "rows": rows});
    for (what, answer, says) in [
        ("count", json!({"count": u64::MAX}), "more than any table"),
        ("meta", json!({"count": u64::MAX, "lowest": 1, "highest": 1, "summaries": true}), "more than any table"),
        ("meta", json!({"count": 1, "lowest": null, "highest": null, "summaries": true}), "1 rows, their lowest"),
        ("meta", json!({"count": 0, "lowest": 1, "highest": 1, "summaries": true}), "0 rows, their lowest"),
        ("meta", json!({"count": 2, "lowest": 2, "highest": 1, "summaries": true}), "highest 1"),
        ("meta", json!({"count": 1, "lowest": 1, "highest": 1_u64 << 63, "summaries": true}), "not what the protocol"),
        ("cells", json!({"cells": "no base64!"}), "incomplete or not in base64"),
        ("cells", json!({"cells": BASE64_STANDARD.encode([0; 33])}), "incomplete or not in base64"),
        ("cells", cells(&[]), "0 cells where 1"),
        ("cells", cells(&[one, one]), "2 cells where 1"),
        ("split", cells(&[one]), "1 cells where 10"),
        ("cells", cells(&[outside]), "from 10 to 20 that no set of rows"),
        ("cells", cells(&[huge]), "that no set of rows"),
        ("cells", cells(&[hollow]), "that no set of rows"),
        ("cells", cells(&[forged]), "that no set of rows"),
        ("list", json!({"lists": [[], []]}), "2 lists where 1"),
        ("list", json!({"lists": [[[20, 1]]]}), "version 20 among those from 10 to below 20"),
        ("list", json!({"lists": [[[12, 1], [11, 1]]]}), "out of order"),
        ("list", json!({"lists": [[[12, 1], [12, 1]]]}), "a row more than once"),
        ("list", json!({"lists": [[[12]]]}), "not what the protocol"),
        ("ascending", page(11, 20, json!([])), "a page of the versions from 11"),
        ("ascending", page(10, 21, json!([])), "to below 21"),
        ("ascending", page(10, 10, json!([])), "to below 10"),
        ("ascending", page(10, 15, json!([[15, 1]])), "version 15 among"),
        ("descending", page(10, 19, json!([])), "to below 19"),
        ("descending", page(9, 20, json!([])), "from 9"),
        ("descending", page(20, 20, json!([])), "from 20 to below 20"),
        ("upload", json!({"refused": [{"key": 2, "version": 1, "error": "x"}]}), "was not sent"),
        ("upload", json!({"refused": [{"key": 1, "version": 2, "error": "x"}]}), "was not sent"),
        ("delete", json!({"deleted": 2}), "deleted 2 rows where 1"),
    ] {
        let why = refusal(what, answer.to_string().into_bytes()).await;
        assert!(why.contains(says), "{what} {answer}: {why}");
    }
}

/// Counterpart of the test above: the same questions with answers that fit.
#[tokio::test]
async fn answers_that_fit_are_accepted() {
    let one = Cell::of(&[Mark { version: 12, key: 1 }]);
    for (what, answer) in [
        ("count", json!({"count": 0, "and": "more"})),
        ("meta", json!({"count": 1, "lowest": 7, "highest": 7, "summaries": false})),
        ("cells", cells(&[one])),
        ("split", cells(&[Cell::default(); 10])),
        ("list", json!({"lists": [[[12, 1], [12, 2]]]})),
        ("ascending", json!({"from": 10, "until": 11, "rows": [[10, 5]]})),
        ("descending", json!({"from": 10, "until": 20, "rows": []})),
        ("upload", json!({"refused": [{"key": 1, "version": 1, "error": "x"}]})),
        ("delete", json!({"deleted": 0})),
    ] {
        let server = Server::start(move |_| Reply::Json(answer.clone())).await;
        assert_eq!(ask(&server.client(), what).await, Ok(()), "{what}");
    }
}
