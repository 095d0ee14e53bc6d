//! The stores of a test, and what is put into them before each clone.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use embedded::{Content, Embedded};
use engine::{clone::preview, s3::S3Client};
use model::Mode;

use super::order::Order;
use crate::{
    multipart::above_5_mib,
    support::{Finished, TestBuckets, clone_with, connect},
};

const LONG: Duration = Duration::from_mins(10);

/// One store for both buckets, or one for each.
pub struct Ground {
    pub here: Arc<Embedded>,
    pub there: Arc<Embedded>,
    source: S3Client,
    destination: S3Client,
}

impl Ground {
    pub async fn new(one_store: bool) -> Self {
        let here = TestBuckets::new().await.store;
        let there = if one_store { Arc::clone(&here) } else { TestBuckets::new().await.store };
        let source = connect(&here.url()).await;
        let destination = if one_store { source.clone() } else { connect(&there.url()).await };
        Self { here, there, source, destination }
    }

    /// Both buckets as the order has them before the clone.
    pub async fn furnish(&self, order: &Order) {
        fill(&self.here, "source", &order.source).await;
        fill(&self.there, "destination", &order.destination).await;
    }

    pub async fn clone(&self, order: &Order) -> Finished {
        let (source, destination, options) = (&self.source, &self.destination, above_5_mib());
        let mut spec = order.spec();
        if spec.mode == Mode::Mirror {
            let seen = preview(&spec, source, destination, &options, u64::MAX, LONG).await.unwrap();
            spec.plan = seen.plan;
        }
        clone_with(source, destination, &spec, &options).await
    }
}

/// Makes a bucket hold this and nothing else.
async fn fill(store: &Embedded, bucket: &str, objects: &BTreeMap<String, Content>) {
    for key in store.contents(bucket).await.unwrap().into_keys() {
        store.delete(bucket, &key).unwrap();
    }
    for (key, content) in objects {
        store.put_content(bucket, key, content).await.unwrap();
    }
}
