//! The options for the name of a clone and for its limits that change by the hour or end it.
//!
//! The ceilings that the command has of its own (`--concurrency`, `--max-rps`, `--max-bandwidth`) hold beside them.

use clap::Args;
use engine::clone::check_limits;
use model::{Hours, JobName, Limits};

#[derive(Args)]
pub struct LimitArgs {
    /// Name of the clone in its output
    #[arg(long, value_name = "TEXT")]
    pub name: Option<JobName>,
    /// Ceilings on bytes a second by the hour, for each store, such as "08:00-18:00 10MB, 22:00-06:00 50MB"
    #[arg(long, value_name = "HOURS")]
    bandwidth_hours: Option<Hours>,
    /// Time zone of --bandwidth-hours, such as Europe/Zurich [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "bandwidth_hours")]
    bandwidth_zone: Option<String>,
    /// End, to be resumed later, once more objects than this have failed [default: never]
    #[arg(long, value_name = "N")]
    max_failures: Option<u64>,
}

impl LimitArgs {
    pub fn limits(&self) -> Result<Limits, String> {
        let limits = Limits {
            bandwidth_hours: self.bandwidth_hours.clone(),
            bandwidth_zone: self.bandwidth_zone.clone(),
            max_failures: self.max_failures,
            ..Limits::default()
        };
        check_limits(&limits).map(|()| limits).map_err(|invalid| invalid.to_string())
    }
}
