//! The table of firings: what became of each due time of a schedule, newest first.
//!
//! Always: a firing is recorded in the transaction that handles its due time, so that none is missing and none twice.

use model::{Fired, FiringId, Page, ScheduleId, Time};

use crate::{
    Db, DbError,
    clock::id_floor,
    database::{Row, Statement, Transaction, json},
};

const MAX_PAGE: u32 = 200;

impl Db {
    /// A page of a schedule's firings, newest first, of those older than `after`. `limit` is at most 200.
    pub async fn firings(
        &self,
        schedule: ScheduleId,
        after: Option<FiringId>,
        limit: u32,
    ) -> Result<Page<(FiringId, Fired)>, DbError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut statement = Statement::new("SELECT id, fired FROM firings WHERE schedule_id = ").value(schedule);
        if let Some(after) = after {
            statement = statement.push(" AND id < ").value(after);
        }
        // One more shows whether there is a next page.
        let statement = statement.push(" ORDER BY id DESC LIMIT ").value(i64::from(limit) + 1);
        let rows = self.database().read(statement).await?;
        let page = &rows[..rows.len().min(limit as usize)];
        let items = page.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| rows.len() > page.len()).map(|(id, _)| id.to_string());
        Ok(Page { items, next })
    }

    pub(super) async fn record_firing(
        &self,
        transaction: &mut Transaction,
        schedule: ScheduleId,
        fired: &Fired,
    ) -> Result<(), DbError> {
        let id = FiringId(self.clock().new_id().0.0);
        let statement = Statement::new("INSERT INTO firings (id, schedule_id, fired) VALUES ");
        transaction.run(statement.tuple([id.into(), schedule.into(), json(fired)?.into()])).await?;
        Ok(())
    }

    /// Deletes up to `most` firings from before `before`, of all schedules. Returns the number deleted.
    pub async fn sweep_firings(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let statement = Statement::new(
            "DELETE FROM firings WHERE id IN (SELECT id FROM firings WHERE id < $1 ORDER BY id LIMIT $2) RETURNING id",
        );
        Ok(self.database().write(statement.bind(id_floor(before)).bind(i64::from(most))).await?.len() as u64)
    }
}

fn decode(row: &Row) -> Result<(FiringId, Fired), DbError> {
    Ok((row.word("id")?, row.json("fired")?))
}
