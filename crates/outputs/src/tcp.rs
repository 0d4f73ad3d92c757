//! TCP connections of the HTTP output: the client library's own know no keep-alive probes.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::sockopt;
use ureq::config::Config;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    RustlsConnector, Transport,
};
use ureq::{Agent, Error};

use crate::lines::wait;

/// Opens connections.
#[derive(Debug)]
pub(crate) struct Tcp {
    pub(crate) keep_alive: bool,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffers: LazyBuffers,
}

/// Without a word for so long, the other side is probed (as libcurl does).
const PROBE_EVERY: Duration = Duration::from_secs(60);

impl Tcp {
    /// An HTTP client over such connections: through a proxy if the environment names one, with TLS on top.
    pub(crate) fn agent(self, config: Config) -> Agent {
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(self)
                .chain(RustlsConnector::default());
        Agent::with_parts(config, connector, DefaultResolver::default())
    }

    fn open(&self, details: &ConnectionDetails<'_>) -> Result<TcpStream, Error> {
        let start = Instant::now();
        let mut last = io::Error::from(ErrorKind::ConnectionRefused);
        for address in &details.addrs {
            let left = time_left(details.timeout)?;
            let connected = match left.map(|left| left.saturating_sub(start.elapsed())) {
                None => TcpStream::connect(address),
                Some(Duration::ZERO) => Err(ErrorKind::TimedOut.into()),
                Some(left) => TcpStream::connect_timeout(address, left),
            };
            match connected {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(or_timeout(last, details.timeout))
    }
}

impl<In: Transport> Connector<In> for Tcp {
    type Out = Either<In, Connection>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(proxied) = chained {
            return Ok(Some(Either::A(proxied)));
        }
        let stream = self.open(details)?;
        stream.set_nodelay(true)?;
        if self.keep_alive {
            let probe = |stream| {
                sockopt::set_socket_keepalive(stream, true)?;
                sockopt::set_tcp_keepidle(stream, PROBE_EVERY)?;
                sockopt::set_tcp_keepintvl(stream, PROBE_EVERY)
            };
            probe(&stream).map_err(io::Error::from)?;
        }
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Either::B(Connection { stream, buffers })))
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.set_write_timeout(time_left(timeout)?)?;
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        self.stream.write_all(output).map_err(|error| or_timeout(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.set_read_timeout(time_left(timeout)?)?;
        let read = loop {
            match self.stream.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let n = read.map_err(|error| or_timeout(error, timeout))?;
        self.buffers.input_appended(n);
        Ok(n > 0)
    }

    /// Between two requests the server has nothing to say but goodbye.
    fn is_open(&mut self) -> bool {
        wait(self.stream.as_fd(), PollFlags::IN, Some(Duration::ZERO)).is_ok_and(|ready| !ready)
    }
}

/// `None` is for ever.
fn time_left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    if timeout.after.is_zero() {
        return Err(Error::Timeout(timeout.reason));
    }
    Ok(timeout.not_zero().map(|left| *left))
}

fn or_timeout(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        // The kernel says "would block" when a read or a write times out.
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}
