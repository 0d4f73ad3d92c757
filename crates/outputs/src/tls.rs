//! Whom we trust and who we are when we speak TLS.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::http::{ClientCertificate, HttpSettings};

/// Reads the certificates that the settings name.
pub(crate) fn client(settings: &HttpSettings) -> io::Result<TlsConfig> {
    let roots = if settings.insecure { Vec::new() } else { roots(settings)? };
    let identity = settings.client.as_ref().map(identity).transpose()?;
    Ok(TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .disable_verification(settings.insecure)
        .root_certs(RootCerts::from(roots))
        .client_cert(identity)
        .build())
}

fn roots(settings: &HttpSettings) -> io::Result<Vec<Certificate<'static>>> {
    let file = settings.ca_cert.as_ref().or(settings.ca_bundle.as_ref());
    let (place, found) = match (file, &settings.ca_path) {
        (Some(file), _) => (file, certificates(file)?),
        (None, Some(directory)) => (directory, certificates_in(directory)?),
        (None, None) => return Err(invalid("no certificate authority is configured".to_owned())),
    };
    let mut known = RootCertStore::empty();
    known.add_parsable_certificates(found.iter().cloned());
    if known.is_empty() {
        return Err(invalid(format!("{}: holds no certificate of an authority", place.display())));
    }
    Ok(found.iter().map(|found| Certificate::from_der(found).to_owned()).collect())
}

/// All certificates of all files of a folder; files that hold none are passed over, as OpenSSL does.
fn certificates_in(directory: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| at(directory, error))? {
        let path = entry?.path();
        if path.is_file() {
            found.extend(certificates(&path).unwrap_or_default());
        }
    }
    // Folders made by c_rehash have each twice.
    found.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    found.dedup();
    Ok(found)
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let pem = fs::read(path).map_err(|error| at(path, error))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found.map_err(|error| invalid(format!("{}: {error}", path.display())))
}

fn identity(files: &ClientCertificate) -> io::Result<ClientCert> {
    let ClientCertificate { certificate, key: key_file } = files;
    let chain = certificates(certificate)?;
    let pem = fs::read(key_file).map_err(|error| at(key_file, error))?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| invalid(format!("{}: {error}", key_file.display())))?;
    check(&chain, &key).map_err(|error| {
        invalid(format!("{} and {}: {error}", certificate.display(), key_file.display()))
    })?;
    let chain: Vec<_> = chain.iter().map(|found| Certificate::from_der(found).to_owned()).collect();
    let key = PrivateKey::from_pem(&pem).map_err(io::Error::other)?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

/// A key that does not fit would only be noticed, with a panic, when the first alert is sent.
fn check(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<(), rustls::Error> {
    rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_client_auth_cert(chain.to_vec(), key.clone_key())
        .map(drop)
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, text)
}
