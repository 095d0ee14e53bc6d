//! How every HTTP client of the process connects: to AWS and other stores, remote tables, webhooks and bulk receivers.
//!
//! - `proxies`: which proxy leads to a URL, by `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`
//! - `tunnel`: `CONNECT`, and the errors of a proxy
//! - `connector`: TCP, directly or by a proxy, then TLS, within one time limit; for hyper's pooling client
//! - `aws`: the same as the HTTP client of the AWS SDK, with `AWS_CA_BUNDLE` and a profile's `ca_bundle`
//!
//! Always: loopback and link-local addresses (the embedded store, instance metadata) are reached without a proxy. A
//! variable that cannot be used is an error of the connection, never a silent way around the proxy. No error holds the
//! password of a proxy.

pub(crate) mod aws;
mod connector;
mod proxies;
mod stream;
mod tunnel;

pub(crate) use self::{
    connector::{Connector, client},
    proxies::{Proxies, Proxy},
    tunnel::ProxyError,
};
