//! `logyard s3`: the embedded store by itself.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use embedded::{Embedded, EmbeddedError};

use super::{Failure, stop};

pub const AFTER_HELP: &str = "\
Examples:
  logyard s3                                   in memory, with empty buckets `source` and `destination`
  logyard s3 --dir /tmp/s3 --seed              with the demo buckets, kept in a folder
  logyard s3 --addr 127.0.0.1:0 --objects 20000 --json

It listens on loopback only and takes any credentials.";

#[derive(Args)]
pub struct Arguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:3001")]
    addr: SocketAddr,
    /// Where to keep the objects [default: in memory]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Make the demo buckets `demo-assets` and `demo-clone`
    #[arg(long)]
    seed: bool,
    /// Make so many small objects in the bucket `source`
    #[arg(long, value_name = "N", default_value_t = 0)]
    objects: usize,
    /// Say where it is as JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let shutdown = stop::on_signal();
    let config = embedded::Config { dir: arguments.dir, addr: arguments.addr };
    let store = Embedded::start(config).await.map_err(Failure::usage)?;
    if arguments.seed {
        store.seed_demo().await.map_err(Failure::usage)?;
    }
    for bucket in ["source", "destination"] {
        match store.create_bucket(bucket) {
            Ok(()) | Err(EmbeddedError::BucketExists(_)) => {}
            Err(error) => return Err(Failure::usage(error)),
        }
    }
    if arguments.objects > 0 {
        store.seed_objects("source", arguments.objects).await.map_err(Failure::usage)?;
    }
    if arguments.json {
        println!("{}", serde_json::json!({ "url": store.url() }));
    } else {
        println!("S3 is at {}", store.url());
    }
    shutdown.cancelled().await;
    store.stop().await;
    Ok(())
}
