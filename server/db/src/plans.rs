//! The table of plans: previews of mirrors and reprocesses, so that a job can start exactly what its author saw.
//!
//! Always: the id of a plan is its digest, so a repeated preview refreshes the same plan. Plans older than a day are
//! deleted.

use model::{ClonePreview, CloneSpec, Digest, ReprocessPreview, Time};

use crate::{
    Db, DbError,
    database::{Statement, json},
};

/// Retention of plans in milliseconds.
const KEPT_MS: i64 = 24 * 3_600_000;

/// A stored plan with its preview.
pub struct StoredPlan {
    pub spec: CloneSpec,
    pub preview: ClonePreview,
    /// Author of the latest preview.
    pub author: String,
    /// Time of the latest preview.
    pub created_at: Time,
}

impl Db {
    /// Stores a preview under the id of its plan, if it has one. Deletes expired plans.
    pub async fn insert_plan(&self, preview: &ClonePreview, author: &str) -> Result<(), DbError> {
        let Some(plan) = &preview.plan else { return Ok(()) };
        self.keep_plan("clone", &plan.id, [json(&preview.spec)?, json(preview)?], author).await
    }

    /// Stores the preview of a reprocess under the id of its plan, if it has one. Deletes expired plans.
    pub async fn insert_reprocess_plan(&self, preview: &ReprocessPreview, author: &str) -> Result<(), DbError> {
        let Some(plan) = &preview.plan else { return Ok(()) };
        self.keep_plan("reprocess", plan, [json(&preview.spec)?, json(preview)?], author).await
    }

    async fn keep_plan(
        &self,
        kind: &'static str,
        id: &Digest,
        [spec, preview]: [String; 2],
        author: &str,
    ) -> Result<(), DbError> {
        let now = self.now();
        let outdated = Statement::new("DELETE FROM plans WHERE created_at <= $1").bind(now.0 - KEPT_MS);
        self.database().write(outdated).await?;
        let statement = Statement::new(
            "INSERT INTO plans (id, kind, spec, preview, author, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO UPDATE SET preview = excluded.preview, author = excluded.author, \
             created_at = excluded.created_at",
        );
        let statement = statement.bind(id.as_str()).bind(kind).bind(spec).bind(preview);
        self.database().write(statement.bind(author).bind(now)).await?;
        Ok(())
    }

    /// The preview of a reprocess plan; `None` if it does not exist or has expired.
    pub async fn reprocess_plan(&self, id: &Digest) -> Result<Option<ReprocessPreview>, DbError> {
        let statement = Statement::new("SELECT preview FROM plans WHERE id = $1 AND kind = 'reprocess'");
        let rows = self.database().read(statement.bind(id.as_str())).await?;
        rows.first().map(|row| row.json("preview")).transpose()
    }

    /// A clone plan; `None` if it does not exist or has expired.
    pub async fn plan(&self, id: &Digest) -> Result<Option<StoredPlan>, DbError> {
        let statement =
            Statement::new("SELECT spec, preview, author, created_at FROM plans WHERE id = $1 AND kind = 'clone'");
        let rows = self.database().read(statement.bind(id.as_str())).await?;
        let stored = |row: &crate::database::Row| {
            Ok(StoredPlan {
                spec: row.json("spec")?,
                preview: row.json("preview")?,
                author: row.get("author")?,
                created_at: Time(row.get("created_at")?),
            })
        };
        rows.first().map(stored).transpose()
    }
}
