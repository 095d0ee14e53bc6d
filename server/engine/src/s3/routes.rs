//! Where the requests about a bucket go, as the store has said: its region, and for a while another host.
//!
//! A store that is asked in the wrong region names the right one, and the next request is signed for it and, at AWS, sent
//! there. A redirect (307, 308) counts for a minute, as it is meant for the time until a new bucket's name is known.
//!
//! Always: never from HTTPS to HTTP, and only to an address that differs in its host, not in what is asked for.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_sdk_s3::config::endpoint::{DefaultResolver, EndpointFuture, InvalidParams, Params, ResolveEndpoint};
use aws_smithy_types::endpoint::Endpoint;
use tokio::time::Instant;
use url::{Position, Url};

/// Time for which a redirect counts.
const REDIRECTED: Duration = Duration::from_mins(1);

/// Longest name of a region.
const REGION: usize = 64;

/// What a store has said, by bucket; "" for requests about none. One for a store and all clients made of it.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// Whether there is any: most stores never say anything.
    any: AtomicBool,
    of: Mutex<HashMap<String, Route>>,
}

#[derive(Clone, Debug, Default)]
struct Route {
    region: Option<String>,
    host: Option<Host>,
}

#[derive(Clone, Debug)]
struct Host {
    /// `https://host:port`
    origin: String,
    /// Whether the bucket stays in the path.
    in_path: bool,
    until: Instant,
}

impl Routes {
    /// Sends the next requests about the bucket to this region; false if that is not a region's name.
    pub fn to_region(&self, bucket: Option<&str>, region: &str) -> bool {
        let named = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !named || region.is_empty() || region.len() > REGION {
            return false;
        }
        self.routes().entry(bucket.unwrap_or_default().to_owned()).or_default().region = Some(region.to_owned());
        self.any.store(true, Relaxed);
        true
    }

    /// Sends the next requests about the bucket to where the answer to `sent` redirects; false if it must not be followed.
    pub fn redirect(&self, bucket: Option<&str>, sent: &Url, to: &str) -> bool {
        let Ok(to) = sent.join(to) else { return false };
        let bucket = bucket.unwrap_or_default();
        let downgrade = sent.scheme() == "https" && to.scheme() != "https";
        let same_place = to[..Position::BeforePath] == sent[..Position::BeforePath];
        if downgrade || same_place || !matches!(to.scheme(), "http" | "https") || to.host().is_none() {
            return false;
        }
        let in_path = to.path() == sent.path();
        let in_host = sent.path().strip_prefix('/').and_then(|path| path.strip_prefix(bucket)) == Some(to.path());
        if !in_path && !in_host {
            return false;
        }
        let host = Host { origin: to[..Position::BeforePath].to_owned(), in_path, until: Instant::now() + REDIRECTED };
        self.routes().entry(bucket.to_owned()).or_default().host = Some(host);
        self.any.store(true, Relaxed);
        true
    }

    fn of(&self, bucket: Option<&str>) -> Option<Route> {
        if !self.any.load(Relaxed) {
            return None;
        }
        let route = self.routes().get(bucket.unwrap_or_default()).cloned()?;
        Some(Route { host: route.host.filter(|host| host.until > Instant::now()), ..route })
    }

    fn routes(&self) -> MutexGuard<'_, HashMap<String, Route>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The SDK's rules, with what the store has said.
#[derive(Debug)]
pub(super) struct Resolver {
    rules: DefaultResolver,
    routes: Arc<Routes>,
}

impl Resolver {
    pub fn new(routes: Arc<Routes>) -> Self {
        Self { rules: DefaultResolver::new(), routes }
    }
}

impl ResolveEndpoint for Resolver {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        let rules: &dyn ResolveEndpoint = &self.rules;
        let Some(Route { region, host }) = self.routes.of(params.bucket()) else {
            return rules.resolve_endpoint(params);
        };
        EndpointFuture::new(async move {
            let endpoint = match &region {
                Some(region) => rules.resolve_endpoint(&in_region(params, region)?).await?,
                None => rules.resolve_endpoint(params).await?,
            };
            Ok(match host {
                Some(host) => at_host(endpoint, &host),
                None => endpoint,
            })
        })
    }
}

fn at_host(endpoint: Endpoint, host: &Host) -> Endpoint {
    let path = Url::parse(endpoint.url()).ok().filter(|_| host.in_path).map(|url| url.path().to_owned());
    let path = path.unwrap_or_default();
    endpoint.into_builder().url(format!("{}{}", host.origin, path.trim_end_matches('/'))).build()
}

/// The same parameters for another region.
fn in_region(params: &Params, region: &str) -> Result<Params, InvalidParams> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Params::builder()
        .region(region)
        .set_bucket(text(params.bucket()))
        .set_use_fips(params.use_fips())
        .set_use_dual_stack(params.use_dual_stack())
        .set_endpoint(text(params.endpoint()))
        .set_force_path_style(params.force_path_style())
        .set_accelerate(params.accelerate())
        .set_use_global_endpoint(params.use_global_endpoint())
        .set_use_object_lambda_endpoint(params.use_object_lambda_endpoint())
        .set_key(text(params.key()))
        .set_prefix(text(params.prefix()))
        .set_copy_source(text(params.copy_source()))
        .set_disable_access_points(params.disable_access_points())
        .set_disable_multi_region_access_points(params.disable_multi_region_access_points())
        .set_use_arn_region(params.use_arn_region())
        .set_use_s3_express_control_endpoint(params.use_s3_express_control_endpoint())
        .set_disable_s3_express_session_auth(params.disable_s3_express_session_auth())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn region_named_by_the_store_decides_address_and_signature() {
        let routes = Arc::new(Routes::default());
        let resolver = Resolver::new(Arc::clone(&routes));
        let params = Params::builder().region("us-east-1").bucket("photos").build().unwrap();
        assert!(!routes.to_region(Some("photos"), "evil.example/x"));
        assert!(routes.to_region(Some("photos"), "eu-west-3"));
        let endpoint = resolver.resolve_endpoint(&params).await.unwrap();
        assert_eq!(endpoint.url(), "https://photos.s3.eu-west-3.amazonaws.com");
        let other = Params::builder().region("us-east-1").bucket("other-one").build().unwrap();
        assert_eq!(
            resolver.resolve_endpoint(&other).await.unwrap().url(),
            "https://other-one.s3.us-east-1.amazonaws.com"
        );
    }

    #[tokio::test]
    async fn access_point_is_reached_in_its_own_region() {
        let resolver = Resolver::new(Arc::new(Routes::default()));
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs";
        let params = Params::builder().region("us-east-1").bucket(arn).build().unwrap();
        let endpoint = resolver.resolve_endpoint(&params).await.unwrap();
        assert_eq!(endpoint.url(), "https://logs-123456789012.s3-accesspoint.eu-west-1.amazonaws.com");
    }

    #[tokio::test(start_paused = true)]
    async fn redirects_count_for_a_minute() {
        let routes = Arc::new(Routes::default());
        let resolver = Resolver::new(Arc::clone(&routes));
        let params = Params::builder().region("r").bucket("photos").endpoint("http://h:1").force_path_style(true);
        let params = params.build().unwrap();
        let sent = url("http://h:1/photos/a?x=1");
        assert!(routes.redirect(Some("photos"), &sent, "http://h:2/photos/a?x=1"));
        assert_eq!(resolver.resolve_endpoint(&params).await.unwrap().url(), "http://h:2/photos");
        assert!(routes.redirect(Some("photos"), &sent, "http://photos.h:3/a"));
        assert_eq!(resolver.resolve_endpoint(&params).await.unwrap().url(), "http://photos.h:3");
        tokio::time::advance(REDIRECTED).await;
        assert_eq!(resolver.resolve_endpoint(&params).await.unwrap().url(), "http://h:1/photos");
    }

    #[test]
    fn redirects_to_other_places_are_not_followed() {
        let routes = Routes::default();
        let sent = url("https://h/photos/a");
        for to in ["http://h/photos/a", "https://h/photos/a", "https://i/login", "/photos/a", "ftp://h/photos/a", "::"]
        {
            assert!(!routes.redirect(Some("photos"), &sent, to), "{to}");
        }
        assert!(routes.redirect(Some("photos"), &sent, "https://i/photos/a"));
    }
}
