//! A reprocess as the runner starts it: its store, its sink, its ledger, and its file of dead letters.

use std::{num::NonZeroU32, path::PathBuf};

use engine::{
    s3::S3Client,
    ship::{self, Options, ShipError, Shipment},
};
use model::{JobError, JobId, Key, Proof, ReprocessSpec};
use tokio::{fs, sync::mpsc::Receiver};
use tokio_util::sync::CancellationToken;

use super::{
    Context,
    dispatch::{AttemptFault, client},
};
use crate::{
    config,
    connections::{dead_letters::dead_letters, ledger::Records, sinks::Sinks},
};

pub struct Work {
    spec: ReprocessSpec,
    client: S3Client,
    sinks: Sinks,
    /// `None`: a dry run.
    sink: Option<config::Sink>,
    db: db::Db,
    data_dir: PathBuf,
    dead_letters: PathBuf,
}

impl Work {
    pub fn of(context: &Context, job: JobId, spec: &ReprocessSpec) -> Result<Self, JobError> {
        let sink = match context.sinks.get(&spec.sink) {
            _ if spec.dry_run => None,
            Some(sink) => Some(sink.clone()),
            None => return Err(no_sink(spec)),
        };
        Ok(Self {
            client: client(&context.stores, &spec.source.store)?.client.clone(),
            sinks: context.sinks.clone(),
            sink,
            db: context.db.clone(),
            dead_letters: dead_letters(&context.data_dir, job),
            data_dir: context.data_dir.clone(),
            spec: spec.clone(),
        })
    }

    pub async fn carry_out(
        self,
        retry: Option<Receiver<Key>>,
        tracker: &ship::Tracker,
        stop: &CancellationToken,
    ) -> Result<Option<Proof>, AttemptFault> {
        let proof = self.ship(retry, tracker, stop).await.map_err(|error| match error {
            ShipError::Stopped => AttemptFault::Stopped,
            error => AttemptFault::Failed(JobError::new(error.code(), &error.to_string(), error.advice())),
        })?;
        Ok(Some(proof))
    }

    async fn ship(
        self,
        retry: Option<Receiver<Key>>,
        tracker: &ship::Tracker,
        stop: &CancellationToken,
    ) -> Result<Proof, ShipError> {
        let sink = match &self.sink {
            None => None,
            Some(entry) => self.sinks.open(&entry.name).await.transpose()?,
        };
        let options = Options {
            objects_at_once: self.sink.as_ref().map_or(4, |sink| sink.settings.connections),
            max_events_per_second: self.spec.max_events_per_second.and_then(NonZeroU32::new),
            dead_letters: self.sink.is_some().then(|| self.dead_letters.clone()),
            ..Options::default()
        };
        if let Some(folder) = self.dead_letters.parent() {
            let unusable = |error: std::io::Error| ShipError::DeadLetters {
                what: "kept",
                path: folder.to_owned(),
                why: error.to_string(),
            };
            fs::create_dir_all(folder).await.map_err(unusable)?;
        }
        if let Some(job) = self.spec.dead_letters_of {
            let file = dead_letters(&self.data_dir, job);
            return ship::resend(&file, sink.as_ref(), &options, tracker, stop).await;
        }
        let ledger = Records::of(&self.db, &self.spec);
        let shipment = Shipment { spec: self.spec, store: self.client, sink, ledger, options };
        ship::run(&shipment, retry, tracker, stop).await
    }
}

fn no_sink(spec: &ReprocessSpec) -> JobError {
    JobError::new(
        "no_sink",
        &format!("Sink `{}` is not configured here.", spec.sink),
        "Add it as [[sinks]] to the configuration of every server and worker, then retry.",
    )
}
