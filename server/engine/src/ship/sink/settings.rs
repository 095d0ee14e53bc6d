//! The settings of a sink: one `[[sinks]]` entry.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use model::Invalid;

use super::{IndexPattern, SinkUrl, url::Place};
use crate::{connect::Proxy, tls::ClientCertificate};

/// Most events that Logstash accepts in one window.
const MOST_EVENTS: usize = 10_000;

/// Most bytes recommended for a request to Elasticsearch.
const MOST_BYTES: usize = 10 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub url: SinkUrl,
    /// Connections in use, over all deliveries; a TCP sink may keep as many again as spares.
    pub connections: usize,
    /// Most events per window or request. Larger batches are split, smaller ones sent as they are.
    pub batch_events: usize,
    /// Most bytes per window or request before compression; a larger event is sent alone.
    pub batch_bytes: usize,
    /// Rate limit over all deliveries; `None`: as fast as the receiver reads.
    pub max_events_per_second: Option<NonZeroU32>,
    /// How long a receiver may be unreachable, read nothing or answer nothing before it is given up.
    pub patience: Duration,
    /// For a file, and a sink that does not acknowledge: most bytes of unconfirmed events per delivery. Above it the
    /// connection is closed and a new one used (the file is synced), so that every event is always accounted for.
    pub unproven_bytes: usize,
    /// Compression level for Lumberjack and bulk, from 0 (none) to 9 (slowest).
    pub compression: u32,
    /// Credentials for bulk; `None`: those in the URL, if any.
    pub credentials: Option<Credentials>,
    /// Names of indexes made from each event, for bulk; `None`: the one in the URL.
    pub index: Option<IndexPattern>,
    /// Whether the index of bulk is a data stream, for its template.
    pub data_stream: bool,
    /// Signatures for a managed domain of AWS, instead of credentials.
    pub signing: Option<Signing>,
    /// Certificate that is shown to a receiver which asks for one.
    pub client_certificate: Option<ClientCertificate>,
    /// Proxy that leads to the receiver, whatever the environment says.
    pub proxy: Option<SinkProxy>,
}

/// How requests are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    pub service: AwsService,
    /// `None`: of the domain's name, else as configured for AWS.
    pub region: Option<String>,
    /// Profile in the AWS configuration files; `None`: the SDK's own chain.
    pub profile: Option<String>,
}

/// The service in whose name requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// A managed domain of `OpenSearch` or Elasticsearch.
    Es,
    /// A serverless collection.
    Aoss,
}

impl AwsService {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::Aoss => "aoss",
        }
    }
}

impl FromStr for AwsService {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "es" => Ok(Self::Es),
            "aoss" => Ok(Self::Aoss),
            _ => Err(Invalid::new("aws_service", text, "es for a managed domain, aoss for a serverless collection")),
        }
    }
}

/// A proxy, `http://[USER:PASSWORD@]HOST:PORT`. Its printed form has no credentials.
#[derive(Clone)]
pub struct SinkProxy(pub(super) Proxy);

impl FromStr for SinkProxy {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = |_| Invalid::new("proxy", "…", "http://host:port, as a proxy is reached over plain HTTP");
        Proxy::read("proxy", text).map(Self).map_err(wrong)
    }
}

impl fmt::Debug for SinkProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name())
    }
}

impl PartialEq for SinkProxy {
    fn eq(&self, other: &Self) -> bool {
        self.0.url == other.0.url && self.0.authorization == other.0.authorization
    }
}

impl Eq for SinkProxy {}

/// Credentials of a client.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    Password {
        user: String,
        password: String,
    },
    /// An API key as Elasticsearch shows it: `id:key` in base64.
    ApiKey(String),
}

impl fmt::Debug for Credentials {
    /// Without the credentials: this reaches logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password",
            Self::ApiKey(_) => "ApiKey",
        })
    }
}

impl Settings {
    /// Settings with default limits, suitable for any receiver.
    pub fn new(url: SinkUrl) -> Self {
        Self {
            url,
            connections: 4,
            batch_events: 2_000,
            batch_bytes: 1 << 20,
            max_events_per_second: None,
            patience: Duration::from_mins(1),
            unproven_bytes: 1 << 20,
            compression: 1,
            credentials: None,
            index: None,
            data_stream: false,
            signing: None,
            client_certificate: None,
            proxy: None,
        }
    }

    /// Validates the settings; opening a sink does so first.
    pub fn check(&self) -> Result<(), Invalid> {
        let within = |field: &str, value: usize, most: usize| {
            let expected = || format!("from 1 to {most}");
            if (1..=most).contains(&value) { Ok(()) } else { Err(Invalid::new(field, value.to_string(), expected())) }
        };
        within("connections", self.connections, 1_000)?;
        within("batch_events", self.batch_events, MOST_EVENTS)?;
        within("batch_bytes", self.batch_bytes, MOST_BYTES)?;
        within("unproven_bytes", self.unproven_bytes, 1 << 30)?;
        if self.patience < Duration::from_millis(1) {
            return Err(Invalid::new("patience", format!("{:?}", self.patience), "at least 1 ms"));
        }
        if self.compression > 9 {
            return Err(Invalid::new("compression", self.compression.to_string(), "from 0 (none) to 9 (slowest)"));
        }
        let bulk = matches!(self.url.place, Place::Bulk { .. });
        for (given, expected) in [
            (self.credentials.is_some() && !bulk, "an http or https URL: no other sink supports credentials"),
            (self.index.is_some() && !bulk, "an http or https URL: no other sink has indexes"),
            (self.data_stream && !bulk, "an http or https URL: no other sink has data streams"),
            (self.signing.is_some() && !bulk, "an http or https URL: no other sink takes signed requests"),
            (
                self.signing.is_some() && self.credentials().is_some(),
                "a URL and a sink without other credentials: requests are signed",
            ),
            (
                self.client_certificate.is_some() && !self.url.is_secure(),
                "https, tls or lumberjacks: a certificate needs TLS",
            ),
            (self.proxy.is_some() && matches!(self.url.place, Place::File(_)), "a receiver: no proxy leads to a file"),
        ] {
            if given {
                return Err(Invalid::new("url", self.url.to_string(), expected));
            }
        }
        Ok(())
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref().or(self.url.credentials())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_settings_are_refused_by_name() {
        let settings = |url: &str| Settings::new(url.parse().unwrap());
        let good = settings("http://search:9200/elb/_bulk");
        assert_eq!(good.check(), Ok(()));
        for (bad, field) in [
            (Settings { connections: 0, ..good.clone() }, "connections \"0\""),
            (Settings { batch_events: 10_001, ..good.clone() }, "batch_events \"10001\""),
            (Settings { batch_bytes: (10 << 20) + 1, ..good.clone() }, "from 1 to 10485760"),
            (Settings { unproven_bytes: 0, ..good.clone() }, "unproven_bytes"),
            (Settings { patience: Duration::ZERO, ..good.clone() }, "patience"),
            (Settings { compression: 10, ..good.clone() }, "compression \"10\""),
            (
                Settings { credentials: Some(Credentials::ApiKey("secret".into())), ..settings("tcp://logs:5000") },
                "no other sink supports credentials",
            ),
        ] {
            let refusal = bad.check().unwrap_err().to_string();
            assert!(refusal.contains(field) && !refusal.contains("secret"), "{refusal}");
            assert!(!format!("{bad:?}").contains("secret"));
        }
    }
}
