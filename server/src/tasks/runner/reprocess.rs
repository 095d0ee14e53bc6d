//! A reprocess as the runner starts it: its store, its sink, its ledger, and its file of dead letters.

use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
};

use engine::{
    s3::S3Client,
    ship::{self, Options, ShipError, Shipment},
};
use model::{JobError, JobId, Key, Proof, ReprocessSpec, Spec};
use tokio::{fs, sync::mpsc::Receiver};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    Context,
    dispatch::{AttemptFault, client},
};
use crate::{
    config,
    connections::{
        dead_letters::{dead_letters, sent_letters},
        ledger::{Letters, Records},
        sinks::Sinks,
    },
};

pub struct Work {
    job: JobId,
    spec: ReprocessSpec,
    client: S3Client,
    sinks: Sinks,
    /// `None`: a dry run.
    sink: Option<config::Sink>,
    db: db::Db,
    data_dir: PathBuf,
    dead_letters: PathBuf,
    transform: Option<Arc<ship::Transform>>,
}

impl Work {
    pub fn of(context: &Context, job: JobId, spec: &ReprocessSpec) -> Result<Self, JobError> {
        let sink = match context.sinks.get(&spec.sink) {
            _ if spec.dry_run => None,
            Some(sink) => Some(sink.clone()),
            None => return Err(no_sink(spec)),
        };
        Ok(Self {
            job,
            client: client(&context.stores, &spec.source.store)?.client.clone(),
            sinks: context.sinks.clone(),
            sink,
            db: context.db.clone(),
            dead_letters: dead_letters(&context.data_dir, job),
            data_dir: context.data_dir.clone(),
            transform: context.transforms.of(spec.pipeline.as_ref()),
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
            transform: self.transform.clone(),
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
            let (file, sent_before) = (dead_letters(&self.data_dir, job), sent_letters(&self.data_dir, job, self.job));
            // An earlier attempt was killed after it had put them aside, and before its end was recorded.
            let again = fs::try_exists(&sent_before).await.unwrap_or(false);
            let letters = Letters::of(&self.db, job);
            let from = if again { &sent_before } else { &file };
            let sent = ship::resend_standing(from, sink.as_ref(), &options, (tracker, &letters), stop).await?;
            if sink.is_some() && !again && self.settles_letters(job).await {
                put_aside(&file, &sent_before).await;
            }
            return Ok(sent);
        }
        let ledger = Records::of_attempt(&self.db, &self.spec, Some(self.job));
        let shipment = Shipment { spec: self.spec, store: self.client, sink, ledger, options };
        ship::run(&shipment, retry, tracker, stop).await
    }
}

impl Work {
    /// Whether letters that were sent need not be offered any more: what failed again is in this job's own. Not if they went
    /// to another sink than they were for, or if their job may still add some.
    async fn settles_letters(&self, job: JobId) -> bool {
        self.db.job(job).await.is_ok_and(|left| {
            let same_sink = matches!(&left.spec, Spec::Reprocess(spec) if spec.sink == self.spec.sink);
            same_sink && left.state.ended()
        })
    }
}

async fn put_aside(file: &Path, sent: &Path) {
    if let Err(error) = fs::rename(file, sent).await {
        warn!(%error, file = %file.display(), "dead letters were sent and could not be put aside; they are still offered");
    }
}

fn no_sink(spec: &ReprocessSpec) -> JobError {
    JobError::new(
        "no_sink",
        &format!("Sink `{}` is not configured here.", spec.sink),
        "Add it as [[sinks]] to the configuration of every server and worker, then retry.",
    )
}
