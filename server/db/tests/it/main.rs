//! Tests the crate on SQLite and PostgreSQL.

/// Makes a test of each function for SQLite and one for PostgreSQL: `module::sqlite::name`, `module::postgres::name`.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(db::testing::Scratch::sqlite()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(db::testing::Scratch::postgres().await).await;
            })+
        }
    };
}

mod alerts;
mod copies;
mod failures;
mod followers;
mod jobs;
mod leases;
mod lists;
mod log_readers;
mod opening;
mod plans;
mod reconciled;
mod reports;
mod runs;
mod schedule_edits;
mod schedules;
mod sums;
mod support;
mod syncs;
mod syncs_asked;
mod syncs_reported;
mod task_leases;
