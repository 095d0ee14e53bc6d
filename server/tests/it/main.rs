//! Tests the server from outside: over HTTP, on a real database and a real S3 store. One binary, to link once.

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
mod clone;
mod connections;
mod docs;
mod http;
mod jobs;
mod process;
mod reprocess;
mod runs;
mod schedules;
mod support;
mod sync;
