//! TLS to a peer: which authorities are trusted, and which name the peer's certificate must hold.

use std::{env, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio_rustls::TlsConnector;

/// The variable of the AWS tools that names a file of authorities.
pub(crate) const BUNDLE: &str = "AWS_CA_BUNDLE";

pub(crate) struct Trust {
    pub connector: TlsConnector,
    pub server: ServerName<'static>,
}

/// The peer's certificate could not be checked, as there is nothing to check it with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no trusted connection: {why}")]
pub(crate) struct Untrusted {
    pub why: String,
}

impl Trust {
    /// With a file, its authorities are the only ones; without, those of the machine and of `AWS_CA_BUNDLE`.
    pub fn new(host: &str, ca: Option<&Path>) -> Result<Self, Untrusted> {
        let roots = match ca {
            Some(path) => from_file(path)?,
            None => with_bundle(env::var_os(BUNDLE).filter(|file| !file.is_empty()).as_ref().map(Path::new))?,
        };
        let server = ServerName::try_from(host.to_owned());
        let server = server.map_err(|error| Untrusted { why: format!("{host}: {error}") })?;
        Ok(Self { connector: TlsConnector::from(Arc::new(trusting(roots))), server })
    }
}

pub(crate) fn trusting(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the versions of rustls")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The authorities of a PEM file.
pub(crate) fn from_file(path: &Path) -> Result<RootCertStore, Untrusted> {
    let read = || {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
        if roots.is_empty() { Err("no certificate in it".to_owned()) } else { Ok(roots) }
    };
    read().map_err(|why| Untrusted { why: format!("{}: {why}", path.display()) })
}

/// A file of the environment adds to the machine's authorities, as it was not written for this peer alone.
fn with_bundle(bundle: Option<&Path>) -> Result<RootCertStore, Untrusted> {
    let Some(bundle) = bundle else { return of_the_machine() };
    let named = from_file(bundle).map_err(|error| Untrusted { why: format!("{BUNDLE}: {}", error.why) })?;
    let mut roots = of_the_machine().unwrap_or_else(|_| RootCertStore::empty());
    roots.extend(named.roots);
    Ok(roots)
}

/// The authorities of the machine; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
pub(crate) fn of_the_machine() -> Result<RootCertStore, Untrusted> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(roots);
    }
    let why = found.errors.first().map_or_else(|| "none was found".to_owned(), ToString::to_string);
    Err(Untrusted { why: format!("this machine has no authorities to trust: {why}; name a file of them") })
}
