//! Checks of the reports that agents send about the tables they sync.

use model::{Invalid, SyncReport, SyncState};

/// Longest error text, in characters.
const MAX_ERROR_CHARS: usize = 2_000;
/// Largest count or version: what a database column can hold.
const LARGEST: u64 = i64::MAX.unsigned_abs();
/// Largest amount of work since the last report; amounts are added up.
const MAX_WORK: u64 = 10_000_000_000_000;

/// Refuses a report by the field that cannot be right.
pub(super) fn check(report: &SyncReport) -> Result<(), Invalid> {
    if let Some(state) = report.state {
        check_state(state, report.error.is_some())?;
    }
    if let Some(error) = &report.error
        && !(1..=MAX_ERROR_CHARS).contains(&error.chars().count())
    {
        return Err(Invalid::new("error", error, format!("a text of 1 to {MAX_ERROR_CHARS} characters, or left out")));
    }
    let known = [
        ("local_count", report.local_count),
        ("remote_count", report.remote_count),
        ("local_version", report.local_version),
        ("remote_version", report.remote_version),
        ("position", report.position),
        ("batch", report.batch),
        ("behind", report.behind),
    ];
    let work = [
        ("uploaded", report.uploaded),
        ("deleted", report.deleted),
        ("found", report.found),
        ("requests", report.requests),
        ("bytes_sent", report.bytes_sent),
        ("bytes_received", report.bytes_received),
    ];
    let known = known.into_iter().map(|(field, value)| (field, value.unwrap_or_default(), LARGEST));
    let work = work.into_iter().map(|(field, value)| (field, value, MAX_WORK));
    match known.chain(work).find(|(_, value, most)| value > most) {
        Some((field, value, most)) => Err(Invalid::new(field, value.to_string(), format!("0 to {most}"))),
        None => Ok(()),
    }
}

/// Refuses a state that only Logyard can determine, and `in_step` together with an error.
fn check_state(state: SyncState, failed: bool) -> Result<(), Invalid> {
    let refuse = |state, expected: &str| Err(Invalid::new("state", state, expected));
    let of_agents = "in_step, uploading, reconciling, unreachable or refused, or left out";
    match state {
        SyncState::InSync if failed => refuse("in_step", "another state, or left out, where there is an `error`"),
        SyncState::InSync
        | SyncState::Uploading
        | SyncState::Reconciling
        | SyncState::Unreachable
        | SyncState::Refused => Ok(()),
        SyncState::New => refuse("new", of_agents),
        SyncState::Quarantined => refuse("quarantined", of_agents),
        SyncState::HeldBack => refuse("held_back", of_agents),
        SyncState::ShapeDiffers => refuse("shape_differs", of_agents),
        SyncState::Waiting => refuse("waiting", of_agents),
        SyncState::EpochChanged => refuse("epoch_changed", of_agents),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(report: &SyncReport) -> Option<String> {
        check(report).err().map(|invalid| invalid.field)
    }

    #[test]
    fn report_is_refused_by_its_wrong_field() {
        let report = SyncReport::default;
        assert_eq!(field(&report()), None);
        assert_eq!(field(&SyncReport { state: Some(SyncState::Waiting), ..report() }).as_deref(), Some("state"));
        let both = SyncReport { state: Some(SyncState::InSync), error: Some("away".to_owned()), ..report() };
        assert_eq!(field(&both).as_deref(), Some("state"));
        for error in [String::new(), "é".repeat(MAX_ERROR_CHARS + 1)] {
            assert_eq!(field(&SyncReport { error: Some(error), ..report() }).as_deref(), Some("error"));
        }
        assert_eq!(field(&SyncReport { error: Some("é".repeat(MAX_ERROR_CHARS)), ..report() }), None);
        let most = SyncReport { local_count: Some(LARGEST), uploaded: MAX_WORK, ..report() };
        assert_eq!(field(&most), None);
        assert_eq!(field(&SyncReport { behind: Some(LARGEST + 1), ..report() }).as_deref(), Some("behind"));
        assert_eq!(field(&SyncReport { bytes_sent: MAX_WORK + 1, ..report() }).as_deref(), Some("bytes_sent"));
    }
}
