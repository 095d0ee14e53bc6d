//! `[[sinks]]`: where events go. Each default stands here, beside its key.

use std::{fmt, num::NonZeroU32, path::PathBuf};

use model::SinkName;

use super::{
    ConfigError,
    load::{NAME, WHOLE, not_empty, parsed, within},
    source::Section,
};

/// The name of the embedded receiver.
pub const DEMO_SINK: &str = "demo";

pub const SINK_URL: &str = "where events go: tcp://HOST:PORT or tls://HOST:PORT (JSON lines), lumberjack://HOST:PORT, \
                            http(s)://HOST:PORT/…/_bulk, or file:PATH";
const SCHEMES: [&str; 7] = ["tcp://", "tls://", "lumberjack://", "lumberjacks://", "http://", "https://", "file:"];

/// A `[[sinks]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sink {
    pub name: SinkName,
    pub url: String,
    /// Open at once, per job.
    pub connections: u32,
    /// Of one batch.
    pub batch_events: u32,
    pub batch_bytes: u32,
    /// A ceiling, per job; `None`: as many as the receiver takes.
    pub max_events_per_second: Option<NonZeroU32>,
    /// PEM of the authority that signed the receiver's certificate; `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    pub credentials: Option<Credentials>,
}

/// What an HTTP receiver wants to see.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    Password { user: String, password: String },
    ApiKey(String),
}

impl fmt::Debug for Credentials {
    /// A configuration may end in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => write!(f, "Password {{ user: {user:?} }}"),
            Self::ApiKey(_) => f.write_str("ApiKey"),
        }
    }
}

pub fn read(sections: Vec<Section<'_>>) -> Result<Vec<Sink>, ConfigError> {
    let mut sinks: Vec<Sink> = Vec::new();
    for mut section in sections {
        let name: SinkName = section.get("name", NAME, parsed)?.ok_or_else(|| section.missing("name", NAME))?;
        if sinks.iter().any(|sink| sink.name == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "sinks", name: name.to_string() });
        }
        let number = |text: &str, most: u32| within(text, 1, most);
        let sink = Sink {
            // A secret, as somebody may have written a password into it.
            url: section.get_secret("url", SINK_URL, url)?.ok_or_else(|| section.missing("url", SINK_URL))?,
            connections: section.get("connections", WHOLE, |text| number(text, 64))?.unwrap_or(4),
            batch_events: section.get("batch_events", WHOLE, |text| number(text, 100_000))?.unwrap_or(2_000),
            batch_bytes: section
                .get("batch_bytes", WHOLE, |text| within(text, 1_024, 16 << 20))?
                .unwrap_or(1 << 20),
            max_events_per_second: section
                .get("max_events_per_second", WHOLE, |text| number(text, 10_000_000))?
                .and_then(NonZeroU32::new),
            ca_file: section.get("ca_file", "the path of a PEM file", not_empty)?.map(PathBuf::from),
            credentials: credentials(&mut section)?,
            name,
        };
        section.finish()?;
        sinks.push(sink);
    }
    Ok(sinks)
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

fn url(text: &str) -> Option<String> {
    let known = SCHEMES.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    known.then(|| text.to_owned())
}

/// The embedded receiver as the others see it; where it listens is filled in when it does.
pub fn demo() -> Option<Sink> {
    Some(Sink {
        name: DEMO_SINK.parse().ok()?,
        url: "tcp://127.0.0.1:3002".to_owned(),
        connections: 2,
        batch_events: 2_000,
        batch_bytes: 1 << 20,
        max_events_per_second: None,
        ca_file: None,
        credentials: None,
    })
}
