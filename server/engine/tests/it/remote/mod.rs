//! A remote table over HTTP: what works, what does less than ours, and what goes wrong on the way.

#[path = "../../ship/sinks/certificates.rs"]
mod certificates;
mod faults;
mod nonsense;
mod server;
mod small;
mod table;
mod works;
