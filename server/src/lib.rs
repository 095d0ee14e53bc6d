//! The server around the engines and the database: pages, API, background tasks and command line.
//!
//! - `boot`: the composition root; starts a server or a worker
//! - `cli`: the command line
//! - `config`: the configuration file, parsed and checked
//! - `connections`: handles to stores, sinks, log groups, tables and receivers, each opened once a process
//! - `tasks`: what runs without being asked: the job runner, and every task that holds a lease
//! - `http`: routes, authentication, API, pages and live streams
//! - `backend`: answers what pages and API ask, one file a domain
//! - `signals`: how rooms wake one another, and how they show that they are alive
//! - `demo`: what a server without configuration shows
//!
//! Always: `http → backend → connections, db, engine` and `tasks → connections, db, engine`. Only `boot` and `cli` know
//! `http`.

pub mod backend;
pub mod boot;
pub mod cli;
pub mod config;
pub mod connections;
pub mod demo;
pub mod http;
pub mod signals;
pub mod tasks;
