//! `[[sinks]]`: where events go. The engine has the defaults.

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use engine::{
    ship::sink::{Credentials, Settings, Signing, SinkUrl},
    tls::ClientCertificate,
};
use model::SinkName;

use super::{
    ConfigError, alerts,
    source::Section,
    values::{NAME, WHOLE, YES_NO, not_empty, parsed, within},
};

/// The name of the embedded receiver.
pub const DEMO_SINK: &str = "demo";

const SINK_URL: &str = "a URL such as tcp://host:5000, tls://host:5000?ca=FILE, lumberjack://host:5044, \
                        lumberjacks://host:5044, https://host:9200/INDEX/_bulk or file:PATH";
const LEVEL: &str = "a level from 0 (no compression) to 9 (smallest, slowest)";
const INDEX: &str = "the name of an index, which begins with a-z or 0-9 and may hold {year}, {month}, {date} and {FIELD}, \
                     such as elb-{date}";
const SERVICE: &str = "es for a managed domain, aoss for a serverless collection";
const PROXY: &str = "http://[USER:PASSWORD@]HOST:PORT, as a proxy is reached over plain HTTP";
const FITTING: &str = "a URL that fits the keys beside it: credentials, index, data_stream and aws_service need http or \
                       https, and aws_service no other credentials; client_cert needs https, tls or lumberjacks; no \
                       proxy leads to a file";

/// A `[[sinks]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sink {
    pub name: SinkName,
    pub settings: Settings,
}

/// Adds the intervals of `[sinks.canary]` to `canaries`.
pub fn read(sections: Vec<Section<'_>>, canaries: &mut BTreeMap<SinkName, Duration>) -> Result<Vec<Sink>, ConfigError> {
    let mut sinks: Vec<Sink> = Vec::new();
    for mut section in sections {
        let name: SinkName = section.get("name", NAME, parsed)?.ok_or_else(|| section.missing("name", NAME))?;
        if sinks.iter().any(|sink| sink.name == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "sinks", name: name.to_string() });
        }
        // Read as a secret, since a URL may contain a password.
        let url: SinkUrl =
            section.get_secret("url", SINK_URL, parsed)?.ok_or_else(|| section.missing("url", SINK_URL))?;
        let usual = Settings::new(url);
        let number = |text: &str, least: u32, most: u32| within(text, least, most).map(|number| number as usize);
        let settings = Settings {
            connections: section.get("connections", WHOLE, |text| number(text, 1, 1_000))?.unwrap_or(usual.connections),
            batch_events: section
                .get("batch_events", WHOLE, |text| number(text, 1, 10_000))?
                .unwrap_or(usual.batch_events),
            batch_bytes: section
                .get("batch_bytes", WHOLE, |text| number(text, 1_024, 10 << 20))?
                .unwrap_or(usual.batch_bytes),
            compression: section.get("compression", LEVEL, |text| within(text, 0, 9))?.unwrap_or(usual.compression),
            max_events_per_second: section
                .get("max_events_per_second", WHOLE, |text| within(text, 1, 10_000_000))?
                .and_then(NonZeroU32::new),
            credentials: credentials(&mut section)?,
            index: section.get("index", INDEX, parsed)?,
            data_stream: section.get("data_stream", YES_NO, parsed)?.unwrap_or(usual.data_stream),
            signing: signing(&mut section)?,
            client_certificate: client_certificate(&mut section)?,
            proxy: section.get_secret("proxy", PROXY, parsed)?,
            ..usual
        };
        if settings.check().is_err() {
            return Err(ConfigError::Shape { at: section.at(), key: "sinks.url".to_owned(), expected: FITTING });
        }
        if let Some(every) = alerts::canary(&mut section)? {
            canaries.insert(name.clone(), every);
        }
        section.finish()?;
        sinks.push(Sink { name, settings });
    }
    Ok(sinks)
}

fn signing(section: &mut Section<'_>) -> Result<Option<Signing>, ConfigError> {
    const NEEDS: &str = "left out where there is no aws_service: only signed requests need it";
    let service = section.get("aws_service", SERVICE, parsed)?;
    let with = |text: &str| not_empty(text).filter(|_| service.is_some());
    let region = section.get("aws_region", NEEDS, with)?;
    let profile = section.get("aws_profile", NEEDS, with)?;
    Ok(service.map(|service| Signing { service, region, profile }))
}

fn client_certificate(section: &mut Section<'_>) -> Result<Option<ClientCertificate>, ConfigError> {
    const CERTIFICATE: &str = "the PEM file of the certificate whose key client_key is";
    const KEY: &str = "the PEM file of the key of client_cert";
    let certificate = section.get("client_cert", CERTIFICATE, not_empty)?;
    let key = section.get("client_key", KEY, not_empty)?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Ok(Some(ClientCertificate { certificate: certificate.into(), key: key.into() }))
        }
        (Some(_), None) => Err(section.missing("client_key", KEY)),
        (None, Some(_)) => Err(section.missing("client_cert", CERTIFICATE)),
        (None, None) => Ok(None),
    }
}

fn credentials(section: &mut Section<'_>) -> Result<Option<Credentials>, ConfigError> {
    const PASSWORD: &str = "the user's password, best as \"${VARIABLE}\"";
    const USER: &str = "the user whose password this is";
    const ONE: &str = "left out where there is a username: a sink has one or the other";
    let user = section.get("username", "a name", not_empty)?;
    let password = section.get_secret("password", PASSWORD, not_empty)?;
    let key = section.get_secret("api_key", ONE, |text| not_empty(text).filter(|_| user.is_none()))?;
    match (user, password) {
        (Some(user), Some(password)) => Ok(Some(Credentials::Password { user, password })),
        (Some(_), None) => Err(section.missing("password", PASSWORD)),
        (None, Some(_)) => Err(section.missing("username", USER)),
        (None, None) => Ok(key.map(Credentials::ApiKey)),
    }
}

/// The demo's embedded receiver as a sink. Its address is filled in once it listens.
pub fn demo() -> Option<Sink> {
    let url = "tcp://127.0.0.1:3002".parse().ok()?;
    Some(Sink { name: DEMO_SINK.parse().ok()?, settings: Settings::new(url) })
}
