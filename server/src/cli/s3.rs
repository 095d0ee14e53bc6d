//! `logyard s3`: the embedded store by itself.

use std::{
    io::{self, Write},
    net::SocketAddr,
    num::NonZeroU32,
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use embedded::{Embedded, EmbeddedError, Pace};

use super::{Failure, stop};

pub const AFTER_HELP: &str = "\
Examples:
  logyard s3                                   in memory, with empty buckets `source` and `destination`
  logyard s3 --dir /tmp/s3 --seed              with the demo buckets, kept in a folder
  logyard s3 --addr 127.0.0.1:0 --objects 20000 --json
  logyard s3 --objects 50000 --folders 195 --latency 50 --writes-per-second 3500      far away, and with limits

It listens on loopback only and accepts any credentials.";

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
    /// Number of small objects to make in the bucket `source`
    #[arg(long, value_name = "N", default_value_t = 0)]
    objects: usize,
    /// Number of prefixes to spread them over
    #[arg(long, value_name = "N", default_value_t = 1)]
    folders: usize,
    /// Put the same objects into the bucket `destination`
    #[arg(long)]
    copied: bool,
    /// Milliseconds to delay each request, as if the store were far away
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// Writes a second to one prefix, above which it answers 503 `SlowDown`
    #[arg(long, value_name = "N")]
    writes_per_second: Option<NonZeroU32>,
    /// Print the address as JSON, and at the end the number of requests by kind
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let shutdown = stop::on_signal();
    let config = embedded::Config { dir: arguments.dir, addr: arguments.addr };
    let pace =
        Pace { latency: Duration::from_millis(arguments.latency), writes_per_second: arguments.writes_per_second };
    let store = Embedded::start_at(config, pace).await.map_err(Failure::usage)?;
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
        for bucket in if arguments.copied { &["source", "destination"][..] } else { &["source"] } {
            store.seed_spread(bucket, arguments.objects, arguments.folders).await.map_err(Failure::usage)?;
        }
    }
    if arguments.json {
        say(format_args!("{}", serde_json::json!({ "url": store.url() })));
    } else {
        say(format_args!("S3 is at {}", store.url()));
    }
    shutdown.cancelled().await;
    if arguments.json {
        say(format_args!("{}", serde_json::json!({ "requests": store.requests() })));
    }
    store.stop().await;
    Ok(())
}

/// A store goes on when the reader of its first line is gone.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}
