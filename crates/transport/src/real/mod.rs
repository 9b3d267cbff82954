//! The real twin of the network: one UDP socket per node, one TCP connection per session.
//!
//! Start at [`TokioNetwork`]. All parts belong to one life of a node and stop working when it ends.
//!
//! **Datagrams.** A packet holds a format number, the sender, the name of the port and the message, in postcard. Sending needs no
//! reactor: the socket does not block, and a packet that the operating system refuses, or that exceeds 65,507 bytes, is lost and
//! counted. A port keeps 256 messages as bytes, and the receiver decodes them, so messages need not be `Send`. Receiving takes
//! part in tokio's cooperative budget, so that a deadline holds under a flood of messages.
//!
//! **Sessions.** See [`session`].
//!
//! **Trust.** Nothing is encrypted, and the sender of a packet or connection is believed to be the node it names. Put the sockets
//! on a network that only the cluster can reach.
//!
//! The module documentation of `cluster-sim-node`'s `real` lists the differences from the simulated twin. `tests/conformance`
//! runs one suite over both; its `real.rs` covers the parts that only real nodes have.

mod addresses;
mod counts;
mod datagram;
mod handshake;
mod inbox;
mod network;
mod port;
mod receiver;
mod session;
mod shared;
mod sockets;

pub use addresses::AddressBook;
pub use counts::DatagramCounts;
pub use handshake::TokioListener;
pub use network::TokioNetwork;
pub use port::{Ticket, TokioPort};
pub use session::TokioSession;
pub use sockets::{BindError, TokioSockets};
