//! What is known of a delivery's events, and what became of its connections.

use model::{Connections, SocketFailure, Tally};

/// How a delivery ended. With what it gave back as undelivered, every event that it took is accounted for: by a sink
/// that acknowledges, taken = acknowledged + duplicate + undelivered; by one that does not, taken = sent + undelivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Written, each counted once however often it was written again. Of a sink that does not acknowledge, only those
    /// on connections that both sides then closed cleanly.
    pub sent: u64,
    pub acknowledged: u64,
    /// The receiver had them already.
    pub duplicate: u64,
    /// Those the delivery used. One that it hands back to be used again is not destroyed.
    pub connections: Connections,
    pub sockets: Tally<SocketFailure>,
    /// Bytes written, framed and compressed as they were, resent ones again; of TLS, before it encrypts them.
    pub wire: u64,
}

impl Delivered {
    pub(super) fn socket_failed(&mut self, reason: impl Into<String>) {
        self.sockets.add(SocketFailure { reason: reason.into() });
    }

    pub(super) fn add(&mut self, other: Self) {
        let Self { sent, acknowledged, duplicate, connections, sockets, wire } = other;
        self.sent += sent;
        self.acknowledged += acknowledged;
        self.duplicate += duplicate;
        self.connections.created += connections.created;
        self.connections.destroyed += connections.destroyed;
        let kept = sockets.last_few.len() as u64;
        sockets.last_few.into_iter().for_each(|failure| self.sockets.add(failure));
        self.sockets.total += sockets.total - kept;
        self.wire += wire;
    }
}
