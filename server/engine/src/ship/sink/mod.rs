//! Sinks: where events are sent, and what is known of their arrival.
//!
//! A [`Sink`] is opened once from its settings and shared by everything that ships to it; its limits (connections,
//! batch, events per second) hold over all deliveries. A [`Delivery`] sends the events of one object, in order.
//!
//! Always: when a delivery is finished, each of its events is sent, acknowledged, a duplicate, or given up with a
//! reason. With a sink that does not acknowledge, an event counts as sent only after both sides closed the connection
//! cleanly. A slow receiver slows down its deliveries and uses no more memory.

mod account;
mod arrival;
mod batch;
mod bulk;
mod cluster;
mod connection;
mod delivery;
mod error;
mod file;
mod lines;
mod lumberjack;
mod open;
mod pace;
mod piece;
mod pool;
mod retry_budget;
mod settings;
mod unconfirmed;
mod url;

pub use self::{
    account::Delivered,
    arrival::Arrival,
    batch::{Batch, Mark, Undelivered},
    bulk::IndexPattern,
    cluster::{Cluster, ClusterAnswer},
    delivery::Delivery,
    error::{SinkError, SinkFault},
    open::Sink,
    settings::{AwsService, Credentials, Settings, Signing, SinkProxy},
    url::SinkUrl,
};
pub(super) use self::{batch::BatchLimits, pace::Pace};
