//! Signatures of requests to managed domains of AWS (`SigV4`), by the official crate.
//!
//! Always: the signature is over exactly the path, query, headers and body that are sent. Credentials come from the SDK's
//! own chain, are renewed before they expire, and reach no error.

use std::time::SystemTime;

use aws_credential_types::{Credentials, provider::ProvideCredentials};
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

use crate::{
    credentials::Renewal,
    s3::Endpoint,
    ship::sink::{error::SinkFault, settings::Signing},
};

pub struct Signer {
    service: &'static str,
    region: String,
    renewal: Renewal,
}

impl Signer {
    /// Loads the region; the credentials are loaded when the first request is signed. `host`: of the receiver.
    pub async fn of(signing: &Signing, host: &str) -> Result<Self, SinkFault> {
        let region = signing.region.clone().or_else(|| region_of(host));
        let name = "sink".parse().map_err(SinkFault::Settings)?;
        let endpoint = Endpoint {
            name,
            url: None,
            region,
            path_style: None,
            profile: signing.profile.clone(),
            requester_pays: false,
            credentials: None,
            anonymous: false,
        };
        let (shared, renewal) = Box::pin(endpoint.shared()).await;
        let region = shared.region().map(ToString::to_string).unwrap_or_default();
        Ok(Self { service: signing.service.as_str(), region, renewal })
    }

    /// Loads the credentials once more after a refusal; whether the request is worth another attempt.
    pub async fn renew(&self) -> bool {
        self.renewal.renew(self.renewal.loads()).await
    }

    /// Adds the signature's headers to those of a request. `url`: scheme, host, path and query as they are sent.
    pub async fn sign(&self, method: &str, url: &str, headers: &mut HeaderMap, body: &[u8]) -> Result<(), SinkFault> {
        let credentials = self.renewal.provide_credentials().await.map_err(|error| denied(&error))?;
        self.sign_by(credentials, method, (url, body), headers)
    }

    fn sign_by(
        &self,
        credentials: Credentials,
        method: &str,
        (url, body): (&str, &[u8]),
        headers: &mut HeaderMap,
    ) -> Result<(), SinkFault> {
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256; // a serverless collection wants it
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| denied(&error))?
            .into();
        let signed = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let request = SignableRequest::new(method, url, signed, SignableBody::Bytes(body));
        let request = request.map_err(|error| denied(&error))?;
        let (instructions, _) = sign(request, &params).map_err(|error| denied(&error))?.into_parts();
        for (name, value) in instructions.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| denied(&error))?;
            let mut value = HeaderValue::from_str(value).map_err(|error| denied(&error))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(())
    }
}

/// The region in the name of a managed domain: `search-x.eu-west-1.es.amazonaws.com`, `x.eu-west-1.aoss.amazonaws.com`.
fn region_of(host: &str) -> Option<String> {
    let labels: Vec<&str> = host.split('.').collect();
    let service = labels.iter().position(|label| ["es", "aoss"].contains(label))?;
    let of_aws = labels.get(service + 1) == Some(&"amazonaws");
    Some(labels.get(service.checked_sub(1)?)?.to_string()).filter(|_| of_aws)
}

fn denied(error: &impl std::error::Error) -> SinkFault {
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        why = format!("{why}: {error}");
        cause = error.source();
    }
    SinkFault::Denied { why: format!("the request cannot be signed: {why}") }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Digest, Sha256};

    use super::*;

    fn mac(key: &[u8], text: &str) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    /// The signature of a request, computed by the words of AWS's documentation.
    fn expected(headers: &HeaderMap, method: &str, path: &str, query: &str, body: &[u8], service: &str) -> String {
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        let authorization = text("authorization");
        let part = |name: &str| authorization.split(name).nth(1).unwrap().split(',').next().unwrap().to_owned();
        let (signed, scope) = (part("SignedHeaders="), part("Credential=AKIDEXAMPLE/"));
        let lines: Vec<String> = signed.split(';').map(|name| format!("{name}:{}", text(name).trim())).collect();
        let canonical = lines.join("\n") + "\n";
        let digest = hex::encode(Sha256::digest(body));
        let request = format!("{method}\n{path}\n{query}\n{canonical}\n{signed}\n{digest}");
        let date = text("x-amz-date");
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(request)));
        let key = [&date[..8], "eu-west-1", service, "aws4_request"]
            .iter()
            .fold(b"AWS4secret".to_vec(), |key, part| mac(&key, part));
        hex::encode(mac(&key, &to_sign))
    }

    #[test]
    fn signature_covers_path_query_headers_and_body() {
        for service in ["es", "aoss"] {
            let signer = Signer { service, region: "eu-west-1".to_owned(), renewal: Renewal::default() };
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("search.example"));
            headers.insert("content-type", HeaderValue::from_static("application/x-ndjson"));
            let url = "https://search.example/elb/_bulk?filter_path=errors,items.*.status&pipeline=geo";
            let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
            signer.sign_by(credentials, "POST", (url, b"{}\n{}\n"), &mut headers).unwrap();
            let query = "filter_path=errors%2Citems.%2A.status&pipeline=geo";
            let expected = expected(&headers, "POST", "/elb/_bulk", query, b"{}\n{}\n", service);
            let authorization = headers["authorization"].to_str().unwrap();
            assert!(authorization.ends_with(&format!("Signature={expected}")), "{authorization}");
            assert!(authorization.contains(&format!("/eu-west-1/{service}/aws4_request")), "{authorization}");
            assert!(authorization.contains("content-type;host;"), "{authorization}");
            assert_eq!(headers["x-amz-security-token"], "token");
            assert!(
                headers["x-amz-content-sha256"].to_str().unwrap().len() == 64
                    && headers["authorization"].is_sensitive()
            );
        }
    }

    #[test]
    fn region_is_read_from_the_domain() {
        let region = |host| region_of(host);
        assert_eq!(region("search-logs-x.eu-west-1.es.amazonaws.com").as_deref(), Some("eu-west-1"));
        assert_eq!(region("x.us-gov-west-1.aoss.amazonaws.com").as_deref(), Some("us-gov-west-1"));
        assert_eq!(region("search.cn-north-1.es.amazonaws.com.cn").as_deref(), Some("cn-north-1"));
        for host in ["es.example.com", "logs.es", "127.0.0.1", "a.es.example.amazonaws.com"] {
            assert_eq!(region(host), None, "{host}");
        }
    }
}
