//! Dead letters on this server: the preview of a reprocess of those that a job left, and the newest of a followed
//! pipeline.
//!
//! Always: of a pipeline's file, which may have a gigabyte, at most its last [`TAIL`] bytes are read.

use std::{collections::HashSet, io, path::Path};

use engine::ship::{DeadLetter, DeadLetterReason};
use model::{DeadLetterLine, DeadLetterList, JobId, Pipeline, Problem, ProblemCode, ReprocessPreview, ReprocessSpec};
use serde_json::value::RawValue;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

use super::{AppBackend, problem};
use crate::connections::{
    dead_letters::{dead_letters, of_pipeline},
    sinks::Sinks,
};

/// Bytes read of a pipeline's file.
const TAIL: u64 = 512 << 10;
/// Dead letters on a page.
const LISTED: usize = 100;
/// Characters shown of a record or event.
const SHOWN: usize = 300;

impl AppBackend {
    pub(super) async fn has_dead_letters(&self, job: JobId) -> bool {
        let file = dead_letters(&self.config.server.data_dir, job);
        tokio::fs::metadata(file).await.is_ok_and(|file| file.len() > 0)
    }

    /// Has no plan: the file may still grow, so no plan of it would hold.
    pub(super) async fn preview_dead_letters(
        &self,
        spec: &ReprocessSpec,
        job: JobId,
    ) -> Result<ReprocessPreview, Problem> {
        let file = dead_letters(&self.config.server.data_dir, job);
        let Ok(file) = tokio::fs::metadata(&file).await else {
            let detail = format!("Job {job} left no dead letters on this server.");
            return Err(Problem::new(ProblemCode::Invalid, detail).on("dead_letters_of"));
        };
        Ok(ReprocessPreview {
            spec: spec.clone(),
            at: self.db.now(),
            complete: true,
            objects: 1,
            bytes: file.len(),
            delivered: 0,
            left_out: 0,
            to_send: 1,
            to_send_bytes: file.len(),
            covers: None,
            intervals: Vec::new(),
            examples: Vec::new(),
            plan: None,
        })
    }
}

impl AppBackend {
    pub(super) async fn dead_letters_of(&self, pipeline: &Pipeline) -> Result<DeadLetterList, Problem> {
        let file = of_pipeline(&self.config.server.data_dir, &pipeline.name);
        let (bytes, start, tail) = tail(&file).await.map_err(|error| {
            tracing::error!(%error, "dead letters cannot be read");
            Problem::new(ProblemCode::Internal, "The dead letters cannot be read. The log has the cause.")
        })?;
        let (items, more) = newest(&tail);
        let following = self.db.following(&pipeline.name).await.map_err(problem::database)?;
        Ok(DeadLetterList {
            now: self.db.now(),
            pipeline: pipeline.name.clone(),
            holder: following.filter(|following| following.held).map(|following| following.holder),
            file: file.display().to_string(),
            bytes,
            items,
            older: more || start > 0,
            sink: self.sinks.get(&pipeline.sink).map(|sink| Sinks::status(sink).url),
        })
    }
}

/// The size of a file, where its last bytes start, and these, from the beginning of a line. No file is an empty one.
async fn tail(file: &Path) -> io::Result<(u64, u64, Vec<u8>)> {
    let mut file = match File::open(file).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0, Vec::new())),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata().await?.len();
    let start = bytes.saturating_sub(TAIL);
    file.seek(io::SeekFrom::Start(start)).await?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail).await?;
    if start > 0 {
        let line = tail.iter().position(|byte| *byte == b'\n').map_or(tail.len(), |end| end + 1);
        tail.drain(..line);
    }
    Ok((bytes, start, tail))
}

/// The newest dead letters, each record once, and whether there are more than are listed.
fn newest(lines: &[u8]) -> (Vec<DeadLetterLine>, bool) {
    let (mut seen, mut items) = (HashSet::new(), Vec::new());
    for line in lines.split(|byte| *byte == b'\n').rev() {
        let Ok(letter) = serde_json::from_slice::<DeadLetter<'_>>(line) else { continue };
        let of = (letter.key.clone(), letter.etag.clone(), letter.offset);
        if !seen.insert(of) {
            continue;
        }
        if items.len() == LISTED {
            return (items, true);
        }
        let text = letter.event.map(RawValue::get).or(letter.raw.as_deref()).or(letter.cut.as_deref());
        items.push(DeadLetterLine {
            quarantined: letter.reason == DeadLetterReason::Parsing,
            message: letter.message.as_ref().to_owned(),
            key: letter.key.as_deref().map(ToOwned::to_owned),
            line: letter.line,
            offset: letter.offset,
            text: text.unwrap_or_default().chars().take(SHOWN).collect(),
        });
    }
    (items, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(key: &str, offset: usize) -> String {
        format!(
            r#"{{"reason":"parsing","message":"no","bucket":"b","key":"{key}","etag":"e","line":1,"offset":{offset},"cut":"what","raw":"what is this"}}"#
        ) + "\n"
    }

    #[tokio::test]
    async fn newest_letters_come_first_each_record_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipeline-api.ndjson");
        assert_eq!(tail(&file).await.unwrap(), (0, 0, Vec::new()));
        std::fs::write(&file, letter("a", 1) + &letter("b", 7) + &letter("a", 1)).unwrap();
        let (_, start, lines) = tail(&file).await.unwrap();
        let (items, more) = newest(&lines);
        let seen: Vec<_> = items.iter().map(|item| (item.key.as_deref().unwrap(), item.offset)).collect();
        assert_eq!((seen, start, more), (vec![("a", 1), ("b", 7)], 0, false));
        assert_eq!((items[0].text.as_str(), items[0].quarantined), ("what is this", true));
    }

    /// The file may have a gigabyte.
    #[tokio::test]
    async fn long_file_is_read_from_its_end_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipeline-api.ndjson");
        let lines: String = (0..10_000).map(|offset| letter("a", offset)).collect();
        std::fs::write(&file, &lines).unwrap();
        let (bytes, start, tail) = tail(&file).await.unwrap();
        assert!(bytes == lines.len() as u64 && start > 0 && tail.len() as u64 <= TAIL);
        let (items, more) = newest(&tail);
        assert_eq!((items.len(), items[0].offset, more), (LISTED, 9_999, true));
    }
}
