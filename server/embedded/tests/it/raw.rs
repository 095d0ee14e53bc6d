//! A client that sends raw requests, which SDKs cannot.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends one request on its own connection. `headers` are complete lines without line endings.
pub async fn send(addr: SocketAddr, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    stream.write_all([request.as_str(), &length, body].concat().as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
