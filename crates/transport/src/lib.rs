//! How nodes speak.
//!
//! Always here: [`Message`] and [`Label`], what production code names. With feature `test-utils`: the simulated network, a device of
//! the kernel. Start at `Network`; `LinkModel` says what a link does, `Fate` what it did, `NetworkPartition` is a cut. With feature
//! `tokio`: real sockets. Start at `RealNetwork`.
//!
//! Deliberately absent: who sends what and why. The network carries values between nodes and accounts for every one of them.

mod message;
#[cfg(feature = "test-utils")]
mod network;
#[cfg(feature = "tokio")]
mod real;
mod reset;
mod session;
#[cfg(any(feature = "test-utils", feature = "tokio"))]
mod taken;

pub use message::{Label, Message, Received};
#[cfg(feature = "test-utils")]
pub use network::{
    AtEnd, BACKLOG_CAPACITY, Control, CutId, Decided, Eaten, Fate, INBOX_CAPACITY, InvalidLink, LinkModel, LinkOrder, Network,
    NetworkPartition, NetworkWait, NodeSelector, Notice, PayloadKind, PortId, Said, SessionId, SessionStage, SessionState,
    StaleDelivery, Taken, Told, Unsent, WaitKey, content_of,
};
#[cfg(feature = "tokio")]
pub use real::{AddressBook, BindError, DatagramCounts, RealListener, RealNetwork, RealPort, RealSession, RealSockets, Ticket};
pub use reset::ResetReason;
pub use session::{ConnectError, SessionReset, SessionSendError};
#[cfg(any(feature = "test-utils", feature = "tokio"))]
pub use taken::PortTaken;
