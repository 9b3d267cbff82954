//! [`Network`]: what the ports, the listeners and the tasks of one real node share.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use cluster_sim_runtime::TokioLife;
use cluster_sim_types::NodeId;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::addresses::AddressBook;
use super::counts::Counters;
use super::inbox::Inbox;
use super::session::TokioSession;

/// The network of one life of a node.
pub(super) type Shared = Arc<Network>;

/// The inbox of a port: senders with messages as bytes.
pub(super) type Arrived = Inbox<(NodeId, Box<[u8]>)>;

#[derive(Debug)]
pub(super) struct Network {
    pub(super) id: NodeId,
    pub(super) life: TokioLife,
    pub(super) addresses: Arc<AddressBook>,
    pub(super) counters: Counters,
    pub(super) address: SocketAddr,
    /// A second handle of the UDP socket: sends from any thread must not wait and need no reactor.
    pub(super) outgoing: UdpSocket,
    pub(super) ports: Mutex<BTreeMap<Arc<str>, Arc<Arrived>>>,
    /// The ports on which the node listens, each with the queue of its accepted sessions.
    pub(super) listeners: Mutex<BTreeMap<Arc<str>, mpsc::Sender<TokioSession>>>,
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
