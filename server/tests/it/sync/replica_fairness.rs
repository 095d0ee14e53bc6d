//! A customer that sends slowly holds up no other.

use testing::Span as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    support::server::TestServer,
    sync::replica_tables::{ACME, GLOBEX, Orders, holding, path},
};

const INITECH: &str = "initech-0123456789abcdef";

/// An upload whose body the server waits for.
async fn half_sent(server: &TestServer, customer: &str, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        path(customer, "rows")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn customers_that_send_slowly_hold_up_no_other() {
    let tables = [Orders::described().await, Orders::described().await, Orders::described().await];
    let [acme, globex, initech] = &tables;
    let replicas =
        vec![acme.replica("acme", ACME), globex.replica("globex", GLOBEX), initech.replica("initech", INITECH)];
    let server = holding(replicas).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        slow.push(half_sent(&server, "acme", ACME).await);
        slow.push(half_sent(&server, "globex", GLOBEX).await);
    }
    let request = server.request(reqwest::Method::GET, &path("initech", "count")).bearer_auth(INITECH);
    let answer = timeout(10.secs(), request.send()).await.expect("an answer meanwhile").unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"count":2}"#);
    drop(slow);
}
