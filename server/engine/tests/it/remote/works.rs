//! A client against a server that follows the protocol.

use engine::sync::{Cell, Mark, Order, Remote, RemoteTable, Row, Span, TableEndpoint, protocol::limits};
use serde_json::json;

use super::{
    certificates::Certificates,
    server::{Reply, Server, TOKEN, token},
    table::{Features, TestTable},
};

fn span(from: u64, until: u64) -> Span {
    Span { from, until }
}

fn row(key: impl Into<serde_json::Value>, version: u64, text: &str) -> Row {
    let values = json!({"text": text}).as_object().unwrap().clone();
    Row { key: key.into(), version, values }
}

#[tokio::test]
async fn answers_match_the_table() {
    let rows = TestTable::count(300);
    let server = rows.serve(Features::All).await;
    let remote = server.client();
    let meta = remote.meta().await.unwrap();
    assert_eq!((meta.count, meta.extremes), (300, Some((1, 300))));
    assert_eq!(remote.count(Span::ALL).await.unwrap(), 300);
    assert_eq!(remote.count(span(10, 20)).await.unwrap(), 10);
    assert_eq!(remote.count(span(0, 0)).await.unwrap(), 0);
    let lists = remote.list(&[span(1, 3), span(500, 600), span(299, 900)], Span::END).await.unwrap();
    let marks = |versions: &[u64]| versions.iter().map(|v| Mark { version: *v, key: *v }).collect::<Vec<_>>();
    assert_eq!(lists, [marks(&[1, 2]), Vec::new(), marks(&[299, 300])]);
    let page = remote.page(Span::ALL, Order::Descending, 2).await.unwrap();
    assert_eq!((page.covers, page.marks), (span(299, Span::END), marks(&[299, 300])));
    assert_eq!(remote.usage().rows, 7 * remote.usage().requests, "as the header says");
}

#[tokio::test]
async fn cells_keep_order_and_respect_the_version_bound() {
    let rows = TestTable::count(300);
    let server = rows.serve(Features::All).await;
    let remote = server.client();
    let expected = |spans: &[Span], below| -> Vec<Cell> {
        let of = |span: &Span| Cell::of(&rows.marks(Span { until: span.until.min(below), ..*span }));
        spans.iter().map(of).collect()
    };
    let block = span(0, 4_096);
    for below in [Span::END, 4_096, 200, 64, 1, 0] {
        let split = remote.cells(&[block, span(64, 128)], true, below).await.unwrap();
        let pieces = [block.split(), span(64, 128).split()].concat();
        assert_eq!(split, expected(&pieces, below), "below {below}");
        let whole = remote.cells(&[Span::ALL, block], false, below).await.unwrap();
        assert_eq!(whole, expected(&[Span::ALL, block], below), "below {below}");
        let lists = remote.list(&[block], below).await.unwrap();
        assert_eq!(lists, [rows.marks(Span { until: block.until.min(below), ..block })], "below {below}");
    }
}

#[tokio::test]
async fn spans_beyond_the_limit_use_several_requests() {
    let rows = TestTable::count(9_000);
    let server = rows.serve(Features::All).await;
    let remote = server.client();
    let singles: Vec<_> = (0..limits::MAX_SPANS as u64 + 10).map(|from| span(from, from + 1)).collect();
    let cells = remote.cells(&singles, false, Span::END).await.unwrap();
    assert_eq!((cells.len(), cells[4_100].count), (singles.len(), 1));
    let lists = remote.list(&singles, Span::END).await.unwrap();
    assert_eq!((lists.len(), lists[4_100][0].version), (singles.len(), 4_100));
    let wide: Vec<_> = (0..=limits::MAX_SPLIT_SPANS as u64).map(|block| span(block << 12, (block + 1) << 12)).collect();
    let cells = remote.cells(&wide, true, Span::END).await.unwrap();
    assert_eq!((cells.len(), cells.iter().map(|cell| cell.count).sum::<u64>()), (wide.len() * 64, 9_000));
    assert_eq!(server.requests().len(), 2 + 2 + 2);
}

/// The engine requests lists by earlier counts; rows may be new since then, or all have one version.
#[tokio::test]
async fn lists_too_long_for_one_answer_use_pages() {
    let one_version = (0..20_000).map(|key| Mark { version: 5, key });
    let after = (0..100).map(|key| Mark { version: 6 + key, key: 20_000 + key });
    let rows = TestTable::of(one_version.chain(after));
    let server = rows.serve(Features::All).await;
    let lists = server.client().list(&[span(0, 5), span(5, 6), span(6, 60), span(60, 200)], Span::END).await.unwrap();
    assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), [0, 20_000, 54, 46]);
    assert_eq!(server.requests(), ["POST manifest", "POST manifest", "GET manifest", "POST manifest"]);
}

#[tokio::test]
async fn uploaded_rows_are_complete_and_newest_wins() {
    let rows = TestTable::count(3);
    let server = rows.serve(Features::All).await;
    let remote = server.client();
    let refused = remote.upload(vec![row(1, 9, "new"), row(2, 1, "old"), row(4, 4, "Zoë \u{0}")]).await.unwrap();
    assert_eq!(refused, []);
    assert_eq!(rows.row(1).unwrap().values["text"], "new");
    assert_eq!(rows.row(2).unwrap().values.len(), 0, "the older row was not stored");
    assert_eq!(rows.row(4).unwrap().values["text"], "Zoë \u{0}");
    remote.delete(&[Mark { version: 9, key: 1 }, Mark { version: 1, key: 2 }]).await.unwrap();
    assert_eq!((rows.row(1), rows.row(2).is_some()), (None, true));
}

#[tokio::test]
async fn refused_row_is_named_in_printable_text() {
    let server = TestTable::default().serve(Features::All).await;
    let refused = server.client().upload(vec![row(1, 1, "good"), row("två", 2, "poison")]).await.unwrap();
    let mark = Mark { version: 2, key: engine::sync::text_key("två") };
    assert_eq!(refused, [(mark, "text:  [31mtoo odd".to_owned())]);
}

#[tokio::test]
async fn uploads_respect_row_and_byte_limits() {
    let rows = TestTable::default();
    let server = rows.serve(Features::All).await;
    let remote = server.client();
    let many = (0..=limits::MAX_UPLOAD_ROWS).map(|key| row(key, 1, "small")).collect();
    assert_eq!(remote.upload(many).await.unwrap(), []);
    assert_eq!(server.requests().len(), 2);
    let third = "x".repeat(limits::MAX_REQUEST_BYTES / 3);
    let refused = remote.upload((0..4).map(|key| row(key, 2, &third)).collect()).await.unwrap();
    assert_eq!((refused.len(), server.requests().len()), (0, 4));
    let refused =
        remote.upload(vec![row(7, 3, &"x".repeat(limits::MAX_REQUEST_BYTES)), row(8, 3, "small")]).await.unwrap();
    assert_eq!((refused.len(), refused[0].0), (1, Mark { version: 3, key: 7 }));
    assert!(refused[0].1.contains("a request may have 8388608"), "{}", refused[0].1);
    assert_eq!(rows.row(8).unwrap().version.0, 3, "it does not delay other rows");
    let marks: Vec<_> = (0..=limits::MAX_DELETE_ROWS as u64).map(|key| Mark { version: 1, key }).collect();
    remote.delete(&marks).await.unwrap();
    assert_eq!(server.requests().iter().filter(|request| *request == "POST delete-if").count(), 2);
}

#[tokio::test]
async fn large_bodies_are_compressed_and_counted_as_sent() {
    let server = TestTable::default().serve(Features::All).await;
    let remote = server.client();
    remote.upload((0..1_000).map(|key| row(key, 1, "the same again")).collect()).await.unwrap();
    remote.delete(&[Mark { version: 1, key: 1 }]).await.unwrap();
    let seen = server.seen();
    let travelled: u64 = seen.iter().map(|request| request.body.len() as u64).sum();
    assert_eq!((remote.usage().requests, remote.usage().bytes_sent), (2, travelled));
    assert_eq!(seen[0].headers["content-encoding"], "gzip");
    assert!(seen[0].body.len() < 10_000, "{} bytes", seen[0].body.len());
    assert!(seen[1].headers.get("content-encoding").is_none());
    assert!(seen.iter().all(|request| request.headers["accept-encoding"] == "gzip"));
}

#[tokio::test]
async fn token_appears_only_in_its_header() {
    let server = Server::start(|_| Reply::problem(401, "Not known.")).await;
    let url = format!("{}/", server.url());
    let remote = RemoteTable::connect(&url, Some(&token())).unwrap();
    let fault = remote.meta().await.unwrap_err();
    let seen = server.seen();
    assert_eq!(seen[0].headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(remote.location(), format!("table at {}", server.url()));
    for shown in [fault.to_string(), remote.location(), format!("{:?}", token()), seen[0].query.clone()] {
        assert!(!shown.contains("secret"), "{shown}");
    }
    let nobody = RemoteTable::connect(&url, None).unwrap();
    nobody.count(Span::ALL).await.unwrap_err();
    assert!(server.seen()[1].headers.get("authorization").is_none());
}

#[tokio::test]
async fn tls_trusts_only_the_configured_authority() {
    let certificates = Certificates::new();
    let server = Server::tls(certificates.acceptor(), |_| Reply::Json(json!({"count": 4}))).await;
    let url = |query: &str| format!("https://localhost:{}/orders{query}", server.port);
    let ca = certificates.path("ca.pem");
    let trusting = RemoteTable::connect(&url(&format!("?ca={}", ca.display())), Some(&token())).unwrap();
    assert_eq!(trusting.count(Span::ALL).await.unwrap(), 4);
    let other = Certificates::new().path("ca.pem");
    let invalid = RemoteTable::connect(&url("?ca=/nowhere.pem"), None).err().unwrap().to_string();
    assert!(invalid.contains("/nowhere.pem"), "{invalid}");
    drop(other);
}

#[test]
fn invalid_url_is_refused_without_showing_secrets() {
    for (url, says) in [
        ("orders", "the URL of a table such as https://"),
        ("ftp://copy.example.com/orders", "the URL of a table such as https://"),
        ("https://me:secret@copy.example.com/orders", "without user and password"),
        ("https://copy.example.com/orders?key=secret", "without a query"),
        ("http://copy.example.com/orders?ca=/etc/ca.pem", "without a query"),
    ] {
        let invalid = RemoteTable::connect(url, None).err().unwrap();
        assert_eq!(invalid.field, "remote");
        assert!(invalid.to_string().contains(says) && !invalid.to_string().contains("secret"), "{invalid}");
    }
    for token in ["", "with space", "töken", "line\nbreak"] {
        let invalid = token.parse::<engine::sync::Token>().unwrap_err().to_string();
        assert!(token.is_empty() || !invalid.contains(token), "{invalid}");
    }
}
