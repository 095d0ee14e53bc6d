//! The API, the pages, authentication and roles.

pub mod api;
pub mod auth;
pub mod backend;
pub mod contract;
pub mod live;
pub mod pages;
pub mod roles;
pub mod security;
