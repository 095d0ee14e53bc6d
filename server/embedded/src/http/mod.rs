//! The store over HTTP: the listener, and the layers around s3s.
//!
//! A request passes, in this order: [`guard`] (refuses web pages), [`credentials`] (removes unknown ones), [`chunked`]
//! (decodes bodies that s3s will not), s3s, [`xml`] (makes the answer parseable).

mod chunked;
mod counts;
mod credentials;
mod guard;
mod pace;
mod serve;
mod xml;

use std::sync::Arc;

use hyper::body::Incoming;
use s3s::{
    HttpResponse,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};

use crate::{ACCESS_KEY, SECRET_KEY, service::Service, storage::Storage};

pub use counts::Counts;
pub use pace::Pace;
pub use serve::serve;

use credentials::Signature;

#[derive(Clone)]
pub struct Front {
    s3: S3Service,
}

impl Front {
    pub fn new(storage: Arc<Storage>, counts: Arc<Counts>, pace: Pace) -> Self {
        let mut builder = S3ServiceBuilder::new(Service { storage });
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        builder.set_access(counts::CountAll(counts, pace::Gate::new(pace)));
        Self { s3: builder.build() }
    }

    pub async fn answer(&self, request: http::Request<Incoming>) -> HttpResponse {
        if let Some(refusal) = guard::refuse(&request) {
            return guard::forbidden(refusal);
        }
        let mut request = request.map(s3s::Body::from);
        if credentials::strip_foreign(&mut request) == Signature::None && chunked::is_chunked(request.headers()) {
            chunked::decode(&mut request);
        }
        match self.s3.call(request).await {
            Ok(response) => xml::escape_unknown_characters(response),
            Err(error) => {
                tracing::error!(?error, "a request could not be answered");
                let mut response = HttpResponse::new(s3s::Body::empty());
                *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        }
    }
}
