//! What several domains need: a server, runners, real processes, and moto.

pub mod moto;
pub mod process;
pub mod runners;
pub mod server;
