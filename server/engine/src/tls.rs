//! TLS to a receiver: which authorities are trusted, and which name the receiver's certificate must hold.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio_rustls::TlsConnector;

pub(crate) struct Trust {
    pub connector: TlsConnector,
    pub server: ServerName<'static>,
}

/// The receiver's certificate could not be checked, as there is nothing to check it with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no trusted connection: {why}")]
pub(crate) struct Untrusted {
    pub why: String,
}

impl Trust {
    /// With a file, its authorities are the only ones; without, those of the machine.
    pub fn new(host: &str, ca: Option<&Path>) -> Result<Self, Untrusted> {
        let untrusted = |why: String| Untrusted { why };
        let roots = match ca {
            Some(path) => from_file(path).map_err(|why| untrusted(format!("{}: {why}", path.display())))?,
            None => of_the_machine().map_err(untrusted)?,
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| untrusted(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = ServerName::try_from(host.to_owned()).map_err(|error| untrusted(format!("{host}: {error}")))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server })
    }
}

fn from_file(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() { Err("no certificate in it".to_owned()) } else { Ok(roots) }
}

fn of_the_machine() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(roots);
    }
    let why = found.errors.first().map_or_else(|| "none was found".to_owned(), ToString::to_string);
    Err(format!("this machine has no authorities to trust: {why}; name a file with ?ca="))
}
