//! The migration that makes a table quick to compare: shown as SQL, and applied only on request.

use std::process::ExitCode;

use serde::Serialize;
use tables::{Migration, Table, TableError};

use super::{Arguments, report::print_json};
use crate::{
    cli::{Exit, output::print},
    config::Config,
    connections::tables::{OpenError, Syncs},
};

#[derive(Serialize)]
struct Shown<'a> {
    r#type: &'static str,
    table: &'a str,
    /// Statements to run in this order, each by itself; empty if nothing is missing.
    statements: &'a [String],
    /// Statements that undo the migration.
    undo: &'a [String],
    applied: bool,
}

/// The migration of a local table.
pub async fn run(syncs: &Syncs, arguments: &Arguments) -> ExitCode {
    let opened = syncs.open_local(&arguments.table).await;
    finish(opened.unwrap_or_else(|| unreachable!("the table was looked for before")), arguments).await
}

/// The migration of a replica.
pub async fn of_replica(config: &Config, holder: &str, arguments: &Arguments) -> ExitCode {
    if !arguments.show_migration && !arguments.apply_migration {
        err!("logyard: --held-for needs --show-migration or --apply-migration");
        return Exit::Usage.into();
    }
    let name = format!("{holder}/{}", arguments.table);
    let Some(replica) = config.replicas.iter().find(|replica| replica.to_string() == name) else {
        let known: Vec<_> = config.replicas.iter().map(ToString::to_string).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        err!("logyard: no replica is named `{name}`; [[replicas]] has: {known}");
        return Exit::Usage.into();
    };
    finish(Table::open(replica.spec()).await.map_err(OpenError::Local), arguments).await
}

async fn finish(opened: Result<Table, OpenError>, arguments: &Arguments) -> ExitCode {
    match carry_out(opened, arguments).await {
        Ok(migration) => {
            show(&migration, arguments);
            Exit::Done.into()
        }
        Err(error) => {
            err!("logyard: {error} {}", error.advice());
            let exit = if error.unreachable() { Exit::Unreachable } else { Exit::Usage };
            exit.into()
        }
    }
}

async fn carry_out(opened: Result<Table, OpenError>, arguments: &Arguments) -> Result<Migration, OpenError> {
    let table = opened?;
    let work = async {
        let migration = table.migration().await?;
        if arguments.apply_migration {
            table.migrate().await?;
        }
        Ok::<_, TableError>(migration)
    };
    work.await.map_err(OpenError::Local)
}

fn show(migration: &Migration, arguments: &Arguments) {
    let Migration { up, down } = migration;
    let applied = arguments.apply_migration;
    if arguments.json {
        let table = arguments.table.as_str();
        print_json(&Shown { r#type: "migration", table, statements: up, undo: down, applied });
    } else if migration.is_empty() {
        err!("There is nothing to do: the table has everything that makes it quick to compare.");
    } else {
        print(format_args!("{migration}"));
        if applied {
            err!("Done.");
        }
    }
}
