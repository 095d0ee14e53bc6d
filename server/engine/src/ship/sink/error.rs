//! Why a sink cannot go on at all. What concerns some events only is an [`super::Undelivered`] instead.
//!
//! Every error names the sink as it may be shown, without credentials, and says what to do now.

use std::time::Duration;

use model::Invalid;

use crate::tls::Untrusted;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sink {sink}: {fault}")]
pub struct SinkError {
    pub sink: String,
    pub fault: SinkFault,
}

/// What went wrong, as far as it matters for what to do now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkFault {
    #[error(transparent)]
    Settings(#[from] Invalid),
    /// No connection was made at all.
    #[error("no connection: {why}")]
    Unreachable { why: String },
    /// The receiver's certificate, or ours to check it with.
    #[error("no trusted connection: {why}")]
    Untrusted { why: String },
    /// Connections were made, and each broke before anything was known to have arrived.
    #[error("every connection broke: {why}")]
    Broken { why: String },
    /// The connection stands, and nothing is taken or nothing said.
    #[error("{what} for {patience:?}")]
    Silent { what: &'static str, patience: Duration },
    /// It asks to be left alone, for longer than the patience is.
    #[error("it takes no more: {why}")]
    Overloaded { why: String },
    #[error("it refuses the credentials: {why}")]
    Denied { why: String },
    /// It answers something that no receiver of this kind does.
    #[error("it does not speak this protocol: {why}")]
    Protocol { why: String },
    #[error("the file cannot be written: {why}")]
    File { why: String },
}

impl From<Untrusted> for SinkFault {
    fn from(Untrusted { why }: Untrusted) -> Self {
        Self::Untrusted { why }
    }
}

impl SinkError {
    /// Stable, in snake case.
    pub fn code(&self) -> &'static str {
        match self.fault {
            SinkFault::Settings(_) => "sink_settings",
            SinkFault::Unreachable { .. } => "sink_unreachable",
            SinkFault::Untrusted { .. } => "sink_untrusted",
            SinkFault::Broken { .. } => "sink_broken",
            SinkFault::Silent { .. } => "sink_silent",
            SinkFault::Overloaded { .. } => "sink_overloaded",
            SinkFault::Denied { .. } => "sink_denied",
            SinkFault::Protocol { .. } => "sink_protocol",
            SinkFault::File { .. } => "sink_file",
        }
    }

    /// What to do now.
    pub fn advice(&self) -> &'static str {
        match self.fault {
            SinkFault::Settings(_) => "Correct the sink's settings.",
            SinkFault::Unreachable { .. } => {
                "Check the sink's URL and that the receiver is up and reachable from here."
            }
            SinkFault::Untrusted { .. } => {
                "Name the file with the receiver's authority in the URL, ?ca=FILE, and use a host name that its \
                 certificate holds."
            }
            SinkFault::Broken { .. } => "See in the receiver's own log why it closes connections, then resume.",
            SinkFault::Silent { .. } => "See whether the receiver, or what it writes to, is stuck, then resume.",
            SinkFault::Overloaded { .. } => "Resume later, or with fewer events a second.",
            SinkFault::Denied { .. } => "Correct the sink's credentials, or let them write to the index, then resume.",
            SinkFault::Protocol { .. } => "Check the URL's scheme, port and path against what listens there.",
            SinkFault::File { .. } => "Check the file's path, its permissions and the space left, then resume.",
        }
    }

    /// Whether the receiver could not be reached at all: exit code 3.
    pub fn unreachable(&self) -> bool {
        matches!(self.fault, SinkFault::Unreachable { .. } | SinkFault::Untrusted { .. })
    }
}

impl SinkFault {
    pub(super) fn at(self, sink: &str) -> SinkError {
        SinkError { sink: sink.to_owned(), fault: self }
    }
}
