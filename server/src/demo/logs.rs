//! Delivers load-balancer logs, so that the demo has a pipeline to show.
//!
//! Every few seconds a balancer "delivers" an object as AWS does: a Classic one plain, an Application one gzipped,
//! under AWS's own keys. One object in fifty has a line that is not a record. The visits are generated, not real.
//!
//! Always: at most [`KEPT`] objects exist; the oldest are deleted.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    io::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use embedded::{Embedded, EmbeddedError};
use flate2::{Compression, write::GzEncoder};
use model::Time;
use rand::Rng;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::config::DEMO_LOGS;

const EVERY: Duration = Duration::from_secs(5);
/// Objects kept: about three hours of them.
const KEPT: usize = 2_000;
const ONE_BAD_IN: u64 = 50;
/// Which object has a bad line: an early one, so that it soon shows.
const BAD: u64 = 3;
const ACCOUNT: &str = "123456789012";
const REGION: &str = "ap-southeast-2";
const PATHS: [&str; 6] = ["/", "/cart", "/search?q=logs", "/img/a%20b.webp", "/api/orders/17", "/health"];
const AGENTS: [&str; 3] =
    ["Mozilla/5.0 (X11; Linux x86_64)", "curl/8.14.1", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)"];

/// Delivers until it is dropped.
pub async fn deliver(store: Arc<Embedded>, now: impl Fn() -> Time) {
    let mut delivered = match begin(&store) {
        Ok(delivered) => delivered,
        Err(error) => return warn!(%error, "demo logs off: their bucket cannot be made"),
    };
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for number in 0.. {
        ticks.tick().await;
        let (key, body) = match object(number, now()) {
            Ok(object) => object,
            Err(error) => return warn!(%error, "demo logs stopped: they cannot be compressed"),
        };
        if let Err(error) = put(&store, &key, &body, &mut delivered).await {
            warn!(%error, "demo log not delivered; the next one is tried in time");
        }
    }
}

/// Keys of earlier demo logs, the oldest first by their names.
fn begin(store: &Embedded) -> Result<VecDeque<String>, EmbeddedError> {
    match store.keys(DEMO_LOGS) {
        Ok(keys) => Ok(keys.into()),
        Err(EmbeddedError::NoBucket(_)) => store.create_bucket(DEMO_LOGS).map(|()| VecDeque::new()),
        Err(error) => Err(error),
    }
}

async fn put(store: &Embedded, key: &str, body: &[u8], delivered: &mut VecDeque<String>) -> Result<(), EmbeddedError> {
    store.put(DEMO_LOGS, key, body).await?;
    delivered.push_back(key.to_owned());
    while delivered.len() > KEPT {
        if let Some(oldest) = delivered.pop_front() {
            store.delete(DEMO_LOGS, &oldest)?;
        }
    }
    Ok(())
}

/// Key and body of the log object with this number.
fn object(number: u64, now: Time) -> io::Result<(String, Vec<u8>)> {
    let classic = number.is_multiple_of(3);
    let text = log(classic, number % ONE_BAD_IN == BAD, now);
    let (balancer, suffix) = if classic { ("shop-classic", ".log") } else { ("app.shop.50dc6c495c0c9188", ".log.gz") };
    let end = Time(now.0 + 60_000);
    let (date, clock) = (end.date(), end.clock());
    let key = format!(
        "AWSLogs/{ACCOUNT}/elasticloadbalancing/{REGION}/{}/{ACCOUNT}_elasticloadbalancing_{REGION}_{balancer}_{}T{}Z_\
         203.0.113.7_{:08x}{suffix}",
        date.replace('-', "/"),
        date.replace('-', ""),
        clock[..5].replace(':', ""),
        rand::rng().random::<u32>(),
    );
    if classic {
        return Ok((key, text.into_bytes()));
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes())?;
    Ok((key, gzip.finish()?))
}

/// A few dozen visits of the last seconds.
fn log(classic: bool, bad: bool, now: Time) -> String {
    let mut random = rand::rng();
    let visits = random.random_range(20..120_i64);
    let mut text = String::new();
    for visit in 0..visits {
        let at = Time(now.0 - (visits - visit) * 40);
        let path = PATHS[random.random_range(0..PATHS.len())];
        let agent = AGENTS[random.random_range(0..AGENTS.len())];
        let status = if random.random_range(0..40) == 0 { 502 } else { 200 };
        let client = format!("198.51.100.{}:{}", random.random_range(1..255), random.random_range(1_024..65_535));
        let micros = random.random_range(100..90_000);
        // Writing to a String cannot fail.
        let _ = if classic {
            writeln!(
                text,
                "{}T{}.{:06}Z shop-classic {client} 10.0.0.{}:80 0.000042 0.{micros:06} 0.000039 {status} {status} 0 {} \
                 \"GET http://shop.example.com:80{path} HTTP/1.1\" \"{agent}\" - -",
                at.date(),
                at.clock(),
                at.0.rem_euclid(1_000) * 1_000,
                visit % 4 + 2,
                micros / 3,
            )
        } else {
            writeln!(
                text,
                "https {}T{}.{:06}Z app/shop/50dc6c495c0c9188 {client} 10.0.1.{}:8080 0.001 0.{micros:06} 0.000 {status} \
                 {status} 310 {} \"GET https://shop.example.com:443{path} HTTP/2.0\" \"{agent}\" \
                 TLS_AES_128_GCM_SHA256 TLSv1.3 \
                 arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/shop/73e2d6bc24d8a067 \
                 \"Root=1-58337262-36d228ad5d99923122bbe354\" \"shop.example.com\" \"session-reused\" 0 {}T{}.{:06}Z \
                 \"forward\" \"-\" \"-\" \"10.0.1.{}:8080\" \"{status}\" \"-\" \"-\" TID_1234abcd",
                at.date(),
                at.clock(),
                at.0.rem_euclid(1_000) * 1_000,
                visit % 4 + 2,
                micros / 2,
                at.date(),
                at.clock(),
                at.0.rem_euclid(1_000) * 1_000,
                visit % 4 + 2,
            )
        };
        if bad && visit == visits / 2 {
            text.push_str("<!-- the disk was full here -->\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use engine::ship::LogName;

    use super::*;

    #[tokio::test]
    async fn what_is_delivered_is_named_as_aws_names_it_and_the_oldest_makes_room() {
        let store = Embedded::in_memory().await.unwrap();
        let mut delivered = begin(&store).unwrap();
        let now = Time(1_770_000_000_000);
        for number in 0..3 {
            let (key, body) = object(number, now).unwrap();
            let name = LogName::of_key(&key).unwrap();
            assert!(name.end >= now && name.start() < now, "{key}");
            let suffix = if body.starts_with(&[0x1f, 0x8b]) { ".log.gz" } else { ".log" };
            assert!(key.strip_suffix(suffix).is_some(), "{key}");
            put(&store, &key, &body, &mut delivered).await.unwrap();
        }
        delivered.extend((0..KEPT).map(|number| format!("gone/{number}")));
        put(&store, "newest", b"", &mut delivered).await.unwrap();
        assert_eq!((store.keys(DEMO_LOGS).unwrap(), delivered.len()), (vec!["newest".to_owned()], KEPT));
        assert_eq!(begin(&store).unwrap().len(), 1, "after a restart the objects are still known");
    }

    #[test]
    fn one_object_in_fifty_has_a_line_that_is_no_record() {
        let now = Time(1_770_000_000_000);
        let bad = |number: u64| log(true, number % ONE_BAD_IN == BAD, now).contains("<!--");
        assert_eq!((0..100).filter(|number| bad(*number)).count(), 2);
    }
}
