//! Objects that load balancers deliver, as far as their names tell: format, balancer, and the time covered.

mod foreign;
mod kind;
mod name;

use std::fmt;

pub use self::{foreign::Foreign, kind::Kind, name::LogName};

/// Formats of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Classic,
    Alb,
    Nlb,
    AlbConnection,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Classic, Self::Alb, Self::Nlb, Self::AlbConnection];

    /// As events, the command line and the configuration name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Alb => "alb",
            Self::Nlb => "nlb",
            Self::AlbConnection => "alb_connection",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
