//! A reprocess as the runner starts it: its store, its sink, its records, and the file of what it cannot deliver.

use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use engine::{
    s3::Store as Client,
    ship::{self, Options, ShipError, Shipment},
};
use model::{JobError, JobId, Key, Proof, ReprocessSpec};
use tokio::{fs, sync::mpsc::Receiver};
use tokio_util::sync::CancellationToken;

use super::{
    Context,
    dispatch::{Fault, client},
};
use crate::{config, ledger::Records, sinks::Sinks};

/// Where under the data directory dead letters are kept.
const DEAD_LETTERS: &str = "dead-letters";

/// What a job could not deliver, as a file. It is there once there is something in it.
pub fn dead_letters(data_dir: &Path, job: JobId) -> PathBuf {
    data_dir.join(DEAD_LETTERS).join(format!("{job}.ndjson"))
}

pub struct Work {
    spec: ReprocessSpec,
    client: Client,
    sinks: Sinks,
    /// `None`: a dry run.
    sink: Option<config::Sink>,
    records: store::Store,
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
            records: context.store.clone(),
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
    ) -> Result<Option<Proof>, Fault> {
        let proof = self.ship(retry, tracker, stop).await.map_err(|error| match error {
            ShipError::Stopped => Fault::Stopped,
            error => Fault::Failed(JobError {
                code: error.code().to_owned(),
                message: format!("{error}."),
                advice: error.advice().to_owned(),
            }),
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
        let ledger = Records::of(&self.records, &self.spec);
        let shipment = Shipment { spec: self.spec, store: self.client, sink, ledger, options };
        ship::run(&shipment, retry, tracker, stop).await
    }
}

fn no_sink(spec: &ReprocessSpec) -> JobError {
    JobError {
        code: "no_sink".to_owned(),
        message: format!("Sink `{}` is not configured here.", spec.sink),
        advice: "Add it as [[sinks]] to the configuration of every server and worker, then retry.".to_owned(),
    }
}
