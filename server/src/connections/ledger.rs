//! Which objects recorded runs have delivered, as the shipping engine queries it.

use std::sync::Arc;

use db::Db;
use engine::{
    s3::{ETag, Listed},
    ship::{Ledger, LedgerError},
};
use futures::future::BoxFuture;
use model::{BucketName, PipelineName, ReprocessSpec, SinkName, Window};

/// Runs of one pipeline over one bucket, into one sink.
pub struct Records {
    db: Db,
    pipeline: Option<PipelineName>,
    sink: SinkName,
    bucket: BucketName,
    window: Option<Window>,
}

impl Records {
    pub fn of(db: &Db, spec: &ReprocessSpec) -> Arc<dyn Ledger> {
        Arc::new(Self {
            db: db.clone(),
            pipeline: spec.pipeline.clone(),
            sink: spec.sink.clone(),
            bucket: spec.source.bucket.clone(),
            window: spec.window,
        })
    }
}

impl Ledger for Records {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(async move {
            let etag = |object: &Listed| object.etag.as_ref().map(ETag::to_string).unwrap_or_default();
            let asked: Vec<_> = objects.iter().map(|object| (object.key.clone(), etag(object))).collect();
            let found = self
                .db
                .delivered(self.pipeline.as_ref(), &self.sink, self.bucket.as_str(), self.window, &asked)
                .await
                .map_err(|error| LedgerError(error.to_string()))?;
            Ok(objects.iter().map(|object| found.contains(&object.key)).collect())
        })
    }
}
