//! Elasticsearch and `OpenSearch`: `_bulk` requests, of which each event's answer counts.
//!
//! Several requests may be on their way at once, as many over all deliveries as there may be connections; each sees
//! its own events through, retries included. An event with an id may safely be sent again: one that is there already
//! is answered as a duplicate.

mod answer;
mod client;
mod delivery;
mod request;
mod task;

pub(super) use self::{client::Bulk, delivery::BulkDelivery};
