//! The server from outside: over HTTP, on a real database and a real S3 store.

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
mod alerts_twice;
mod api;
mod api_contract;
mod auth;
mod backend;
mod backfill;
mod canaries;
mod clone_command;
mod command;
mod docs;
mod follower;
mod follower_queue;
mod health_pages;
mod health_story;
mod hub;
mod kill_nine;
mod live;
mod log_reader;
mod log_reader_faults;
mod mirror;
mod mirror_command;
mod moto;
mod pages;
mod parse;
mod pipeline_health;
mod process;
mod reconciler;
mod replica_garbage;
mod replica_sync;
mod replica_tables;
mod replicas;
mod reprocess;
mod reprocess_command;
mod reprocess_kill_nine;
mod reprocess_memory;
mod reprocess_runner;
mod runner;
mod runs_import;
mod schedule_pages;
mod schedules;
mod security;
mod security_roles;
mod server;
mod shipping_pages;
mod site;
mod sync_command;
mod sync_kill_nine;
mod sync_mysql;
mod sync_pages;
mod sync_postgres;
mod sync_shop;
mod syncer;
mod syncs;
mod webhook_tls;
mod workshop;
