//! `GET /api/v1/jobs/{id}/dead-letters`: the events that a job could not deliver, as a file.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::IntoResponse,
};
use futures::{Stream, stream};
use model::{Problem, ProblemCode};
use tokio::{fs::File, io::AsyncReadExt};

use super::{Id, problem::Refused};
use crate::{connections::dead_letters::dead_letters, http::state::App};

const CHUNK: usize = 64 * 1_024;

/// The file is on the server that ran the job; another server of the same database answers 404.
pub async fn download_dead_letters(State(app): State<App>, Id(id): Id) -> Result<impl IntoResponse, Refused> {
    app.backend.get_job(id).await?;
    let file = match File::open(dead_letters(&app.config.server.data_dir, id)).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let detail = format!("Job {id} left no dead letters on this server.");
            return Err(Problem::new(ProblemCode::NotFound, detail).into());
        }
        Err(error) => {
            tracing::error!(%error, "dead letters cannot be read; the download failed");
            let detail = "The dead letters cannot be read. The log has the cause.";
            return Err(Problem::new(ProblemCode::Internal, detail).into());
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"dead-letters-{}.ndjson\"", id.short())),
    ];
    Ok((headers, Body::from_stream(chunks(file))))
}

fn chunks(file: File) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(file, async |mut file| {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    })
}
