//! The network of one real node: its sockets, ports and listeners.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use cluster_sim_runtime::TokioLife;
use cluster_sim_types::NodeId;

use super::addresses::AddressBook;
use super::counts::DatagramCounts;
use super::handshake::{self, TokioListener, accept_connections};
use super::inbox::Inbox;
use super::port::TokioPort;
use super::receiver::receive_all;
use super::session::TokioSession;
use super::shared::{Network, Shared};
use super::sockets::TokioSockets;
use crate::error::PortInUse;
use crate::session::ConnectError;

/// The sockets of a node, in use for one of its lives. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokioNetwork {
    shared: Shared,
}

impl TokioNetwork {
    /// Starts to use the sockets for a node. They are closed when `life` ends.
    ///
    /// # Errors
    /// The operating system refuses. The sockets are closed.
    ///
    /// # Panics
    /// The caller is not in a tokio runtime with IO enabled.
    pub fn open(id: NodeId, life: TokioLife, addresses: Arc<AddressBook>, sockets: TokioSockets) -> io::Result<Self> {
        let address = sockets.address();
        let outgoing = sockets.datagrams.try_clone()?;
        let incoming = tokio::net::UdpSocket::from_std(sockets.datagrams)?;
        let sessions = tokio::net::TcpListener::from_std(sockets.sessions)?;
        let (counters, ports, listeners) = Default::default();
        let shared = Arc::new(Network { id, life, addresses, counters, address, outgoing, ports, listeners });
        shared.life.spawn(receive_all(incoming, Arc::clone(&shared)));
        shared.life.spawn(accept_connections(sessions, Arc::clone(&shared)));
        Ok(Self { shared })
    }

    /// Returns the address of the node.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Binds a port.
    ///
    /// # Errors
    /// The port is bound already.
    pub fn bind(&self, name: &str) -> Result<TokioPort, PortInUse> {
        let name: Arc<str> = name.into();
        let inbox = Arc::new(Inbox::new());
        let mut ports = self.shared.ports.lock();
        if ports.contains_key(&name) {
            return Err(PortInUse { name: name.to_string() });
        }
        ports.insert(Arc::clone(&name), Arc::clone(&inbox));
        Ok(TokioPort::new(Arc::clone(&self.shared), name, inbox))
    }

    /// Listens on a port.
    ///
    /// # Errors
    /// The node listens on the port already.
    pub fn listen(&self, name: &str) -> Result<TokioListener, PortInUse> {
        handshake::listen(&self.shared, name)
    }

    /// Opens a session with another node, retrying until the session timeout (15 s).
    ///
    /// Never completes once the life is over.
    ///
    /// # Errors
    /// The node refuses, or no answer comes in time.
    ///
    /// # Panics
    /// The node is not in the address book.
    pub async fn connect(&self, to: NodeId, port: &str) -> Result<TokioSession, ConnectError> {
        handshake::connect(&self.shared, to, port).await
    }

    /// Returns the counts of the node's datagrams so far.
    pub fn datagrams(&self) -> DatagramCounts {
        self.shared.counters.read()
    }
}
