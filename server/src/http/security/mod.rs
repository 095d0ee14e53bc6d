//! What stands between a browser and this server, whoever is signed in: where a request comes from, under which name
//! it reached us, and what a page may load.

mod headers;
mod origin;
#[cfg(test)]
mod tests;

pub use self::{
    headers::{PageNonce, harden},
    origin::{check_host, check_origin},
};
