//! Certificates of our servers.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::ServeError;

/// Files in PEM.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity<'a> {
    /// Our certificate, and those that vouch for it.
    pub(crate) chain: &'a Path,
    pub(crate) key: &'a Path,
    /// Who must vouch for a client; without this nobody needs to.
    pub(crate) clients: Option<&'a Path>,
}

impl Identity<'_> {
    /// Reads the files. `protocol` is what is spoken within, as ALPN names it.
    pub(crate) fn load(&self, protocol: &[u8]) -> Result<Arc<ServerConfig>, ServeError> {
        let chain = certificates(self.chain)?;
        let key = PrivateKeyDer::from_pem_slice(&read(self.key)?)
            .map_err(|error| wrong(self.key, error))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(self.chain, error))?;
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| wrong(path, error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                    .build()
                    .map_err(|error| wrong(path, error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config =
            builder.with_single_cert(chain, key).map_err(|error| wrong(self.chain, error))?;
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(wrong(path, "holds no certificate")),
        Err(error) => Err(wrong(path, error)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ServeError> {
    fs::read(path).map_err(|error| wrong(path, error))
}

fn wrong(path: &Path, problem: impl std::fmt::Display) -> ServeError {
    ServeError::Certificate { path: path.to_owned(), problem: problem.to_string() }
}
