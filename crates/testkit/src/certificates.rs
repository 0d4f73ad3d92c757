//! A certificate authority for a test, made with openssl.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Folder;

/// Signs certificates.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    name: String,
    pub certificate: PathBuf,
    key: PathBuf,
}

/// PEM files of a certificate and its key.
#[derive(Clone, Debug)]
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Whether a certificate's time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    Valid,
    Expired,
}

impl Authority {
    pub fn new(folder: &Folder, name: &str) -> Self {
        let certificate = folder.join(&format!("{name}.crt"));
        let key = folder.join(&format!("{name}.key"));
        openssl(&["req", "-x509", "-days", "2", "-subj", &format!("/CN={name}"), "-nodes"], |it| {
            new_key(it, &key).arg("-out").arg(&certificate)
        });
        Self { folder: folder.path().to_owned(), name: name.to_owned(), certificate, key }
    }

    /// A certificate for this machine (`localhost`, 127.0.0.1), as server or client.
    pub fn sign(&self, name: &str, validity: Validity) -> Pair {
        let file = |end: &str| self.folder.join(format!("{}-{name}.{end}", self.name));
        let (certificate, key, request) = (file("crt"), file("key"), file("csr"));
        openssl(&["req", "-new", "-subj", &format!("/CN={name}"), "-nodes"], |it| {
            new_key(it, &key).arg("-out").arg(&request)
        });
        let extensions = file("ext");
        let text = "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
        std::fs::write(&extensions, text).expect("a file in a temporary folder");
        let days = if validity == Validity::Valid { "2" } else { "-1" };
        openssl(&["x509", "-req", "-CAcreateserial", "-days", days], |it| {
            it.arg("-in").arg(&request).arg("-extfile").arg(&extensions);
            it.arg("-CA").arg(&self.certificate).arg("-CAkey").arg(&self.key);
            it.arg("-out").arg(&certificate)
        });
        Pair { certificate, key }
    }
}

fn new_key<'a>(command: &'a mut Command, path: &Path) -> &'a mut Command {
    command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout"]).arg(path)
}

fn openssl(arguments: &[&str], more: impl Fn(&mut Command) -> &mut Command) {
    let mut command = Command::new("openssl");
    command.args(arguments);
    let output = more(&mut command).output().expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
