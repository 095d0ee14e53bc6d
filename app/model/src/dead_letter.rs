//! Dead letters as a page lists them: the newest of a file, without their whole events.

use serde::{Deserialize, Serialize};

use crate::{PipelineName, Time};

/// Content of the page of a followed pipeline's dead letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterList {
    pub now: Time,
    pub pipeline: PipelineName,
    /// Server that follows the pipeline, where it is followed; its file is the one that grows.
    pub holder: Option<String>,
    /// File of this server. `bytes` is 0 if there is none.
    pub file: String,
    pub bytes: u64,
    /// The newest first, each record once however often it failed.
    pub items: Vec<DeadLetterLine>,
    /// Whether the file has older ones, which are in the download.
    pub older: bool,
    /// URL of the pipeline's sink, without credentials, to send them again.
    pub sink: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterLine {
    /// Whether the record could not be parsed; if it could, the sink refused its event.
    pub quarantined: bool,
    /// The parser's reason why it cannot read the record, or the sink's own words with which it refused it.
    pub message: String,
    pub key: Option<String>,
    /// The line the record starts on, from 1.
    pub line: u64,
    pub offset: u64,
    /// Beginning of the record or event.
    pub text: String,
}
