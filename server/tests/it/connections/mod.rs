//! How processes connect: renewed credentials, proxies, authorities. Real processes, as only those have an environment of
//! their own.

mod authorities;
mod ends;
mod no_credentials;
mod proxies;
mod relay;
mod renewal;
