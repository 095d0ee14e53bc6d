//! Sync over tables in memory: covers the whole engine, which does no I/O. Databases and HTTP have their own tests.

mod bounds;
mod driven;
mod driven_histories;
mod outside;
mod promises;
mod random_histories;
mod test_endpoints;
mod test_tables;
