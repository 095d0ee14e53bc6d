//! What agents report of tables that they keep in step: checked, then kept.

use model::{Invalid, Problem, ProblemCode, SyncReport, SyncState, SyncStatus, TableName, Viewer};

use super::{AppBackend, problem};

/// Of an error, characters.
const LONGEST_ERROR: usize = 2_000;
/// Counts and versions, which a database has to hold.
const LARGEST: u64 = i64::MAX.unsigned_abs();
/// What was done since the last report: it is added up.
const MOST_DONE: u64 = 10_000_000_000_000;

impl AppBackend {
    pub(super) async fn take_report(
        &self,
        viewer: &Viewer,
        table: &TableName,
        report: SyncReport,
    ) -> Result<SyncStatus, Problem> {
        if self.syncs.get(table).is_some() {
            let detail = format!(
                "Table `{table}` is in the configuration: Logyard keeps it in step itself. Report another name."
            );
            return Err(Problem::new(ProblemCode::Conflict, detail).on("table"));
        }
        check(&report)?;
        self.db.report_sync(table, &viewer.name, &report).await.map_err(problem::database)?;
        self.hub.nudge();
        Ok(self.find_sync(table).await?.sync)
    }
}

fn check(report: &SyncReport) -> Result<(), Invalid> {
    if let Some(state) = report.state {
        may_say(state, report.error.is_some())?;
    }
    if let Some(error) = &report.error
        && !(1..=LONGEST_ERROR).contains(&error.chars().count())
    {
        return Err(Invalid::new("error", error, format!("a text of 1 to {LONGEST_ERROR} characters, or left out")));
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
    let done = [
        ("uploaded", report.uploaded),
        ("deleted", report.deleted),
        ("found", report.found),
        ("requests", report.requests),
        ("bytes_sent", report.bytes_sent),
        ("bytes_received", report.bytes_received),
    ];
    let known = known.into_iter().map(|(field, value)| (field, value.unwrap_or_default(), LARGEST));
    let done = done.into_iter().map(|(field, value)| (field, value, MOST_DONE));
    match known.chain(done).find(|(_, value, most)| value > most) {
        Some((field, value, most)) => Err(Invalid::new(field, value.to_string(), format!("0 to {most}"))),
        None => Ok(()),
    }
}

/// What only Logyard can find out is not for an agent to say, nor two things at once.
fn may_say(state: SyncState, failed: bool) -> Result<(), Invalid> {
    let refuse = |said, expected: &str| Err(Invalid::new("state", said, expected));
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
    fn a_report_is_refused_by_the_field_that_cannot_be() {
        let report = SyncReport::default;
        assert_eq!(field(&report()), None);
        assert_eq!(field(&SyncReport { state: Some(SyncState::Waiting), ..report() }).as_deref(), Some("state"));
        let both = SyncReport { state: Some(SyncState::InSync), error: Some("away".to_owned()), ..report() };
        assert_eq!(field(&both).as_deref(), Some("state"));
        for error in [String::new(), "é".repeat(LONGEST_ERROR + 1)] {
            assert_eq!(field(&SyncReport { error: Some(error), ..report() }).as_deref(), Some("error"));
        }
        assert_eq!(field(&SyncReport { error: Some("é".repeat(LONGEST_ERROR)), ..report() }), None);
        let most = SyncReport { local_count: Some(LARGEST), uploaded: MOST_DONE, ..report() };
        assert_eq!(field(&most), None);
        assert_eq!(field(&SyncReport { behind: Some(LARGEST + 1), ..report() }).as_deref(), Some("behind"));
        assert_eq!(field(&SyncReport { bytes_sent: MOST_DONE + 1, ..report() }).as_deref(), Some("bytes_sent"));
    }
}
