//! The URL of a sink: `tcp://logs.internal:5000`, `lumberjacks://logs.internal`,
//! `https://search.internal:9200/elb-logs/_bulk`, `file:/var/spool/events.ndjson`.
//!
//! Always: no printed form of a URL contains credentials.

use std::{fmt, path::PathBuf, str::FromStr};

use model::Invalid;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::Credentials;

/// Default port of Logstash's `beats` input.
const BEATS_PORT: u16 = 5044;

const EXPECTED: &str = "a URL such as tcp://host:5000, tls://host:5000?ca=FILE, lumberjack://host:5044, \
    lumberjacks://host:5044, https://host:9200/INDEX/_bulk or file:PATH";

#[derive(Clone, PartialEq, Eq)]
pub struct SinkUrl {
    pub(super) place: Place,
    /// The URL as written, without credentials.
    shown: String,
    credentials: Option<Credentials>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Logstash's TCP input with the `json_lines` codec, rsyslog, syslog-ng: one line per event.
    Lines(Peer),
    /// Logstash's `beats` input.
    Lumberjack(Peer),
    /// Elasticsearch or `OpenSearch`; path and query are the receiver's own.
    Bulk {
        peer: Peer,
        path_and_query: String,
    },
    File(PathBuf),
}

/// A receiver on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// The host as written in a URL.
    pub authority: String,
    pub port: u16,
    pub tls: Option<Tls>,
}

/// How the receiver's identity is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tls {
    /// PEM file with the only trusted authorities; `None`: the machine's.
    pub ca: Option<PathBuf>,
}

impl SinkUrl {
    /// Whether the receiver acknowledges events.
    pub fn acknowledges(&self) -> bool {
        !matches!(self.place, Place::Lines(_))
    }

    /// Whether the receiver is reached by TLS.
    pub(super) fn is_secure(&self) -> bool {
        match &self.place {
            Place::Lines(peer) | Place::Lumberjack(peer) | Place::Bulk { peer, .. } => peer.tls.is_some(),
            Place::File(_) => false,
        }
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

impl fmt::Display for SinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for SinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SinkUrl({})", self.shown)
    }
}

impl FromStr for SinkUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if let Some(path) = text.strip_prefix("file:") {
            return file(text, path);
        }
        let mut url = Url::parse(text).map_err(|_| invalid(text, EXPECTED))?;
        let credentials = credentials(&url);
        // Neither can fail for a URL with a host; a URL without one is refused below.
        let _ = url.set_username("").and(url.set_password(None));
        let shown = url.as_str().trim_end_matches('/').to_owned();
        let wrong = |expected: &str| invalid(&shown, expected);

        let (secure, port) = match url.scheme() {
            "tcp" => (false, None),
            "tls" => (true, None),
            "lumberjack" => (false, Some(BEATS_PORT)),
            "lumberjacks" => (true, Some(BEATS_PORT)),
            "http" | "https" => (url.scheme() == "https", url.port_or_known_default()),
            _ => return Err(wrong(EXPECTED)),
        };
        let host = url.host().ok_or_else(|| wrong("a URL with a host name"))?;
        let authority = host.to_string();
        let host = match host {
            Host::Domain("") => return Err(wrong("a URL with a host name")),
            Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        let port = url.port().or(port).ok_or_else(|| wrong("a URL with a port, such as tcp://host:5000"))?;
        let (ca, query) = options(&url);
        if ca.is_some() && !secure {
            return Err(wrong("without ca=…, or a scheme with TLS: tls, lumberjacks or https"));
        }
        let peer = Peer { host, authority, port, tls: secure.then_some(Tls { ca }) };
        let bulk = url.scheme().starts_with("http");
        if bulk && !url.path().ends_with("/_bulk") {
            return Err(wrong("a URL whose path ends in /_bulk, such as https://host:9200/INDEX/_bulk"));
        }
        if !bulk && !matches!(url.path(), "" | "/") {
            return Err(wrong("a URL without a path"));
        }
        if !bulk && credentials.is_some() {
            return Err(wrong("without user and password: only http and https support them"));
        }
        if !bulk && let Some(query) = &query {
            return Err(wrong(&format!("without {query:?}: the only option is ca=FILE")));
        }
        let place = match url.scheme() {
            "tcp" | "tls" => Place::Lines(peer),
            "lumberjack" | "lumberjacks" => Place::Lumberjack(peer),
            _ => Place::Bulk { peer, path_and_query: path_and_query(url.path(), query.as_deref()) },
        };
        Ok(Self { place, shown, credentials })
    }
}

fn file(text: &str, path: &str) -> Result<SinkUrl, Invalid> {
    // `file:///path` is the same as `file:/path`; there is no host.
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.ends_with('/') {
        return Err(invalid(text, "file: and the path of a file, such as file:/var/spool/events.ndjson"));
    }
    Ok(SinkUrl { place: Place::File(path.into()), shown: format!("file:{path}"), credentials: None })
}

/// User and password of a URL.
fn credentials(url: &Url) -> Option<Credentials> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let password = url.password().map(decoded).unwrap_or_default();
    (!url.username().is_empty() || !password.is_empty())
        .then(|| Credentials::Password { user: decoded(url.username()), password })
}

/// Splits the query into Logyard's own `ca` option and the rest as written.
fn options(url: &Url) -> (Option<PathBuf>, Option<String>) {
    let Some(query) = url.query() else { return (None, None) };
    let (ours, theirs): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with("ca="));
    let ca = ours.first().map(|pair| percent_decode_str(&pair[3..]).decode_utf8_lossy().into_owned().into());
    (ca, (!theirs.is_empty()).then(|| theirs.join("&")))
}

/// Adds a filter that limits the answer to the fields that are read, which removes most of it.
fn path_and_query(path: &str, query: Option<&str>) -> String {
    const FILTER: &str = "filter_path=errors,error,items.*.status,items.*.error.type,items.*.error.reason";
    match query {
        Some(query) => format!("{path}?{query}&{FILTER}"),
        None => format!("{path}?{FILTER}"),
    }
}

fn invalid(text: &str, expected: &str) -> Invalid {
    Invalid::new("url", without_credentials(text), expected)
}

/// Removes credentials from a text that may not be a valid URL.
fn without_credentials(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://…@{after}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> SinkUrl {
        text.parse().unwrap()
    }

    fn refusal(text: &str) -> String {
        text.parse::<SinkUrl>().unwrap_err().to_string()
    }

    fn peer(host: &str, authority: &str, port: u16, tls: Option<Tls>) -> Peer {
        Peer { host: host.into(), authority: authority.into(), port, tls }
    }

    #[test]
    fn scheme_selects_the_kind_of_sink() {
        assert_eq!(
            parsed("tcp://logs.internal:5000").place,
            Place::Lines(peer("logs.internal", "logs.internal", 5000, None))
        );
        assert_eq!(
            parsed("tls://[::1]:6514?ca=/etc/ca.pem").place,
            Place::Lines(peer("::1", "[::1]", 6514, Some(Tls { ca: Some("/etc/ca.pem".into()) })))
        );
        assert_eq!(
            parsed("lumberjack://10.0.0.1").place,
            Place::Lumberjack(peer("10.0.0.1", "10.0.0.1", BEATS_PORT, None))
        );
        assert_eq!(
            parsed("lumberjacks://logs:1").place,
            Place::Lumberjack(peer("logs", "logs", 1, Some(Tls { ca: None })))
        );
        let Place::Bulk { peer, path_and_query } = parsed("https://search/elb/_bulk?pipeline=p&ca=a%20b").place else {
            panic!("not bulk")
        };
        assert_eq!((peer.port, peer.tls), (443, Some(Tls { ca: Some("a b".into()) })));
        assert!(path_and_query.starts_with("/elb/_bulk?pipeline=p&filter_path="), "{path_and_query}");
        for (text, path) in [("file:a.ndjson", "a.ndjson"), ("file:/v/a", "/v/a"), ("file:///v/a", "/v/a")] {
            assert_eq!(parsed(text).place, Place::File(path.into()));
        }
    }

    #[test]
    fn credentials_are_parsed_and_never_shown() {
        let url = parsed("https://ship%40per:s%2Fecret@search:9200/_bulk");
        let expected = Credentials::Password { user: "ship@per".into(), password: "s/ecret".into() };
        assert_eq!(url.credentials(), Some(&expected));
        for shown in [
            url.to_string(),
            format!("{url:?} {:?}", url.credentials()),
            refusal("https://ship:secret@search/x"),
            refusal("htps://ship:secret@search/_bulk"),
            refusal("https://ship:secret@sea rch/_bulk"),
            refusal("tcp://ship:secret@search:5"),
        ] {
            assert!(!shown.contains("ecret") && !shown.contains("ship"), "{shown}");
        }
        assert_eq!(url.to_string(), "https://search:9200/_bulk");
    }

    #[test]
    fn invalid_url_is_refused_with_expected_form() {
        for (text, expected) in [
            ("logs:5000", "tcp://host:5000"),
            ("tcp://logs", "a port"),
            ("tcp://:5000", "tcp://host:5000"),
            ("tcp://logs:5000/x", "without a path"),
            ("tcp://logs:5000?ca=x", "a scheme with TLS"),
            ("tls://logs:5000?verify=no", "the only option is ca=FILE"),
            ("http://search:9200/elb", "/_bulk"),
            ("udp://logs:514", "tcp://host:5000"),
            ("file:", "the path of a file"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(expected) && refusal.contains(text), "{refusal}");
        }
    }
}
