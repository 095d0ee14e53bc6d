//! Tables kept in sync, and the replicas that servers hold for others.

pub mod api;
pub mod command;
pub mod kill_nine;
pub mod mysql;
pub mod pages;
pub mod postgres;
pub mod replica_fairness;
pub mod replica_garbage;
pub mod replica_sync;
pub mod replica_tables;
pub mod replicas;
pub mod syncer;
pub mod table_pair;
