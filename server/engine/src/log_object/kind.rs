//! What an object holds, by the name that the balancer gave it.

use super::Format;

/// The kinds of objects that balancers deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Log(Format),
    /// The health of targets, not traffic: there is no event to make of it.
    AlbHealthCheck,
}

impl Kind {
    /// Judges by the last part of a key or path; `None` if it is not named like a balancer's log.
    pub fn of_key(key: &str) -> Option<Self> {
        let (_, name) = key.rsplit_once('/').unwrap_or(("", key));
        let (start, rest) = name.split_once("_elasticloadbalancing_")?;
        if start.starts_with("conn_log") {
            return Some(Self::Log(Format::AlbConnection));
        }
        if start.starts_with("health_check_log") {
            return Some(Self::AlbHealthCheck);
        }
        // What follows is `<region>_<balancer>_<end>…`, and neither a region nor a balancer's name has underscores.
        let balancer = rest.split('_').nth(1)?;
        Some(Self::Log(match balancer {
            _ if balancer.starts_with("app.") => Format::Alb,
            _ if balancer.starts_with("net.") => Format::Nlb,
            _ => Format::Classic,
        }))
    }

    pub fn format(self) -> Option<Format> {
        match self {
            Self::Log(format) => Some(format),
            Self::AlbHealthCheck => None,
        }
    }
}
