//! The real twin: datagrams over UDP, sessions over TCP.
//!
//! Start at [`TokioNetwork`], what one node speaks through. Nodes trust what comes over these sockets as they trust each other: nothing
//! is encrypted, and a datagram is believed about who sent it.

mod addresses;
mod counts;
mod datagram;
mod inbox;
mod network;
mod port;
mod session;
mod sockets;

pub use addresses::AddressBook;
pub use counts::DatagramCounts;
pub use network::TokioNetwork;
pub use port::{Ticket, TokioPort};
pub use session::{TokioListener, TokioSession};
pub use sockets::{BindError, TokioSockets};
