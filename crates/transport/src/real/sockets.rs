//! The sockets of one node: one for datagrams, one for sessions, at one address.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

/// How often a free port is looked for that is free for datagrams and for sessions.
const ATTEMPTS: u32 = 64;

/// The sockets of a node, bound and not yet in use: datagrams and sessions that come in until then wait in the operating system.
#[derive(Debug)]
pub struct TokioSockets {
    pub(super) datagrams: UdpSocket,
    pub(super) sessions: TcpListener,
    address: SocketAddr,
}

/// An address that cannot be bound. Nothing stays bound.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be bound: {cause}; choose an address of this machine that is free for UDP and for TCP")]
pub struct BindError {
    /// Which address.
    pub address: SocketAddr,
    /// What the operating system said.
    #[source]
    pub cause: io::Error,
}

impl TokioSockets {
    /// Binds an address for datagrams (UDP) and for sessions (TCP). Port 0 stands for one that is free for both.
    ///
    /// # Errors
    /// If one of the two cannot be bound.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let failed = |cause| BindError { address, cause };
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            match Self::bind_both(address) {
                // Another program may have the chosen port for datagrams.
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

    /// Where they are bound, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
