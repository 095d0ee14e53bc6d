//! Tables: both ends of a sync in the databases of other people, PostgreSQL and SQLite; and MySQL as the one that is
//! followed.
//!
//! What a table holds is read as the sync needs it: marks, cells of ranges, rows. Out of the box all of that comes from
//! the rows. With the migration that [`Table::migration`] shows, and nobody but an operator applies, triggers keep
//! *summaries*, the cells of blocks of 64 versions, of 512, and so on to 16,777,216, and a range of a million rows is
//! read from a few dozen of them.
//!
//! Always: an answer is of one snapshot, summaries and rows together. Identifiers are quoted, values are bound. Nothing
//! but uploads and deletes is written unasked, save the summaries themselves once they are there. Memory is bounded by
//! the question, never by the table.
//!
//! - `spec`: which table, and where; `error`: why not
//! - `table`: either end of a sync; `answer`: how answers are made of what `database`, any of them, reads
//! - `tally`: rows and blocks add up to cells; `cover`: which blocks and which rows make up a range
//! - `upload`: rows made ready to be written; `migration`: what one would do; `naming`: names in SQL
//! - `horizon`: what is committed for good, where writers overlap
//! - `postgres`, `mysql`, `sqlite`: all that is different between them

mod answer;
mod cover;
mod database;
pub mod demo;
mod error;
mod horizon;
mod migration;
mod mysql;
mod naming;
mod postgres;
mod span;
mod spec;
mod sqlite;
mod table;
mod tally;
mod upload;

pub use self::{error::TableError, migration::Migration, spec::TableSpec, table::Table};
