//! The promises of table endpoints, on real databases.

/// Generates a test of each function for SQLite and one for PostgreSQL: `module::sqlite::name`,
/// `module::postgres::name`. With `and mysql` also `module::mysql::name`, which runs on MariaDB.
macro_rules! on_both_databases {
    (and mysql: $($name:ident),+ $(,)?) => {
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(db::testing::Scratch::mariadb().await).await;
            })+
        }

        on_both_databases!($($name),+);
    };
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

mod answers;
mod concurrent;
mod cost;
mod demo;
mod differences;
mod evaluations;
mod histories;
mod late;
mod migrations;
mod mysql;
mod mysql_late;
mod opening;
mod outside;
mod test_table;
mod types;
mod uploads;
