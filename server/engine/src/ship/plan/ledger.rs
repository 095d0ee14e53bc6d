//! Checks page by page which objects recorded runs have already shipped.

use std::{collections::VecDeque, sync::Arc};

use futures::future::BoxFuture;
use model::{Extent, Key, ReprocessSpec, Summary};

use super::{Found, Objects};
use crate::{
    s3::{Listed, S3Client},
    ship::ShipError,
};

/// Objects checked per request.
const PAGE: usize = 200;

/// The record of earlier runs, kept by the caller of the engine.
pub trait Ledger: Send + Sync {
    /// For each object in order: whether a recorded run shipped it completely, by key and `ETag`.
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>>;

    /// The figures of this reprocess's own earlier run over an object that is retried, which its next run replaces.
    fn earlier<'a>(&'a self, _key: &'a Key) -> BoxFuture<'a, Result<Option<Summary>, LedgerError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// The records cannot be read; holds the reason as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LedgerError(pub String);

/// A ledger without records: every object is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingDelivered;

impl Ledger for NothingDelivered {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(std::future::ready(Ok(vec![false; objects.len()])))
    }
}

/// The objects of a reprocess, each with whether it was already shipped.
pub struct Checked {
    objects: Objects,
    ledger: Arc<dyn Ledger>,
    page: VecDeque<(Found, bool)>,
}

impl Checked {
    pub fn new(spec: &ReprocessSpec, store: &S3Client, ledger: &Arc<dyn Ledger>, after: Option<&Key>) -> Self {
        Self { objects: Objects::new(spec, store, after), ledger: Arc::clone(ledger), page: VecDeque::new() }
    }

    /// The next object in key order, and whether it was already shipped.
    pub async fn next(&mut self) -> Result<Option<(Found, bool)>, ShipError> {
        if self.page.is_empty() {
            self.fill().await?;
        }
        Ok(self.page.pop_front())
    }

    async fn fill(&mut self) -> Result<(), ShipError> {
        let mut found = Vec::new();
        while found.len() < PAGE
            && let Some(next) = self.objects.next().await?
        {
            found.push(next);
        }
        let object = |found: &Found| if let Found::Object(object) = found { Some(object.clone()) } else { None };
        let objects: Vec<Listed> = found.iter().filter_map(object).collect();
        let mut delivered = self.ledger.delivered(&objects).await?.into_iter();
        self.page = found
            .into_iter()
            .map(|found| {
                let delivered = matches!(found, Found::Object(_)) && delivered.next().unwrap_or_default();
                (found, delivered)
            })
            .collect();
        Ok(())
    }
}

/// Whether to send an object.
pub fn to_send(extent: Extent, delivered: bool) -> bool {
    extent == Extent::All || !delivered
}
