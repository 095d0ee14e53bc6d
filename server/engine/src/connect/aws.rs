//! The HTTP client of the AWS SDK.
//!
//! The SDK's own cannot use one proxy for `http://` and another for `https://`, and does not name the proxy that refused.

use std::{
    error::Error,
    fmt,
    iter::successors,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, error::display::DisplayErrorContext};
use hyper::header::PROXY_AUTHORIZATION;
use hyper_util::client::legacy::{self, Client};
use rustls::{ClientConfig, RootCertStore};

use super::{Connector, Proxies, ProxyError, client};
use crate::{
    credentials::NoCredentials,
    tls::{self, Untrusted},
};

/// Time limit of a connection.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// A file with the only certificate authorities to trust, and the setting that names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bundle {
    pub named_by: String,
    pub file: PathBuf,
}

struct Http {
    client: Client<Connector, SdkBody>,
    proxies: Arc<Proxies>,
}

/// For every URL. `bundle`: the authorities to trust instead of the machine's, which are read for the first request.
pub(crate) fn https(bundle: Option<Bundle>) -> SharedHttpClient {
    let client = OnceLock::new();
    let make = move || match authorities(bundle.as_ref()) {
        Ok(roots) => connector(tls::trusting(roots)),
        Err(untrusted) => SharedHttpConnector::new(Unusable(untrusted)),
    };
    http_client_fn(move |_, _| client.get_or_init(&make).clone())
}

/// For `http://` URLs; reads no authorities.
pub(crate) fn http() -> SharedHttpClient {
    let connector = connector(tls::trusting(RootCertStore::empty()));
    http_client_fn(move |_, _| connector.clone())
}

fn authorities(bundle: Option<&Bundle>) -> Result<RootCertStore, Untrusted> {
    let Some(Bundle { named_by, file }) = bundle else { return tls::of_the_machine() };
    tls::from_file(file).map_err(|error| Untrusted { why: format!("{named_by}: {}", error.why) })
}

fn connector(mut tls: ClientConfig) -> SharedHttpConnector {
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let proxies = Arc::new(Proxies::of_environment());
    let client = client(Connector::new(tls, Arc::clone(&proxies), CONNECT), |_| {});
    SharedHttpConnector::new(Http { client, proxies })
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        if let Some(authorization) = self.proxies.authorization(request.uri()) {
            let authorization = authorization.clone();
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        let answering = self.client.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answering.await.map_err(connector_error)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The kind by which the SDK decides whether to repeat a request. Engines look at the causes.
fn connector_error(error: legacy::Error) -> ConnectorError {
    ConnectorError::io(error.into())
}

/// Fails every request, as nothing could be trusted.
#[derive(Debug)]
struct Unusable(Untrusted);

impl HttpConnector for Unusable {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user(self.0.clone().into())))
    }
}

/// Why a request was not answered: the text of the cause that is written for people, else all causes.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    let said = successors(Some(error), |&error| error.source()).find_map(|cause| {
        let credentials = cause.downcast_ref::<NoCredentials>().map(|none| format!("no credentials: {none}"));
        let proxy = || cause.downcast_ref::<ProxyError>().map(ToString::to_string);
        let untrusted = || cause.downcast_ref::<Untrusted>().map(ToString::to_string);
        credentials.or_else(proxy).or_else(untrusted)
    });
    said.unwrap_or_else(|| DisplayErrorContext(error).to_string())
}
