//! `GET /api/v1/jobs/{id}/dead-letters` and `GET /api/v1/pipelines/{name}/dead-letters`: what a job or the follower of a
//! pipeline could not parse or deliver, as a file.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use model::{PipelineName, Problem, ProblemCode};
use tokio::{fs::File, io::AsyncReadExt};

use super::{Id, problem::Refused};
use crate::{
    connections::dead_letters::{dead_letters, of_pipeline},
    http::state::App,
};

const CHUNK: usize = 64 * 1_024;

/// The file is on the server that ran the job; another server of the same database answers 404.
pub async fn download_dead_letters(State(app): State<App>, Id(id): Id) -> Result<Response, Refused> {
    app.backend.get_job(id).await?;
    let file = dead_letters(&app.config.server.data_dir, id);
    download(&file, &id.short(), || format!("Job {id} left no dead letters on this server.")).await
}

/// The file is on the server that follows the pipeline.
pub async fn download_pipeline_dead_letters(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Response, Refused> {
    let name: PipelineName = name.parse()?;
    app.backend.get_pipeline(&name).await?;
    let file = of_pipeline(&app.config.server.data_dir, &name);
    download(&file, name.as_str(), || format!("Following pipeline `{name}` left no dead letters on this server.")).await
}

async fn download(file: &std::path::Path, name: &str, none: impl FnOnce() -> String) -> Result<Response, Refused> {
    let file = match File::open(file).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Problem::new(ProblemCode::NotFound, none()).into());
        }
        Err(error) => {
            tracing::error!(%error, "dead letters cannot be read; the download failed");
            let detail = "The dead letters cannot be read. The log has the cause.";
            return Err(Problem::new(ProblemCode::Internal, detail).into());
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"dead-letters-{name}.ndjson\"")),
    ];
    Ok((headers, Body::from_stream(chunks(file))).into_response())
}

fn chunks(file: File) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(file, async |mut file| {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    })
}
