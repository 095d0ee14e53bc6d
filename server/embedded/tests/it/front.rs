//! Access: credentials, web pages, and the listening address.

use std::time::Duration;

use aws_sdk_s3::{config::Credentials, presigning::PresigningConfig, primitives::ByteStream};
use embedded::{Config, Embedded, EmbeddedError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    raw,
    support::{client, client_with, code, in_memory, put, read},
};

#[tokio::test]
async fn any_credentials_work_and_only_known_are_checked() {
    let store = in_memory().await;
    let ours = client(&store);
    ours.create_bucket().bucket("yard").send().await.unwrap();
    let others = Credentials::new("AKIAIOSFODNN7EXAMPLE", "whatever", Some("token".to_owned()), None, "test");
    for (key, client) in [("unsigned", client_with(&store, None)), ("others", client_with(&store, Some(others)))] {
        // Signed or not, the SDK sends the body in chunks with a checksum after them.
        put(&client, "yard", key, "body").await;
        assert_eq!(read(&client, "yard", key).await, b"body");
        let wrong = client.put_object().bucket("yard").key(key).checksum_crc32("AAAAAA==");
        assert_eq!(code(wrong.body(ByteStream::from_static(b"x")).send().await), "BadDigest");
    }
    let wrong = Credentials::new(embedded::ACCESS_KEY, "not the secret", None, None, "test");
    let wrong = client_with(&store, Some(wrong));
    assert_eq!(code(wrong.list_buckets().send().await), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn presigned_urls_work_with_any_credentials() {
    let store = in_memory().await;
    let ours = client(&store);
    ours.create_bucket().bucket("yard").send().await.unwrap();
    put(&ours, "yard", "a b+c/é", "body").await;
    let others = client_with(&store, Some(Credentials::new("someone", "else", None, None, "test")));
    for client in [ours, others] {
        let hour = PresigningConfig::expires_in(Duration::from_hours(1)).unwrap();
        let url = client.get_object().bucket("yard").key("a b+c/é").presigned(hour).await.unwrap();
        let uri: http::Uri = url.uri().parse().unwrap();
        let host = format!("Host: {}", store.addr());
        let target = uri.path_and_query().unwrap().as_str();
        let answer = raw::send(store.addr(), "GET", target, &[&host], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "body"), "{}", answer.head);
    }
}

#[tokio::test]
async fn unsigned_chunks_are_decoded_and_checksum_checked() {
    let store = in_memory().await;
    store.create_bucket("yard").unwrap();
    let host = format!("Host: {}", store.addr());
    let headers = [
        host.as_str(),
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length: 11",
        "x-amz-trailer: x-amz-checksum-crc32",
        "content-encoding: gzip,aws-chunked",
    ];
    let chunks =
        |crc: &str| format!("6;chunk-signature=0\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n");
    let right = raw::send(store.addr(), "PUT", "/yard/a", &headers, &chunks("DUoRhQ==")).await;
    assert_eq!(right.status, 200, "{}", right.body);
    assert_eq!(store.read("yard", "a").await.unwrap().unwrap(), "hello world");
    let head = raw::send(store.addr(), "HEAD", "/yard/a", &[&host], "").await;
    assert!(head.head.contains("content-encoding: gzip\r\n"), "{}", head.head);
    let wrong = raw::send(store.addr(), "PUT", "/yard/b", &headers, &chunks("AAAAAA==")).await;
    assert!(wrong.body.contains("BadDigest"), "{}", wrong.body);
    let short = raw::send(store.addr(), "PUT", "/yard/b", &headers, "6\r\nhello \r\n0\r\n\r\n").await;
    assert!(short.body.contains("IncompleteBody"), "{}", short.body);
    assert_eq!(store.count("yard").unwrap(), 1);
}

#[tokio::test]
async fn requests_from_web_pages_are_refused() {
    let store = in_memory().await;
    store.create_bucket("yard").unwrap();
    let port = store.addr().port();
    let ours = format!("Host: 127.0.0.1:{port}");
    let refused: [&[&str]; 8] = [
        &[&ours, "Origin: https://example.com"],
        &[&ours, "Origin: null"],
        &[&ours, "Origin: http://localhost:3000"],
        &[&ours, "Sec-Fetch-Site: cross-site"],
        &[&ours, "Sec-Fetch-Site: same-origin"],
        &["Host: rebound.example.com"],
        &["Host: 127.0.0.1.example.com"],
        &["Host: 192.168.1.1"],
    ];
    for headers in refused {
        for (method, target) in [("GET", "/"), ("PUT", "/yard/a"), ("DELETE", "/yard"), ("OPTIONS", "/yard")] {
            let answer = raw::send(store.addr(), method, target, headers, "").await;
            assert_eq!(answer.status, 403, "{method} {target} {headers:?}");
            assert!(answer.body.contains("<Code>AccessDenied</Code>"));
        }
    }
    let named = format!("Host: localhost:{port}");
    let allowed: [&[&str]; 4] = [&[&ours], &[&named], &["Host: [::1]"], &[&ours, "Sec-Fetch-Site: none"]];
    for headers in allowed {
        assert_eq!(raw::send(store.addr(), "GET", "/yard", headers, "").await.status, 200, "{headers:?}");
    }
    assert!(!store.requests().contains_key("PutObject"));
}

#[tokio::test]
async fn plain_listings_escape_control_characters() {
    let store = in_memory().await;
    store.create_bucket("yard").unwrap();
    store.put("yard", "a\u{1}b\rc", "body").await.unwrap();
    let host = format!("Host: {}", store.addr());
    let answer = raw::send(store.addr(), "GET", "/yard?list-type=2", &[&host], "").await;
    assert!(answer.body.contains("<Key>a&#x1;b&#xD;c</Key>"), "{}", answer.body);
}

#[tokio::test]
async fn store_listens_on_loopback_only() {
    let Err(error) = Embedded::start(Config { dir: None, addr: ([0, 0, 0, 0], 0).into() }).await else {
        panic!("it listens everywhere")
    };
    assert!(matches!(error, EmbeddedError::NotLoopback(_)));
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn stop_frees_the_port_after_requests_finish() {
    let store = in_memory().await;
    store.create_bucket("yard").unwrap();
    store.put("yard", "large", vec![7; 4 << 20]).await.unwrap();
    let addr = store.addr();
    let client = client(&store);
    let output = client.get_object().bucket("yard").key("large").send().await.unwrap();
    let reading = tokio::spawn(output.body.collect());
    store.stop().await;
    assert_eq!(reading.await.unwrap().unwrap().to_vec().len(), 4 << 20);
    let again = Embedded::start(Config { dir: None, addr }).await.unwrap();
    assert_eq!(again.addr(), addr);
}

#[tokio::test]
async fn hundreds_of_connections_are_served_at_once() {
    let store = in_memory().await;
    store.create_bucket("yard").unwrap();
    store.put("yard", "a", "body").await.unwrap();
    // Each connection waits for its answer only after all have sent their request.
    let host = format!("Host: {}", store.addr());
    let mut streams = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(store.addr()).await.unwrap();
        stream.write_all(format!("GET /yard/a HTTP/1.1\r\n{host}\r\n\r\n").as_bytes()).await.unwrap();
        streams.push(stream);
    }
    for stream in &mut streams {
        for _ in 0..2 {
            let mut answer = Vec::new();
            while !answer.ends_with(b"\r\n\r\nbody") {
                assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "kept alive");
            }
            stream.write_all(format!("GET /yard/a HTTP/1.1\r\n{host}\r\n\r\n").as_bytes()).await.unwrap();
        }
    }
    assert!(store.requests()["GetObject"] >= 600);
}
