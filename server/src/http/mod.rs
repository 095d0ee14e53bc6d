//! HTTP: every route of the server, and what stands between a request and the backend.
//!
//! - `router`: the whole URL space on one screen; `state`: what handlers reach; `request`: ids, logs and metrics
//! - `security`: headers and origins; `auth`: sessions, tokens and passwords
//! - `api`: JSON for scripts; `events`: live streams; `pages`: HTML; `docs`: what they show of `server/docs`;
//!   `assets`: scripts and styles
//! - `replicas`: the tables that are held for others
//! - `health`, `metrics`: for probes and Prometheus
//!
//! Always: a handler parses, asks the backend and answers. It decides nothing that another handler would decide again.

pub mod api;
pub mod assets;
pub mod auth;
pub mod docs;
pub mod events;
pub mod health;
pub mod metrics;
pub mod pages;
pub mod replicas;
pub mod request;
pub mod router;
pub mod security;
pub mod state;
