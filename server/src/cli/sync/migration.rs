//! What would make a local table quick to compare: shown as SQL, and done only where a person says so.

use std::process::ExitCode;

use serde::Serialize;
use tables::{Migration, TableError};

use super::{Arguments, report::print_json};
use crate::{
    cli::Exit,
    syncs::{OpenError, Syncs},
};

#[derive(Serialize)]
struct Shown<'a> {
    r#type: &'static str,
    table: &'a str,
    /// To be run in this order, each by itself; none if all is there.
    statements: &'a [String],
    /// Take everything away again.
    undo: &'a [String],
    applied: bool,
}

pub async fn run(syncs: &Syncs, arguments: &Arguments) -> ExitCode {
    match carry_out(syncs, arguments).await {
        Ok(migration) => {
            show(&migration, arguments);
            Exit::Done.into()
        }
        Err(error) => {
            eprintln!("logyard: {error} {}", error.advice());
            let exit = if error.unreachable() { Exit::Unreachable } else { Exit::Usage };
            exit.into()
        }
    }
}

async fn carry_out(syncs: &Syncs, arguments: &Arguments) -> Result<Migration, OpenError> {
    let opened = syncs.open_local(&arguments.table).await;
    let table = opened.unwrap_or_else(|| unreachable!("the table was looked for before"))?;
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
        eprintln!("There is nothing to do: the table has all that makes it quick to compare.");
    } else {
        print!("{migration}");
        if applied {
            eprintln!("Done.");
        }
    }
}
