//! The same against moto, an S3 that shares no code with the embedded store.
//!
//! It comes with what `.ci/setup test` installs for the end-to-end tests.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use aws_sdk_s3::Client;

use super::{
    ODD,
    carried::{Carried, look, multipart, put},
};
use crate::{
    multipart::above_5_mib,
    support::{clone_with, connect, other_client, source_to_destination},
};

/// `moto_server` on a port of its own. Killed when dropped.
pub struct Moto {
    pub url: String,
    process: Child,
}

impl Moto {
    pub async fn start() -> Self {
        let program = PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/logyard/venv/bin/moto_server");
        let mut process = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `.ci/setup test` installs it", program.display()));
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let url = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "moto ended before it listened");
            if let Some((_, address)) = line.split_once("Running on http://") {
                break format!("http://{}", address.split_whitespace().next().unwrap());
            }
        };
        // Read on, or it would stand still with a full pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let moto = Self { url, process };
        for bucket in ["source", "destination"] {
            moto.client().create_bucket().bucket(bucket).send().await.unwrap();
        }
        moto
    }

    pub fn client(&self) -> Client {
        other_client(&self.url)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Keys that neither this client nor moto itself stumbles over.
fn keys() -> impl Iterator<Item = &'static str> {
    ODD.into_iter().filter(|key| !key.trim().is_empty() && !key.contains('\n'))
}

async fn assert_same(source: &Client, destination: &Client, keys: impl Iterator<Item = &str>) {
    for key in keys {
        let (there, here) = (look(source, "source", key).await, look(destination, "destination", key).await);
        assert_eq!(there, here, "{key:?}");
    }
}

/// Within the one moto, and from it to another.
#[tokio::test(flavor = "multi_thread")]
async fn moto_agrees_on_odd_keys_and_metadata() {
    let (here, there) = (Moto::start().await, Moto::start().await);
    for key in keys() {
        put(&here.client(), "source", key, &Carried::full(key)).await;
    }
    multipart(&here.client(), "source", "in parts").await;
    let (near, far) = (connect(&here.url).await, connect(&there.url).await);
    for (destination, client) in [(&near, here.client()), (&far, there.client())] {
        let finished = clone_with(&near, destination, &source_to_destination(), &above_5_mib()).await;
        finished.is_equal();
        assert_same(&here.client(), &client, keys().chain(["in parts"])).await;
        let again = clone_with(&near, destination, &source_to_destination(), &above_5_mib()).await;
        again.is_equal();
        assert_eq!(again.taken.progress.done, 0, "nothing is copied twice");
    }
}
