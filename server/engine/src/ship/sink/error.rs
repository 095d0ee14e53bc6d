//! Why a sink cannot continue at all. An error of single events is an [`super::Undelivered`] instead.
//!
//! Every error names the sink without its credentials, and says what to do now.

use std::time::Duration;

use model::Invalid;

use crate::tls::Untrusted;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sink {sink}: {fault}")]
pub struct SinkError {
    pub sink: String,
    pub fault: SinkFault,
}

/// The causes that call for different actions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkFault {
    #[error(transparent)]
    Settings(#[from] Invalid),
    /// No connection was made at all.
    #[error("no connection: {why}")]
    Unreachable { why: String },
    /// The receiver's certificate is not trusted, or the authorities cannot be loaded.
    #[error("no trusted connection: {why}")]
    Untrusted { why: String },
    /// Connections were made, and each broke before any event was confirmed.
    #[error("every connection broke: {why}")]
    Broken { why: String },
    /// The connection is open, and the receiver reads or answers nothing.
    #[error("{what} for {patience:?}")]
    Silent { what: &'static str, patience: Duration },
    /// It reports overload for longer than the patience time.
    #[error("overloaded: {why}")]
    Overloaded { why: String },
    #[error("credentials refused: {why}")]
    Denied { why: String },
    /// It refuses every event, whatever that holds: an index that does not exist, a request that it cannot read.
    #[error("it takes no event: {why}")]
    Refused { why: String },
    /// Its answer does not belong to the protocol.
    #[error("not the expected protocol: {why}")]
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
            SinkFault::Refused { .. } => "sink_refused",
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
                "Add ?ca=FILE to the URL, with the file of the receiver's authority, and use a host name that its \
                 certificate names."
            }
            SinkFault::Broken { .. } => "Check the receiver's own log for why it closes connections, then resume.",
            SinkFault::Silent { .. } => "Check whether the receiver, or what it writes to, is stuck, then resume.",
            SinkFault::Overloaded { .. } => "Resume later, or with fewer events per second.",
            SinkFault::Denied { .. } => {
                "Correct the sink's credentials, or allow them to write to the index, then resume."
            }
            SinkFault::Refused { .. } => {
                "Create the index, or correct its template, its ingest pipeline or the sink's URL, then resume. The events \
                 are sent again."
            }
            SinkFault::Protocol { .. } => "Check that the URL's scheme, port and path match the receiver.",
            SinkFault::File { .. } => "Check the file's path, its permissions and the free disk space, then resume.",
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
