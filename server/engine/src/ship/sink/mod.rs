//! Where events go, and what is known of their arrival.
//!
//! A [`Sink`] is opened once from its settings and shared by everything that ships to it; its limits (connections,
//! batch, events per second) hold over all of that. A [`Delivery`] is one object's way through it, in order.
//!
//! Always: what a delivery took is, once it is finished, either sent, acknowledged, a duplicate, or given back as
//! undelivered with a reason. Nothing is called sent because it was written: an acknowledging sink has said so, and of
//! any other both sides have closed the connection cleanly. A slow receiver slows whoever delivers; it fills no memory.

mod account;
mod arrival;
mod batch;
mod bulk;
mod connection;
mod delivery;
mod error;
mod file;
mod held;
mod lines;
mod lumberjack;
mod open;
mod pace;
mod piece;
mod pool;
mod settings;
mod trouble;
mod url;

pub(super) use self::pace::Pace;
pub use self::{
    account::Delivered,
    arrival::Arrival,
    batch::{Batch, Mark, Undelivered},
    delivery::Delivery,
    error::{SinkError, SinkFault},
    open::Sink,
    settings::{Credentials, Settings},
    url::SinkUrl,
};
