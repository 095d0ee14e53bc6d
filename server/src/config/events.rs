//! `[pipelines.events]`: how the events of a pipeline differ from what the log says.
//!
//! Always: what is read here works. A condition that cannot be read, a field that no event has and names that clash are
//! errors of the configuration, with their place.

use std::collections::BTreeMap;

use engine::ship::Transform;
use model::EventOptions;

use super::{
    ConfigError,
    source::Section,
    values::{YES_NO, not_empty, parsed},
};

const SCHEMA: &str = "aws or ecs";
const FIELDS: &str = "a list of fields such as [\"ssl_cipher\"]";
const REDACT: &str = "a list of addresses and queries";
const SAMPLE: &str = "a whole number from 1: one event in so many is kept";
const CONDITION: &str = "a condition such as elb_status_code >= 500 and not request_url ~ \"/health\"";

/// Without such a table events stay as they are.
pub fn read(of: &mut Section<'_>, labels: &BTreeMap<String, String>) -> Result<EventOptions, ConfigError> {
    let Some(mut section) = of.table("events")? else { return Ok(EventOptions::default()) };
    let options = EventOptions {
        schema: section.get("schema", SCHEMA, parsed)?.unwrap_or_default(),
        raw: section.get("raw", YES_NO, parsed)?.unwrap_or(false),
        labels: section.get("labels", YES_NO, parsed)?.unwrap_or(false),
        drop_fields: section.list("drop_fields", FIELDS, not_empty)?.unwrap_or_default(),
        rename_fields: section.texts("rename_fields")?,
        redact: section.list("redact", REDACT, parsed)?.unwrap_or_default(),
        keep_if: section.get("keep_if", CONDITION, not_empty)?,
        drop_if: section.get("drop_if", CONDITION, not_empty)?,
        sample: section.get("sample", SAMPLE, |text| parsed(text).filter(|many| *many > 0))?,
        sample_if: section.get("sample_if", CONDITION, not_empty)?,
    };
    if let Err(invalid) = Transform::new(&options, labels) {
        return Err(ConfigError::Wrong { at: section.at(), section: "pipelines.events", why: invalid.to_string() });
    }
    section.finish()?;
    Ok(options)
}
