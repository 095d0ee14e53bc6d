//! Protection of the browser, whoever is signed in: checks of a request's origin and host, and the policy of what a page
//! may load.

mod headers;
mod origin;
#[cfg(test)]
mod tests;

pub use self::{
    headers::{PageNonce, harden},
    origin::{check_host, check_origin},
};
