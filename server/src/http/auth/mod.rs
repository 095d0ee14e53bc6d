//! Authentication: the operator's session, an API token, or everybody where the server listens on loopback only.
//!
//! With `[auth]` there is one operator with a password and any number of named tokens. A browser gets a session: a
//! random token in a cookie, of which the database keeps only the hash. A script sends a token as `Authorization:
//! Bearer`. Without `[auth]` everybody is the viewer `local`; configuration then binds to loopback only.
//!
//! Always: passwords and tokens are compared in a time that does not depend on them, and are never logged.

mod attempts;
mod guard;
pub mod login;
mod next;
mod session;
mod token;

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use db::Db;
use model::{Problem, ProblemCode, Viewer};

use self::attempts::Attempts;
pub use self::guard::{api, identify, pages};
use crate::{
    config::{
        self,
        secrets::{password::Verifier, token::hash},
    },
    http::health,
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    /// `None` without `[auth]`: every request is authenticated.
    authenticator: Option<Arc<Authenticator>>,
}

struct Authenticator {
    config: config::Auth,
    db: Db,
    verifier: Verifier,
    attempts: Attempts,
}

impl Auth {
    pub fn new(config: Option<&config::Auth>, db: Db) -> Self {
        let authenticator = config.map(|config| {
            let verifier = Verifier::new(config.password_hash.clone());
            Arc::new(Authenticator { config: config.clone(), db, verifier, attempts: Attempts::default() })
        });
        Self { authenticator }
    }

    /// The viewer of a request with these headers; `None` if not signed in. An unknown token is an error, so that its
    /// sender learns that it is wrong. `by_token`: true if tokens count for this path.
    async fn viewer(&self, headers: &HeaderMap, by_token: bool) -> Result<Option<Viewer>, Problem> {
        let Some(authenticator) = &self.authenticator else {
            return Ok(Some(Viewer { name: "local".to_owned(), signed_in: false }));
        };
        if let Some(sent) = headers.get(header::AUTHORIZATION).filter(|_| by_token) {
            let name = token::owner(&authenticator.config.tokens, sent).ok_or_else(|| {
                Problem::new(ProblemCode::Unauthorised, "This token is not configured. Check [[auth.tokens]].")
            })?;
            return Ok(Some(Viewer { name: name.to_owned(), signed_in: true }));
        }
        let Some(cookie) = session::sent(headers) else { return Ok(None) };
        let name = authenticator.db.session(&hash(cookie)).await.map_err(health::no_database)?;
        Ok(name.map(|name| Viewer { name, signed_in: true }))
    }
}
