//! The network of one real node: its sockets, ports and listeners.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use cluster_sim_runtime::TokioLife;
use cluster_sim_types::NodeId;
use parking_lot::Mutex;

use super::addresses::AddressBook;
use super::counts::{Counters, DatagramCounts};
use super::datagram::receive_all;
use super::inbox::Inbox;
use super::port::TokioPort;
use super::session::{Listeners, accept_connections};
use super::sockets::TokioSockets;
use crate::error::PortInUse;

/// The sockets of a node, in use for one of its lives. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokioNetwork {
    shared: Shared,
}

pub(super) type Shared = Arc<Network>;

/// The inbox of a port: senders with messages as bytes.
pub(super) type Arrived = Inbox<(NodeId, Box<[u8]>)>;

#[derive(Debug)]
pub(super) struct Network {
    pub(super) id: NodeId,
    pub(super) life: TokioLife,
    pub(super) addresses: Arc<AddressBook>,
    pub(super) counters: Counters,
    address: SocketAddr,
    /// A second handle of the UDP socket: sends from any thread must not wait and need no reactor.
    outgoing: UdpSocket,
    ports: Mutex<BTreeMap<Arc<str>, Arc<Arrived>>>,
    pub(super) listeners: Listeners,
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

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
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

    /// Returns the counts of the node's datagrams so far.
    pub fn datagrams(&self) -> DatagramCounts {
        self.shared.counters.read()
    }
}

impl Network {
    pub(super) fn inbox(&self, port: &str) -> Option<Arc<Arrived>> {
        self.ports.lock().get(port).map(Arc::clone)
    }

    pub(super) fn unbind(&self, port: &str) {
        self.ports.lock().remove(port);
    }

    /// Gives a datagram to the operating system.
    pub(super) fn send(&self, datagram: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.outgoing.send_to(datagram, to)
    }
}
