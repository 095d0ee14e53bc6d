//! What a sink is opened with; one `[[sinks]]` entry.

use std::{fmt, num::NonZeroU32, time::Duration};

use model::Invalid;

use super::{SinkUrl, url::Place};

/// What Logstash takes in one window.
const MOST_EVENTS: usize = 10_000;

/// What Elasticsearch is meant to be sent in one request.
const MOST_BYTES: usize = 10 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub url: SinkUrl,
    /// Connections with events on them at once, over all deliveries; to a TCP receiver as many again may stand by.
    pub connections: usize,
    /// Events in one window or request at most. Larger batches are split; smaller ones are sent as they come.
    pub batch_events: usize,
    /// The same in bytes before compression; an event that is larger goes alone.
    pub batch_bytes: usize,
    /// Over all deliveries. `None`: as fast as the receiver takes them.
    pub max_events_per_second: Option<NonZeroU32>,
    /// How long a receiver may be away, take nothing or say nothing before it is given up.
    pub patience: Duration,
    /// Of a sink that does not acknowledge, and of a file: bytes of events kept until they are known to have arrived,
    /// for each delivery. After so many the connection is closed and a new one used (the file is synced), so that
    /// whatever happens every event is accounted for.
    pub unproven_bytes: usize,
    /// From 0, none, to 9, slowest; of Lumberjack and bulk.
    pub compression: u32,
    /// Of bulk; what the URL holds counts where this is `None`.
    pub credentials: Option<Credentials>,
}

/// How a client proves who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    Password {
        user: String,
        password: String,
    },
    /// As Elasticsearch shows it once: `id:key` in base64.
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
    /// With limits that suit a receiver of which nothing is known.
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
        }
    }

    /// Whether they fit together; opening a sink asks first.
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
        if self.credentials.is_some() && !matches!(self.url.place, Place::Bulk { .. }) {
            let expected = "an http or https URL: no other sink has a place for credentials";
            return Err(Invalid::new("url", self.url.to_string(), expected));
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
    fn settings_that_no_receiver_could_take_are_refused_by_name() {
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
                "no other sink has a place for credentials",
            ),
        ] {
            let refusal = bad.check().unwrap_err().to_string();
            assert!(refusal.contains(field) && !refusal.contains("secret"), "{refusal}");
            assert!(!format!("{bad:?}").contains("secret"));
        }
    }
}
