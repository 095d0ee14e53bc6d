//! Runs the engine, and shows and saves its progress once a second.

use std::time::Duration;

use engine::{
    clone::{Tracker, run},
    s3::S3Client,
};
use model::Key;
use tokio::{
    pin, select,
    sync::mpsc::{self, Receiver},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{Record, Reporter, arguments::Order, outcome::End};
use crate::cli::output;

pub async fn drive(
    order: &Order,
    (source, destination): (&S3Client, &S3Client),
    record: &mut Record,
    reporter: &mut Reporter,
    stop: &CancellationToken,
) -> End {
    let tracker = Tracker::resume(record.progress.clone(), record.checkpoint());
    if let Some(began) = record.reported_since() {
        tracker.report_since(began);
    }
    let retry = Some(record.failed_keys()).filter(|keys| !keys.is_empty()).map(feed);
    let result = {
        let work = run(&order.spec, source, destination, &order.options, retry, &tracker, stop);
        pin!(work);
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            select! {
                result = &mut work => break result,
                _ = ticks.tick() => {
                    if let Err(error) = record.add(tracker.take()) {
                        reporter.warn(&error);
                    }
                    reporter.show(&record.progress);
                    if output::closed() {
                        stop.cancel();
                    }
                    if order.keep_state && let Err(error) = record.keep(order).await {
                        reporter.warn(&error);
                    }
                }
            }
        }
    };
    if let Err(error) = record.add(tracker.take()) {
        reporter.warn(&error);
    }
    End::of(result, record)
}

/// Feeds keys to the engine on demand.
fn feed(keys: Vec<Key>) -> Receiver<Key> {
    let (sender, receiver) = mpsc::channel(100);
    tokio::spawn(async move {
        for key in keys {
            if sender.send(key).await.is_err() {
                return;
            }
        }
    });
    receiver
}
