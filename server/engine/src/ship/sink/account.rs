//! The account of a delivery: its events and its connections.

use model::{Connections, SocketFailure, Tally};

use super::SinkError;

/// The result of a delivery. Together with the undelivered events, every event is accounted for: with a sink that
/// acknowledges, taken = acknowledged + duplicate + undelivered; with one that does not, taken = sent + undelivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Events written, each counted once even if written again. For a sink that does not acknowledge, only those on
    /// connections that both sides closed cleanly.
    pub sent: u64,
    pub acknowledged: u64,
    /// Events that the receiver already had.
    pub duplicate: u64,
    /// Connections used. One that is returned to the pool is not counted as destroyed.
    pub connections: Connections,
    pub sockets: Tally<SocketFailure>,
    /// Bytes written, after framing and compression and before TLS, including bytes sent again.
    pub wire: u64,
    /// Why the sink could not continue, found out at the end of the delivery. Its object is to be sent again whole.
    pub stopped: Option<SinkError>,
}

impl Delivered {
    pub(super) fn socket_failed(&mut self, reason: impl Into<String>) {
        self.sockets.add(SocketFailure { reason: reason.into() });
    }

    pub(super) fn add(&mut self, other: Self) {
        let Self { sent, acknowledged, duplicate, connections, sockets, wire, stopped } = other;
        self.sent += sent;
        self.acknowledged += acknowledged;
        self.duplicate += duplicate;
        self.connections.created += connections.created;
        self.connections.destroyed += connections.destroyed;
        let kept = sockets.last_few.len() as u64;
        sockets.last_few.into_iter().for_each(|failure| self.sockets.add(failure));
        self.sockets.total += sockets.total - kept;
        self.wire += wire;
        self.stopped = self.stopped.take().or(stopped);
    }
}
