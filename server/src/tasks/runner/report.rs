//! Writes the completion report of a clone to a bucket, once the engine has reached its end.
//!
//! Always: the object has every line that the database has, and the database has every line of the engine. A report that
//! cannot be written fails the job, whose proof stays: a retry writes it again.

use std::io::{self, Write};

use engine::{clone::compress_completions, s3::S3Client};
use model::{JobError, Key, Location, Proof, Report};
use tempfile::NamedTempFile;

use super::{consent::CloneWork, dispatch::AttemptFault};

type Ended = Result<Option<Proof>, AttemptFault>;

impl CloneWork {
    /// Writes the report if the engine reached its end.
    pub(super) async fn with_report(&self, ended: Ended, store: &S3Client, to: &Location) -> Ended {
        if !matches!(ended, Ok(Some(_)) | Err(AttemptFault::AtTheEnd(_))) {
            return ended;
        }
        let written = tokio::select! {
            () = self.stop.cancelled() => return Err(AttemptFault::Stopped),
            written = self.write_report(store, to) => written,
        };
        let Err(why) = written else { return ended };
        let message = format!("The report could not be written to {} at {}: {why}", to.url(), to.store);
        Err(match ended {
            Ok(proof) => AttemptFault::AtTheEnd(Box::new((report_not_written(&message), proof))),
            Err(AttemptFault::AtTheEnd(mut ended)) => {
                ended.0.message = format!("{} {message}", ended.0.message);
                AttemptFault::AtTheEnd(ended)
            }
            Err(fault) => fault,
        })
    }

    async fn write_report(&self, store: &S3Client, to: &Location) -> Result<(), String> {
        self.tracker.report_stored().await;
        let key: Key = Report::key(to, self.job).parse().map_err(|invalid: model::Invalid| invalid.to_string())?;
        let file = NamedTempFile::new().map_err(no_file)?;
        let mut after = None;
        while let Some(piece) = self.db.report_piece(self.job, after.as_deref()).await.map_err(|e| e.to_string())? {
            file.as_file().write_all(&piece.lines).map_err(no_file)?;
            after = Some(piece.id);
        }
        if after.is_none() {
            // Nothing was copied or deleted: an empty file is none that gzip reads.
            file.as_file().write_all(&compress_completions(b"")).map_err(no_file)?;
        }
        let written = store.write_file(&to.bucket, &key, file.path(), "application/gzip").await;
        written.map_err(|error| error.to_string())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_file(error: io::Error) -> String {
    format!("a temporary file cannot be written: {error}")
}

fn report_not_written(message: &str) -> JobError {
    JobError::new(
        "report_not_written",
        message,
        "The clone itself is done, as its proof says, and the report can be downloaded here. Retry the job to write it again.",
    )
}
