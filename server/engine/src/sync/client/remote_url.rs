//! The URL of a remote table: `https://copy.example.com/v1/customers/acme/databases/shop/tables/orders`.

use std::path::PathBuf;

use model::Invalid;
use percent_encoding::percent_decode_str;
use url::Url;

const EXPECTED: &str =
    "the URL of a table such as https://copy.example.com/v1/customers/acme/databases/shop/tables/orders";

/// A parsed URL of a remote table.
pub struct RemoteUrl {
    /// URL without a trailing slash and without the query.
    pub url: String,
    pub host: String,
    pub secure: bool,
    /// PEM file from `?ca=FILE` with the only certificate authorities to trust.
    pub ca: Option<PathBuf>,
}

impl RemoteUrl {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let parsed = Url::parse(text).map_err(|_| invalid("…", EXPECTED))?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(invalid("…", "a URL without user and password: set `token` instead"));
        }
        let mut url = parsed.clone();
        url.set_query(None);
        url.set_fragment(None);
        let url = url.as_str().trim_end_matches('/').to_owned();
        let secure = match parsed.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(invalid(&url, EXPECTED)),
        };
        let host = parsed.host_str().ok_or_else(|| invalid(&url, EXPECTED))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let ca = match parsed.query() {
            None => None,
            Some(query) => match query.strip_prefix("ca=") {
                Some(path) if secure && !path.is_empty() && !path.contains('&') => {
                    Some(percent_decode_str(path).decode_utf8_lossy().into_owned().into())
                }
                _ => return Err(invalid(&url, "without a query, or an https URL with ?ca=FILE only")),
            },
        };
        Ok(Self { url, host, secure, ca })
    }
}

fn invalid(shown: &str, expected: &str) -> Invalid {
    Invalid::new("remote", shown, expected)
}
