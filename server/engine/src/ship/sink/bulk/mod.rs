//! The sink for Elasticsearch and `OpenSearch`: `_bulk` requests, in which each event has its own answer.
//!
//! Requests run concurrently, over all deliveries as many as connections are allowed. Each retries its own events. An
//! event with an id can safely be sent again: the receiver reports one that it already has as a duplicate.

mod answer;
mod client;
mod delivery;
mod exchange;
mod index;
mod request;
mod sign;
mod task;

pub use self::index::IndexPattern;
pub(super) use self::{client::Bulk, delivery::BulkDelivery};
