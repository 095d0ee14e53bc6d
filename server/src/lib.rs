//! The server: composition root, HTTP, runner and command line around the engines and the store.

pub mod api;
pub mod assets;
pub mod auth;
pub mod backend;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod demo;
pub mod follower;
pub mod groups;
pub mod health;
pub mod hub;
pub mod ledger;
pub mod live;
pub mod metrics;
pub mod pages;
pub mod request;
pub mod router;
pub mod runner;
pub mod scheduler;
pub mod security;
pub mod sinks;
pub mod state;
pub mod stores;
pub mod watcher;
