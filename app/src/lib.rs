//! The interface: pages, the live connection, and the trait through which they ask the server.

pub mod backend;
