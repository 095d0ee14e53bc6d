//! TLS to a peer: which authorities are trusted, and which name the peer's certificate must hold.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio_rustls::TlsConnector;

/// The variable of the AWS tools that names a file of authorities.
pub(crate) const BUNDLE: &str = "AWS_CA_BUNDLE";

pub(crate) struct Trust {
    pub connector: TlsConnector,
    pub server: ServerName<'static>,
}

/// The files of the certificate that is shown to a peer which asks for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// PEM file of the certificate, and of those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM file of its private key.
    pub key: PathBuf,
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
        Self::with(host, trusting(roots))
    }

    /// As [`Self::new`], and shows a certificate of its own to a peer that asks for one.
    pub fn as_client(host: &str, ca: Option<&Path>, own: &ClientCertificate) -> Result<Self, Untrusted> {
        let roots = match ca {
            Some(path) => from_file(path)?,
            None => with_bundle(env::var_os(BUNDLE).filter(|file| !file.is_empty()).as_ref().map(Path::new))?,
        };
        let ClientCertificate { certificate, key } = own;
        let unusable = |file: &Path, why: String| Untrusted { why: format!("{}: {why}", file.display()) };
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
        let chain: Vec<_> = chain.map_err(|error| unusable(certificate, error.to_string()))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error.to_string()))?;
        let config = verifying(roots).with_client_auth_cert(chain, private);
        Self::with(host, config.map_err(|error| unusable(certificate, error.to_string()))?)
    }

    fn with(host: &str, config: ClientConfig) -> Result<Self, Untrusted> {
        let server = ServerName::try_from(host.to_owned());
        let server = server.map_err(|error| Untrusted { why: format!("{host}: {error}") })?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server })
    }
}

pub(crate) fn trusting(roots: RootCertStore) -> ClientConfig {
    verifying(roots).with_no_client_auth()
}

fn verifying(roots: RootCertStore) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the versions of rustls")
        .with_root_certificates(roots)
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
