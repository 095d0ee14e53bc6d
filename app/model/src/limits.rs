//! Limits of one clone. Those of its stores hold beside them, for all jobs together.

use std::{fmt, num::NonZeroU32};

use serde::{Deserialize, Serialize};

use crate::{BytesPerSecond, Hours, Invalid, number::counted};

/// No limits by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Most copies in flight, 1 to [`Limits::MAX_CONCURRENCY`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<NonZeroU32>,
    /// Ceiling on requests a second, for each store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<NonZeroU32>,
    /// Ceiling on bytes copied a second, for each store; with hours, outside of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<BytesPerSecond>,
    /// Ceilings by the hour instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth_hours: Option<Hours>,
    /// IANA time zone of the hours; `None` is UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth_zone: Option<String>,
    /// The copying ends once more objects than this have failed since it was started, resumed or retried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<u64>,
}

impl Limits {
    pub const MAX_CONCURRENCY: u32 = 1_024;

    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The zone of the hours.
    pub fn zone(&self) -> &str {
        self.bandwidth_zone.as_deref().unwrap_or("UTC")
    }

    /// Refuses what types do not. Whether the zone exists, the engine knows.
    pub fn check(&self) -> Result<(), Invalid> {
        if let Some(most) = self.concurrency.filter(|most| most.get() > Self::MAX_CONCURRENCY) {
            return Err(Invalid::new("limits.concurrency", most.to_string(), "1 to 1,024 copies in flight"));
        }
        match &self.bandwidth_zone {
            Some(zone) if self.bandwidth_hours.is_none() => {
                Err(Invalid::new("limits.bandwidth_zone", zone, "left out without bandwidth_hours"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Limits {
    /// `at most 16 copies in flight; bytes/s by the hour: 08:00-18:00 1MB (UTC); at most 10MB/s otherwise`; empty for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outside = if self.bandwidth_hours.is_some() { " otherwise" } else { "" };
        let parts = [
            self.concurrency.map(|most| format!("at most {} in flight", copies(most.get()))),
            self.requests_per_second.map(|most| format!("at most {}/s", counted(most.get().into(), "request"))),
            self.bandwidth_hours.as_ref().map(|hours| format!("bytes/s by the hour: {hours} ({})", self.zone())),
            self.bytes_per_second.map(|most| format!("at most {most}/s{outside}")),
            self.max_failures.map(|most| format!("ends after more than {}", failed(most))),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

fn copies(number: u32) -> String {
    if number == 1 { "1 copy".to_owned() } else { format!("{} copies", crate::number::count(number.into())) }
}

fn failed(number: u64) -> String {
    format!("{} failed {}", crate::number::count(number), if number == 1 { "object" } else { "objects" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Limits {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn limits_are_described_in_words() {
        let some = read(
            r#"{"concurrency": 1, "requests_per_second": 100, "bytes_per_second": "10MB", "max_failures": 5,
                "bandwidth_hours": "08:00-18:00 1MB", "bandwidth_zone": "Europe/Zurich"}"#,
        );
        assert_eq!(
            some.to_string(),
            "at most 1 copy in flight; at most 100 requests/s; bytes/s by the hour: 08:00-18:00 1MB (Europe/Zurich); \
             at most 10MB/s otherwise; ends after more than 5 failed objects"
        );
        assert_eq!((Limits::default().to_string(), some.check()), (String::new(), Ok(())));
        assert_eq!(serde_json::from_str::<Limits>(&serde_json::to_string(&some).unwrap()).unwrap(), some);
    }

    #[test]
    fn impossible_limits_are_refused_with_their_field() {
        assert_eq!(read(r#"{"concurrency": 2000}"#).check().unwrap_err().field, "limits.concurrency");
        assert_eq!(read(r#"{"bandwidth_zone": "UTC"}"#).check().unwrap_err().field, "limits.bandwidth_zone");
        for (wrong, said) in [
            (r#"{"concurrency": 0}"#, "nonzero"),
            (r#"{"bytes_per_second": 0}"#, "at least 1"),
            (r#"{"bandwidth_hours": "all day"}"#, "08:00-18:00 10MB"),
            (r#"{"max_rps": 1}"#, "unknown field"),
        ] {
            assert!(serde_json::from_str::<Limits>(wrong).unwrap_err().to_string().contains(said), "{wrong}");
        }
    }
}
