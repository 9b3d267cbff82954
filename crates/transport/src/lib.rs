//! How nodes speak.
//!
//! Always here: [`Message`] and [`Label`], what production code names. With feature `test-utils`: the simulated network, a device of
//! the kernel. Start at `Network`; `LinkModel` says what a link does, `Fate` what it did, `NetworkPartition` is a cut. With feature
//! `tokio`: real sockets. Start at `TokioNetwork`.
//!
//! Deliberately absent: who sends what and why. The network carries values between nodes and accounts for every one of them.

#[cfg(any(feature = "test-utils", feature = "tokio"))]
mod error;
mod message;
#[cfg(feature = "test-utils")]
mod network;
#[cfg(feature = "tokio")]
mod real;
mod reset;
mod session;

#[cfg(any(feature = "test-utils", feature = "tokio"))]
pub use error::PortInUse;
pub use message::{Label, Message, Received};
#[cfg(feature = "test-utils")]
pub use network::{
    BACKLOG_CAPACITY, CapturedMessage, Control, CutId, DropCount, EndpointWait, Fate, FateRecord, INBOX_CAPACITY, InvalidLink,
    LinkModel, LinkOrder, MachineNotice, Network, NetworkPartition, NetworkWait, NodeSelector, Notice, PayloadKind, PortId,
    SendRefused, SessionId, SessionRecv, SessionStage, SessionState, StaleDelivery, WaitKey, content_of, describe,
};
#[cfg(feature = "tokio")]
pub use real::{
    AddressBook, BindError, DatagramCounts, Ticket, TokioListener, TokioNetwork, TokioPort, TokioSession, TokioSockets,
};
pub use reset::ResetReason;
pub use session::{ConnectError, SessionReset, SessionSendError};
