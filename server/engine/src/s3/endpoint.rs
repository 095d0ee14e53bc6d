//! How to reach a store: URL, region, credentials and TLS, put together once when connecting. Connections to other services
//! of the same account (the queue of a pipeline) start here too.
//!
//! What the [`Endpoint`] does not name comes from the SDK's own chain: environment, profile, container or instance role.
//! One convenience: a store on loopback without any configured credentials counts as the embedded one, so that a first try
//! does not wait for a metadata service that does not exist.

use std::{env, net::IpAddr};

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig, identity::IdentityCache, meta::region::RegionProviderChain,
    profile::ProfileFileRegionProvider, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_s3::{
    Client,
    config::{Credentials, RequestChecksumCalculation, ResponseChecksumValidation, SharedHttpClient},
};
use model::StoreName;

use super::{blank::BlankKeys, complete::CompleteListing, payer::RequesterPays};
use crate::{
    connect::aws::{Bundle, CONNECT, http, https},
    credentials::{Files, Renewal, Source, profile_setting},
    tls::BUNDLE,
};

/// Credentials of the embedded store.
const EMBEDDED: (&str, &str) = ("logyard", "logyard-demo");

/// Region if nothing names one: the default of AWS; other stores ignore it.
const REGION: &str = "us-east-1";

/// Address and settings of a store: one `[[stores]]` entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub name: StoreName,
    /// `None`: AWS itself, or the URL in `AWS_ENDPOINT_URL` or the profile.
    pub url: Option<String>,
    pub region: Option<String>,
    /// Whether the bucket is in the path instead of the host name. Default: true if `url` is set.
    pub path_style: Option<bool>,
    /// Profile in the AWS configuration files.
    pub profile: Option<String>,
    /// Whether the requester pays for its buckets; every request then accepts the charge.
    pub requester_pays: bool,
    /// Fixed credentials, only for the embedded store; all others come from the SDK's chain.
    pub credentials: Option<(String, String)>,
    /// Whether requests are sent without credentials, as anyone may send them.
    pub anonymous: bool,
}

impl std::fmt::Debug for Endpoint {
    /// Without the credentials, as logs show it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("url", &self.url)
            .field("region", &self.region)
            .field("path_style", &self.path_style)
            .field("profile", &self.profile)
            .field("requester_pays", &self.requester_pays)
            .field("anonymous", &self.anonymous)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Makes the client; also returns the endpoint with its URL filled in.
    pub(super) async fn connect(mut self) -> (Client, Renewal, Self) {
        if self.url.is_none() {
            self.url = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].iter().find_map(|name| variable(name));
        }
        if self.credentials.is_none() && !self.anonymous && self.on_loopback() && !self.configured() {
            self.credentials = Some((EMBEDDED.0.to_owned(), EMBEDDED.1.to_owned()));
        }
        let (shared, renewal) = self.shared().await;
        self.url = self.url.or_else(|| shared.endpoint_url().map(str::to_owned));
        let mut config = aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(self.path_style.unwrap_or(self.url.is_some()))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .interceptor(CompleteListing)
            .interceptor(BlankKeys);
        if self.anonymous {
            config = config.allow_no_auth();
        }
        if self.requester_pays {
            config = config.interceptor(RequesterPays);
        }
        if let Some(url) = &self.url {
            config = config.endpoint_url(url);
            if url.starts_with("http://") {
                config = config.http_client(http());
            }
        }
        (Client::from_conf(config.build()), renewal, self)
    }

    /// Loads region and TLS, with the SDK's retries off. The credentials are loaded when they are needed, and again when
    /// they are renewed.
    pub(crate) async fn shared(&self) -> (SdkConfig, Renewal) {
        let http = https(self.bundle().await);
        let region = self.loader(http.clone()).no_credentials().load().await.region().cloned();
        let region = region.unwrap_or(Region::from_static(REGION));
        let loader = self.loader(http.clone()).region(region.clone());
        if let Some((key, secret)) = &self.credentials {
            let credentials = Credentials::new(key, secret, None, None, "logyard");
            return (loader.credentials_provider(credentials).load().await, Renewal::default());
        }
        if self.anonymous {
            return (loader.no_credentials().load().await, Renewal::default());
        }
        let profile = self.profile.clone();
        let renewal = Renewal::of(Source { profile, region: Some(region), http, files: Files::of_environment() });
        let loader = loader.identity_cache(IdentityCache::no_cache()).credentials_provider(renewal.clone());
        (loader.load().await, renewal)
    }

    fn loader(&self, http: SharedHttpClient) -> ConfigLoader {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build());
        if let Some(regions) = self.regions() {
            loader = loader.region(regions);
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        loader
    }

    /// The file of trusted authorities that the environment names, else the profile.
    async fn bundle(&self) -> Option<Bundle> {
        if let Some(file) = variable(BUNDLE) {
            return Some(Bundle { named_by: BUNDLE.to_owned(), file: file.into() });
        }
        let file = profile_setting(self.profile.as_deref(), "ca_bundle").await?;
        let profile = self.profile.as_deref().unwrap_or("in use");
        Some(Bundle { named_by: format!("ca_bundle of the profile {profile}"), file: file.into() })
    }

    /// `https://…`, or `AWS ap-southeast-2`.
    pub fn describe(&self) -> String {
        match (&self.url, &self.region) {
            (Some(url), _) => url.clone(),
            (None, Some(region)) => format!("AWS {region}"),
            (None, None) => "AWS".to_owned(),
        }
    }

    /// Whether a bucket name means the same bucket at both endpoints: bucket names are AWS-wide.
    pub fn same_service(&self, other: &Self) -> bool {
        let url = |endpoint: &Self| endpoint.url.as_deref().map(normal);
        url(self) == url(other)
    }

    /// Whether one request may read at this endpoint and write at the other.
    pub fn one_credential(&self, other: &Self) -> bool {
        self.same_service(other)
            && self.profile == other.profile
            && self.credentials == other.credentials
            && self.anonymous == other.anonymous
    }

    /// Whether one connection serves both endpoints: they differ in their names at most.
    pub fn is_reached_as(&self, other: &Self) -> bool {
        *self == Self { name: self.name.clone(), ..other.clone() }
    }

    fn on_loopback(&self) -> bool {
        let host = self.url.as_deref().map(host).unwrap_or_default();
        host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether the SDK's chain finds anything before an instance's metadata.
    fn configured(&self) -> bool {
        let named = [
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_ROLE_ARN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ];
        self.profile.is_some() || named.iter().any(|name| variable(name).is_some()) || Files::of_environment().exist()
    }

    /// Where the region comes from; `None`: from the SDK's chain, which ends with an instance's metadata. A store with a
    /// URL does not use the latter.
    fn regions(&self) -> Option<RegionProviderChain> {
        if let Some(region) = &self.region {
            return Some(RegionProviderChain::first_try(Region::new(region.clone())));
        }
        self.url.as_ref()?;
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        let environment = aws_config::environment::EnvironmentVariableRegionProvider::new();
        Some(RegionProviderChain::first_try(environment).or_else(profile.build()))
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// `127.0.0.1` of `http://127.0.0.1:9000/`.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if authority.starts_with('[') {
        return authority.split_inclusive(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

/// A URL without the differences in spelling that do not matter.
fn normal(url: &str) -> String {
    let url = url.trim_end_matches('/').to_ascii_lowercase().replace("://localhost", "://127.0.0.1");
    match url.split_once("://") {
        Some(("http", rest)) => format!("http://{}", rest.strip_suffix(":80").unwrap_or(rest)),
        Some(("https", rest)) => format!("https://{}", rest.strip_suffix(":443").unwrap_or(rest)),
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Endpoint {
        Endpoint {
            name: "here".parse().unwrap(),
            url: Some(url.to_owned()),
            region: None,
            path_style: None,
            profile: None,
            requester_pays: false,
            credentials: None,
            anonymous: false,
        }
    }

    #[test]
    fn every_spelling_of_loopback_is_recognised() {
        for url in ["http://127.0.0.1:9000", "http://localhost:9000/", "http://[::1]:9000", "http://127.8.0.1"] {
            assert!(at(url).on_loopback(), "{url}");
        }
        for url in ["http://10.0.0.1:9000", "https://s3.example.org", "http://127.0.0.1.example.org", "http://u@h:1"] {
            assert!(!at(url).on_loopback(), "{url}");
        }
    }

    #[test]
    fn two_spellings_are_the_same_service() {
        assert!(at("http://localhost:80/").same_service(&at("HTTP://127.0.0.1")));
        assert!(!at("http://127.0.0.1:1").same_service(&at("http://127.0.0.1:2")));
    }

    #[test]
    fn another_profile_may_be_another_account() {
        let other = Endpoint { profile: Some("other".to_owned()), ..at("http://h") };
        assert!(at("http://h").same_service(&other));
        assert!(!at("http://h").one_credential(&other));
    }

    #[test]
    fn credentials_never_reach_a_log() {
        let endpoint = Endpoint { credentials: Some(("key".into(), "hush".into())), ..at("http://h") };
        assert!(!format!("{endpoint:?}").contains("hush"));
    }

    #[test]
    fn embedded_credentials_match_the_embedded_store() {
        assert_eq!(EMBEDDED, (embedded::ACCESS_KEY, embedded::SECRET_KEY));
    }
}
