//! Opens the sink, runs the engine, and shows its progress once a second.

use std::{sync::Arc, time::Duration};

use engine::{
    s3::S3Client,
    ship::{Checkpoint, NothingDelivered, ShipError, Shipment, Tracker, resend, run, sink::Sink},
};
use model::{Failure, Progress, Proof, ReprocessSpec};
use tokio::{
    pin, select,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    Reporter, Summary,
    arguments::{Order, Work},
    outcome::End,
    summary::SHOWN,
};
use crate::cli::output;

/// The tracker's state, as far as it is shown.
#[derive(Default)]
pub struct Record {
    pub progress: Progress,
    /// The first failures.
    pub failures: Vec<Failure>,
    pub summary: model::Summary,
}

impl Record {
    fn take(&mut self, tracker: &Tracker) {
        let taken = tracker.take();
        let room = SHOWN.saturating_sub(self.failures.len());
        self.failures.extend(taken.failures.into_iter().take(room));
        self.progress = taken.progress;
    }
}

pub async fn drive(order: Order, reporter: &mut Reporter, stop: &CancellationToken) -> Summary {
    let began = Instant::now();
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let mut record = Record::default();
    let result = {
        let work = carry_out(&order, &tracker, stop);
        pin!(work);
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            select! {
                result = &mut work => break result,
                _ = ticks.tick() => {
                    record.take(&tracker);
                    reporter.show(&record.progress);
                    if output::closed() {
                        stop.cancel();
                    }
                }
            }
        }
    };
    record.take(&tracker);
    record.summary = tracker.summary();
    record.summary.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let end = End::of(result, &record.progress);
    Summary::of(&order, record, end)
}

async fn carry_out(order: &Order, tracker: &Tracker, stop: &CancellationToken) -> Result<Proof, ShipError> {
    let sink = match &order.sink {
        None => None,
        Some(settings) => select! {
            opened = Sink::open(settings.clone()) => Some(opened?),
            () = stop.cancelled() => return Err(ShipError::Stopped),
        },
    };
    let sent = match &order.work {
        Work::DeadLetters(file) => resend(file, sink.as_ref(), &order.options, tracker, stop).await,
        Work::Objects { spec, endpoint } => {
            let store = S3Client::connect(endpoint.clone()).await;
            let spec = select! {
                spec = with_key(spec, &store) => spec?,
                () = stop.cancelled() => return Err(ShipError::Stopped),
            };
            let (sink, options) = (sink.clone(), order.options.clone());
            let shipment = Shipment { spec, store, sink, ledger: Arc::new(NothingDelivered), options };
            run(&shipment, None, tracker, stop).await
        }
    };
    if let Some(sink) = sink {
        sink.close().await;
    }
    sent
}

/// A place that is the key of an existing object means that object, not the prefix of others.
async fn with_key(spec: &ReprocessSpec, store: &S3Client) -> Result<ReprocessSpec, ShipError> {
    let mut spec = spec.clone();
    let prefix = spec.source.prefix.as_str();
    if spec.keys.is_empty()
        && !prefix.is_empty()
        && !prefix.ends_with('/')
        && let Ok(key) = prefix.parse()
    {
        match store.head(&spec.source.bucket, &key).await {
            Ok(_) => spec.keys.push(key),
            Err(failed) if failed.error.fatal() => return Err(failed.error.into()),
            Err(_) => {}
        }
    }
    Ok(spec)
}
