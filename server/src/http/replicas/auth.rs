//! Authorization: which token grants which table.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, header, request::Parts},
};
use model::{Problem, ProblemCode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::{Replicas, handle::TableHandle};
use crate::http::{api::problem::Refused, state::App};

/// A request whose token grants the table that it names. It takes a place among the concurrent requests only when its
/// body is read: a caller that sends slowly holds up nobody but its own table.
pub struct TableRequest {
    pub handle: Arc<TableHandle>,
    pub accepts_gzip: bool,
    pub places: Arc<Semaphore>,
    _body: OwnedSemaphorePermit,
}

impl FromRequestParts<App> for TableRequest {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let path = Path::<(String, String, String)>::from_request_parts(parts, app).await;
        let Path((customer, database, table)) =
            path.map_err(|rejection| Problem::new(ProblemCode::Malformed, rejection.body_text()))?;
        let token = sent(&parts.headers).ok_or_else(|| unknown("Send a token of this table"))?;
        let handle = app.replicas.opened_by(token, [&customer, &database, &table])?;
        let places = Arc::clone(&app.replicas.places);
        let body = handle.body().await.map_err(stopping)?;
        Ok(Self { handle, accepts_gzip: accepts_gzip(&parts.headers), places, _body: body })
    }
}

impl Replicas {
    /// Compares every token of every table, also after a match.
    fn opened_by(&self, token: &str, path: [&str; 3]) -> Result<Arc<TableHandle>, Problem> {
        let sent: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let (mut known, mut found) = (false, None);
        for entry in &*self.entries {
            for token in &entry.config.tokens {
                if bool::from(token.ct_eq(&sent)) {
                    known = true;
                    let config = &entry.config;
                    found = found.or((path == [&config.customer, &config.database, &config.table]).then_some(entry));
                }
            }
        }
        match found {
            Some(entry) => Ok(Arc::clone(&entry.handle)),
            None if known => {
                let detail = "There is no such table for this token. Check customer, database and table in the URL.";
                Err(Problem::new(ProblemCode::NotFound, detail))
            }
            None => Err(unknown("This token grants no table here. Send a token of this table")),
        }
    }
}

/// The problem for a request that no longer gets a place.
pub fn stopping(_: AcquireError) -> Problem {
    Problem::new(ProblemCode::Unavailable, "The server is stopping.")
}

fn unknown(what: &str) -> Problem {
    let detail =
        format!("{what} as Authorization: Bearer. Tokens are set by `tokens` of the table's [[replicas]] entry.");
    Problem::new(ProblemCode::Unauthorised, detail)
}

fn sent(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// True if gzip is named and not refused by `q=0`.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        gzip && !parts.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty()))
    })
}
