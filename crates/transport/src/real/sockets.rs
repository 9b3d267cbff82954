//! The socket of one node.

use std::io;
use std::net::{SocketAddr, UdpSocket};

/// The socket of a node, bound and not yet in use: what comes in until then waits in the operating system.
#[derive(Debug)]
pub struct RealSockets {
    pub(super) datagrams: UdpSocket,
    address: SocketAddr,
}

/// An address that cannot be bound. Nothing stays bound.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be bound: {cause}; choose an address of this machine that is free for UDP")]
pub struct BindError {
    /// Which address.
    pub address: SocketAddr,
    /// What the operating system said.
    #[source]
    pub cause: io::Error,
}

impl RealSockets {
    /// Binds an address for datagrams (UDP). Port 0 stands for one that is free.
    ///
    /// # Errors
    /// If it cannot be bound.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        Self::bind_both(address).map_err(|cause| BindError { address, cause })
    }

    fn bind_both(address: SocketAddr) -> io::Result<Self> {
        let datagrams = UdpSocket::bind(address)?;
        datagrams.set_nonblocking(true)?;
        let address = datagrams.local_addr()?;
        Ok(Self { datagrams, address })
    }

    /// Where they are bound, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
