//! Buckets whose requests are paid by whoever asks: each request says that it will pay, or it is refused.

use aws_sdk_s3::{
    Client,
    config::{ConfigBag, Intercept, RuntimeComponents},
};
use aws_smithy_runtime_api::{box_error::BoxError, client::interceptors::context::BeforeTransmitInterceptorContextMut};

use super::{Endpoint, S3Client};

/// On every request, so that none can forget it.
#[derive(Debug)]
pub(super) struct RequesterPays;

impl Intercept for RequesterPays {
    fn name(&self) -> &'static str {
        "RequesterPays"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("x-amz-request-payer", "requester");
        Ok(())
    }
}

impl S3Client {
    /// The same store, that also pays for what it reads at `source` in a copy that it makes by itself. To a bucket that
    /// pays for itself the promise means nothing.
    #[must_use]
    pub fn paying_for(&self, source: &Self) -> Self {
        if !source.endpoint.requester_pays || self.endpoint.requester_pays {
            return self.clone();
        }
        let client = Client::from_conf(self.client.config().to_builder().interceptor(RequesterPays).build());
        let endpoint = Endpoint { requester_pays: true, ..Endpoint::clone(&self.endpoint) };
        Self { client, endpoint: endpoint.into(), ..self.clone() }
    }
}
