//! A remote table over HTTP: a complete server, a server with fewer features, and faults.

#[path = "../../ship/sinks/certificates.rs"]
mod certificates;
mod faults;
mod nonsense;
mod server;
mod small;
mod table;
mod works;
