//! Tables: the endpoints of a sync in users' databases. PostgreSQL and SQLite can be local or remote, MySQL local only.
//!
//! A sync reads marks, cells of ranges, and rows. By default all of them are read from the rows. After the migration
//! that [`Table::migration`] shows, and that only an operator applies, triggers maintain *summaries*: the cells of
//! blocks of 64 versions, of 512, and so on up to 16,777,216. A range of a million rows is then read from a few dozen
//! blocks.
//!
//! Always: an answer comes from one snapshot, summaries and rows together. Identifiers are quoted, values are bound.
//! Nothing is written but uploads, deletes, and the summaries once they exist. Memory is bounded by the question, never
//! by the table.
//!
//! - `spec`: the table and its columns; `error`: errors
//! - `table`: the endpoint; `answer`: answers built from a snapshot of any `database`
//! - `range_sums`: adds rows and blocks up to cells; `read_plan`: blocks and rows that make up a range
//! - `current`: what each evaluation reads again, such as the columns
//! - `upload`: prepares rows for writing; `migration`: statements to review; `naming`: names in SQL
//! - `horizon`: the version below which everything is final, with concurrent writers
//! - `postgres`, `mysql`, `sqlite`: the differences between the databases

mod answer;
mod current;
mod database;
pub mod demo;
mod error;
mod horizon;
mod migration;
mod mysql;
mod naming;
mod postgres;
mod range_sums;
mod read_plan;
mod rows;
mod span;
mod spec;
mod sqlite;
mod table;
mod upload;

pub use self::{error::TableError, migration::Migration, spec::TableSpec, table::Table};
