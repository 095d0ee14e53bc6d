//! Acceptance of incomplete runs: a person notes why what no run can bring is not needed.
//!
//! A record that cannot be parsed, or that its sink refuses, is a dead letter; its object is complete except for it, or,
//! if nothing else of the object arrived, a gap. Accepted, the object needs no further run in either case.
//!
//! Always: only a run of which another attempt would bring nothing more can be accepted. Who, when and why is kept with
//! the run; a later run over its object by the same job or follower is not accepted.

use model::{Acceptance, AcceptedRuns};

use crate::{Db, DbError, database::Statement};

impl Db {
    /// Accepts the chosen runs; returns their number. Runs that are complete, accepted already, or worth another attempt
    /// stay as they are.
    pub async fn accept_runs(&self, of: &AcceptedRuns, note: &str, by: &str) -> Result<u64, DbError> {
        let statement = Statement::new("UPDATE runs SET accepted_at = ")
            .value(self.now())
            .push(", accepted_by = ")
            .value(by)
            .push(", accepted_note = ")
            .value(note)
            .push(
                " WHERE source = 'logyard' AND outcome = 'partial' AND again = 0 AND accepted_at IS NULL \
                 AND summary IS NOT NULL AND ",
            );
        let statement = match of {
            AcceptedRuns::Run(id) => statement.push("id = ").value(*id),
            AcceptedRuns::Job(id) => statement.push("job_id = ").value(*id),
            AcceptedRuns::Pipeline(name) => statement.push("pipeline = ").value(name.as_str()),
        };
        let mut transaction = self.database().begin().await?;
        let accepted = transaction.run(statement.push(" RETURNING id")).await?.len() as u64;
        transaction.commit().await?;
        Ok(accepted)
    }
}

/// The acceptance in a run's row.
pub fn decode(row: &crate::database::Row) -> Result<Option<Acceptance>, DbError> {
    let Some(at) = row.get::<Option<i64>>("accepted_at")? else { return Ok(None) };
    let text = |column| Ok::<_, DbError>(row.get::<Option<String>>(column)?.unwrap_or_default());
    Ok(Some(Acceptance { at: model::Time(at), by: text("accepted_by")?, note: text("accepted_note")? }))
}
