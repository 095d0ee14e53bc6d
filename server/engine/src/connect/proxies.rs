//! Which proxy leads to a URL, as curl and the AWS command line read the environment: lower case before upper case.

use std::{env, net::IpAddr};

use hyper::{Uri, header::HeaderValue};
use hyper_util::client::proxy::matcher::Matcher;

use super::ProxyError;

/// The proxies of the environment.
pub(crate) struct Proxies {
    http: Option<Result<Proxy, ProxyError>>,
    https: Option<Result<Proxy, ProxyError>>,
    /// Intercepts everything but the hosts of `NO_PROXY`.
    proxied: Matcher,
    /// Entries of `NO_PROXY` that name a port.
    direct_ports: Vec<(String, u16)>,
}

/// A proxy, reached over plain HTTP.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// `http://host:port/`, without credentials.
    pub url: Uri,
    pub authorization: Option<HeaderValue>,
    /// The variable that names it.
    pub variable: &'static str,
}

impl Proxies {
    pub fn of_environment() -> Self {
        Self::read(|name| env::var(name).ok())
    }

    /// A variable that is set and empty in lower case switches the one in upper case off.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| {
            let set = names.into_iter().find_map(|name| variable(name).map(|value| (name, value)));
            set.filter(|(_, value)| !value.trim().is_empty())
        };
        let all = first(["all_proxy", "ALL_PROXY"]);
        let proxy = |names| first(names).or_else(|| all.clone()).map(|(name, value)| Proxy::read(name, value.trim()));
        let (mut hosts, mut direct_ports) = (Vec::new(), Vec::new());
        let (_, direct) = first(["no_proxy", "NO_PROXY"]).unwrap_or_default();
        for entry in direct.split([',', ' ']).filter(|entry| !entry.is_empty()) {
            match entry.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
                Some((host, port)) if entry.parse::<IpAddr>().is_err() => direct_ports.push((bare(host), port)),
                _ => hosts.push(entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry)),
            }
        }
        Self {
            http: proxy(["http_proxy", "HTTP_PROXY"]),
            https: proxy(["https_proxy", "HTTPS_PROXY"]),
            proxied: Matcher::builder().all("http://proxy").no(hosts.join(",")).build(),
            direct_ports,
        }
    }

    /// The proxy that leads to a URL; `None`: it is reached directly.
    pub fn leading_to(&self, url: &Uri) -> Result<Option<&Proxy>, ProxyError> {
        let secure = url.scheme_str() == Some("https");
        let Some(proxy) = (if secure { &self.https } else { &self.http }) else { return Ok(None) };
        let host = bare(url.host().unwrap_or_default());
        let port = url.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if is_local(&host) || self.direct_ports.contains(&(host, port)) || self.proxied.intercept(url).is_none() {
            return Ok(None);
        }
        proxy.as_ref().map(Some).map_err(Clone::clone)
    }

    /// The credentials for a proxy that passes plain requests on, which each of them must carry.
    pub fn authorization(&self, url: &Uri) -> Option<&HeaderValue> {
        if url.scheme_str() != Some("http") {
            return None;
        }
        self.leading_to(url).ok()??.authorization.as_ref()
    }
}

impl Proxy {
    /// `variable`: what names it, for errors.
    pub fn read(variable: &'static str, value: &str) -> Result<Self, ProxyError> {
        let found = Matcher::builder().all(value).build().intercept(&Uri::from_static("http://host"));
        let usable = found.filter(|found| found.uri().scheme_str() == Some("http"));
        let found = usable.ok_or_else(|| ProxyError::Unusable { variable, value: without_credentials(value) })?;
        Ok(Self { url: found.uri().clone(), authorization: found.basic_auth().cloned(), variable })
    }

    /// `proxy.internal:3128 (HTTPS_PROXY)`.
    pub fn name(&self) -> String {
        let place = self.url.authority().map(ToString::to_string).unwrap_or_default();
        format!("{place} ({})", self.variable)
    }
}

/// Loopback, and the link-local addresses at which instances and containers find their metadata.
fn is_local(host: &str) -> bool {
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local() || address.is_unspecified(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unicast_link_local() || address.segments()[..2] == [0xfd00, 0x0ec2]
        }
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// A host in lower case and without the brackets of an IPv6 address.
fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

fn without_credentials(value: &str) -> String {
    let Some((start, host)) = value.rsplit_once('@') else { return value.to_owned() };
    let scheme = start.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}…@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(set: &'static [(&str, &str)]) -> Proxies {
        Proxies::read(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    fn leading(proxies: &Proxies, url: &str) -> Option<String> {
        let proxy = proxies.leading_to(&url.parse().unwrap()).unwrap();
        proxy.map(|proxy| proxy.url.authority().unwrap().to_string())
    }

    #[test]
    fn each_scheme_has_its_own_proxy() {
        let set = proxies(&[("HTTP_PROXY", "http://a:1"), ("https_proxy", "b:2"), ("HTTPS_PROXY", "http://c:3")]);
        assert_eq!(leading(&set, "http://x.example").as_deref(), Some("a:1"));
        assert_eq!(leading(&set, "https://x.example").as_deref(), Some("b:2"));
        assert_eq!(leading(&proxies(&[("ALL_PROXY", "a:1")]), "https://x.example").as_deref(), Some("a:1"));
        assert_eq!(leading(&proxies(&[("http_proxy", ""), ("HTTP_PROXY", "a:1")]), "http://x.example"), None);
        assert_eq!(leading(&proxies(&[]), "http://x.example"), None);
    }

    #[test]
    fn no_proxy_names_hosts_domains_networks_ports() {
        let set = proxies(&[
            ("HTTPS_PROXY", "http://p:1"),
            ("NO_PROXY", "exact.example, .inner.example,*.wild.example 10.0.0.0/8,[fd12::1]:9000,port.example:8443"),
        ]);
        for direct in [
            "https://exact.example",
            "https://a.inner.example",
            "https://a.wild.example",
            "https://10.1.2.3",
            "https://[fd12::1]:9000",
            "https://port.example:8443",
        ] {
            assert_eq!(leading(&set, direct), None, "{direct}");
        }
        for proxied in ["https://notexact.example", "https://11.1.2.3", "https://port.example", "https://[fd12::1]"] {
            assert!(leading(&set, proxied).is_some(), "{proxied}");
        }
        assert_eq!(leading(&proxies(&[("HTTP_PROXY", "p:1"), ("no_proxy", "*")]), "http://x.example"), None);
    }

    #[test]
    fn loopback_and_metadata_need_no_proxy() {
        let set = proxies(&[("HTTP_PROXY", "http://p:1"), ("HTTPS_PROXY", "http://p:1")]);
        for url in [
            "http://127.0.0.1:9000",
            "http://localhost:9000",
            "https://[::1]:9000",
            "http://169.254.169.254/latest",
            "http://[fd00:ec2::254]/latest",
        ] {
            assert_eq!(leading(&set, url), None, "{url}");
        }
    }

    #[test]
    fn unusable_proxy_is_an_error_without_password() {
        for value in ["socks5://user:hush@p:1", "https://user:hush@p:1", "http://user:hush@"] {
            let set = Proxies::read(|name| (name == "HTTPS_PROXY").then(|| value.to_owned()));
            let error = set.leading_to(&"https://x.example".parse().unwrap()).err().unwrap().to_string();
            assert!(error.contains("HTTPS_PROXY") && error.contains("http://host:port"), "{error}");
            assert!(!error.contains("hush"), "{error}");
            assert!(set.leading_to(&"http://x.example".parse().unwrap()).unwrap().is_none());
        }
    }

    #[test]
    fn credentials_go_with_plain_requests_only() {
        let set = proxies(&[("HTTP_PROXY", "http://u:p%40@p:1"), ("HTTPS_PROXY", "http://u:p@p:1")]);
        let authorization = |url: &str| set.authorization(&url.parse().unwrap()).cloned();
        assert_eq!(authorization("http://x.example").unwrap(), "Basic dTpwQA==");
        assert_eq!(authorization("https://x.example"), None);
        assert_eq!(authorization("http://127.0.0.1"), None);
    }
}
