//! Where a server listens: a TCP address, or a unix socket.

use std::fs;
use std::io;
use std::net::{TcpListener, ToSocketAddrs as _};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};

/// An open listener; of the standard library, so that it can be opened before there is a runtime.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, OwnedPath),
}

/// The same, within a runtime.
pub(crate) enum Accepting {
    Tcp(tokio::net::TcpListener),
    Unix(tokio::net::UnixListener, OwnedPath),
}

/// A file that goes with its owner.
#[derive(Debug)]
pub(crate) struct OwnedPath(PathBuf);

/// A connection, whatever it runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Listener {
    /// Listens at `host:port`, or, with its folder made if need be, at the socket of `unix:///path`.
    pub(crate) fn open(address: &str) -> io::Result<Self> {
        match unix_path(address) {
            Some(path) => Self::open_unix(path),
            None => {
                let addresses: Vec<_> = address.to_socket_addrs()?.collect();
                let listener = TcpListener::bind(&*addresses)?;
                listener.set_nonblocking(true)?;
                Ok(Self::Tcp(listener))
            }
        }
    }

    fn open_unix(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
        // A socket that nobody listens at was left behind.
        if is_socket && UnixStream::connect(path).is_err() {
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(Self::Unix(listener, OwnedPath(path.to_owned())))
    }

    /// Where it listens, with the port that the kernel chose if it was asked to.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => {
                listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
            }
            Self::Unix(_, path) => format!("unix://{}", path.0.display()),
        }
    }

    /// Must be called within a runtime.
    pub(crate) fn accepting(self) -> io::Result<Accepting> {
        Ok(match self {
            Self::Tcp(listener) => Accepting::Tcp(tokio::net::TcpListener::from_std(listener)?),
            Self::Unix(listener, path) => {
                Accepting::Unix(tokio::net::UnixListener::from_std(listener)?, path)
            }
        })
    }
}

impl Accepting {
    /// The next connection, and whose it is.
    pub(crate) async fn accept(&self) -> io::Result<(Box<dyn Stream>, String)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), peer.to_string()))
            }
            Self::Unix(listener, path) => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), path.0.display().to_string()))
            }
        }
    }
}

impl Drop for OwnedPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0); // somebody may have been faster
    }
}

/// The path of `unix:///path`.
pub(crate) fn unix_path(address: &str) -> Option<&Path> {
    address.strip_prefix("unix://").map(Path::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
        let folder = std::env::temp_dir().join(format!("gyr-listen-{}", std::process::id()));
        let path = folder.join("new/x.sock");
        let address = format!("unix://{}", path.display());
        let first = Listener::open(&address).unwrap();
        assert_eq!(Listener::open(&address).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let Listener::Unix(listener, owned) = first else { panic!("not a unix socket") };
        std::mem::forget(owned); // as if we had been killed
        drop(listener);
        drop(Listener::open(&address).unwrap());
        assert!(!path.exists());
        fs::write(&path, "precious").unwrap();
        assert!(Listener::open(&address).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_dir_all(&folder).unwrap();
    }
}
