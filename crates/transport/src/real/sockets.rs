//! The sockets of one node: UDP for datagrams and TCP for sessions, at one address.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

/// How often a port is chosen until one is free for both UDP and TCP.
const ATTEMPTS: u32 = 64;

/// The sockets of a node, bound but not yet in use.
///
/// Datagrams and connections that arrive before then wait in the operating system.
#[derive(Debug)]
pub struct TokioSockets {
    pub(super) datagrams: UdpSocket,
    pub(super) sessions: TcpListener,
    address: SocketAddr,
}

/// An address could not be bound. No socket stays bound.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be bound: {cause}; choose an address of this machine that is free for UDP and for TCP")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// The error of the operating system.
    #[source]
    pub cause: io::Error,
}

impl TokioSockets {
    /// Binds an address for UDP and TCP. Port 0 chooses one that is free for both.
    ///
    /// # Errors
    /// One of the two cannot be bound.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let failed = |cause| BindError { address, cause };
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            match Self::bind_both(address) {
                // Another program may use the chosen port for UDP.
                Err(error) if address.port() == 0 && error.kind() == io::ErrorKind::AddrInUse && left > 0 => {}
                bound => return bound.map_err(failed),
            }
        }
    }

    fn bind_both(address: SocketAddr) -> io::Result<Self> {
        let sessions = TcpListener::bind(address)?;
        let address = sessions.local_addr()?;
        let datagrams = UdpSocket::bind(address)?;
        sessions.set_nonblocking(true)?;
        datagrams.set_nonblocking(true)?;
        Ok(Self { datagrams, sessions, address })
    }

    /// Returns the bound address, with the chosen port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
