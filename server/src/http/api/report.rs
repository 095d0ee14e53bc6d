//! `GET /api/v1/jobs/{id}/report`: the completion report of a clone, compressed, with one piece in memory at a time.

use std::io::Read;

use app::backend::ReportPiece;
use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::header,
    response::IntoResponse,
};
use engine::clone::{completions_as_csv, compress_completions};
use flate2::read::MultiGzDecoder;
use futures::{Stream, stream};
use model::{JobId, Problem, ProblemCode, Spec};
use tokio::task::spawn_blocking;

use super::{Id, problem::Refused};
use crate::http::state::App;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Ndjson,
    Csv,
}

impl Format {
    fn read(parameters: &[(String, String)]) -> Result<Self, Problem> {
        let given = parameters.iter().find(|(name, _)| name == "format").map(|(_, format)| format.as_str());
        match given {
            None | Some("ndjson") => Ok(Self::Ndjson),
            Some("csv") => Ok(Self::Csv),
            Some(other) => Err(model::Invalid::new("format", other, "ndjson or csv").into()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

/// What the job has reported until now. If a later piece cannot be read, the connection is cut: an incomplete download must
/// not look complete.
pub async fn download_report(
    State(app): State<App>,
    Id(id): Id,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, Refused> {
    let format = Format::read(&parameters)?;
    let job = app.backend.get_job(id).await?.job;
    if !matches!(&job.spec, Spec::Clone(clone) if clone.report.is_some()) {
        let detail = format!("Job {id} keeps no report: it was started without the field `report`.");
        return Err(Problem::new(ProblemCode::NotFound, detail).into());
    }
    let first = app.backend.get_report_piece(id, None).await?;
    let name = format!("attachment; filename=\"report-{}.{}.gz\"", id.short(), format.name());
    let headers = [(header::CONTENT_TYPE, "application/gzip".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(pieces(app, id, format, first))))
}

/// At least one piece, so that an empty report is a file that gzip reads.
fn pieces(
    app: App,
    id: JobId,
    format: Format,
    first: Option<ReportPiece>,
) -> impl Stream<Item = Result<Bytes, Problem>> {
    let first = first.unwrap_or_else(|| ReportPiece { id: String::new(), lines: compress_completions(b"") });
    stream::try_unfold((app, Some(first), true), move |(app, piece, header)| async move {
        let Some(ReportPiece { id: piece, lines }) = piece else { return Ok(None) };
        let bytes = match format {
            Format::Ndjson => lines,
            Format::Csv => spawn_blocking(move || as_csv(&lines, header)).await.map_err(unreadable)??,
        };
        let next = app.backend.get_report_piece(id, Some(piece)).await?;
        Ok(Some((bytes.into(), (app, next, false))))
    })
}

fn as_csv(lines: &[u8], header: bool) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    MultiGzDecoder::new(lines).read_to_end(&mut text).map_err(unreadable)?;
    Ok(compress_completions(&completions_as_csv(&text, header).map_err(unreadable)?))
}

fn unreadable(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "piece of a report unreadable; the download failed");
    Problem::new(ProblemCode::Internal, "The report cannot be read. The log has the cause.")
}
