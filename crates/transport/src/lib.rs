//! Carries messages between nodes: a simulated network and its real twin.
//!
//! - Always compiled: [`Message`], [`Label`], and the errors of sessions. Production code needs no more.
//! - Feature `test-utils`: the simulated network, a device of the kernel. Start at `Network`. `LinkModel` describes a class of
//!   links, `Fate` the result for one message, `NetworkPartition` guards a cut.
//! - Feature `tokio`: UDP and TCP sockets. Start at `TokioNetwork`.
//!
//! Deliberately absent: any knowledge of protocols. The network carries values between nodes and accounts for every one of them.

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
    BACKLOG_CAPACITY, CapturedMessage, ClassId, Control, CutId, DatagramService, DropCount, EndpointWait, Fabric, Fate, FateRecord,
    Flow, HostPort, INBOX_CAPACITY, Impairment, InvalidLink, LinkModel, LinkOrder, MachineNotice, Network, NetworkPartition,
    NetworkWait, NodeSelector, Notice, PayloadKind, Payloads, PortBinding, PortId, PortWait, Ports, Readiness, SESSION_NOTICE,
    SendRefused, Service, SessionId, SessionRecv, SessionService, SessionStage, SessionState, StaleDelivery, Store, WaitKey,
    content_of, describe,
};
#[cfg(feature = "tokio")]
pub use real::{
    AddressBook, BindError, DatagramCounts, Ticket, TokioListener, TokioNetwork, TokioPort, TokioSession, TokioSockets,
};
pub use reset::ResetReason;
pub use session::{ConnectError, SessionReset, SessionSendError};
