//! The migrations, in the order of their numbers. Listed by hand: sqlx's macro builds every database driver a second time.

use std::borrow::Cow;

use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// Number, description and statements of each file.
macro_rules! files {
    ($($number:literal $name:literal)+) => {
        [$(($number, $name, include_str!(concat!("../../migrations/", $number, "_", $name, ".sql")))),+]
    };
}

const FILES: [(&str, &str, &str); 22] = files! {
    "0001" "jobs"
    "0002" "plans"
    "0003" "schedules"
    "0004" "runs"
    "0005" "queues"
    "0006" "health"
    "0007" "watchers"
    "0008" "sums"
    "0009" "alerts"
    "0010" "syncs"
    "0011" "leases"
    "0012" "copies"
    "0013" "schedule_edits"
    "0014" "firings"
    "0015" "consent"
    "0016" "schedule_alerts"
    "0017" "retrying"
    "0018" "excepted"
    "0019" "reports"
    "0020" "table_alerts"
    "0021" "accepted"
    "0022" "quarantine"
};

pub fn migrator() -> Migrator {
    let migration = |number: i64, name: &'static str, statements: &'static str| {
        Migration::new(number, name.into(), MigrationType::Simple, SqlStr::from_static(statements), false)
    };
    let migrations = (1..).zip(FILES).map(|(number, (_, name, statements))| migration(number, name, statements));
    Migrator { migrations: Cow::Owned(migrations.collect()), ..Migrator::DEFAULT }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// A file that is not listed would never run.
    #[test]
    fn every_file_is_a_migration() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let files = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, FILES.map(|(number, name, _)| format!("{number}_{name}.sql")));
        let numbers: Vec<i64> = FILES.iter().map(|(number, ..)| number.parse().unwrap()).collect();
        assert_eq!(migrator().iter().map(|migration| migration.version).collect::<Vec<i64>>(), numbers);
    }
}
