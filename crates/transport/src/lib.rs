//! How nodes speak.
//!
//! Always here: [`Message`] and [`Label`], what production code names. With feature `test-utils`: the simulated network, a device of
//! the kernel. Start at `Network`; `LinkModel` says what a link does, `Fate` what it did, `NetworkPartition` is a cut.
//!
//! Deliberately absent: who sends what and why. The network carries values between nodes and accounts for every one of them.

mod message;
#[cfg(feature = "test-utils")]
mod network;
mod reset;

pub use message::{Label, Message, Received};
#[cfg(feature = "test-utils")]
pub use network::{
    BACKLOG_CAPACITY, Control, CutId, Decided, Eaten, Fate, INBOX_CAPACITY, InvalidLink, LinkModel, LinkOrder, Network,
    NetworkPartition, NodeSelector, Notice, PayloadKind, Port, PortId, PortTaken, SessionId, SessionStage, SessionState,
    StaleDelivery, Taken, Told, Unsent, WaitKey, content_of,
};
pub use reset::ResetReason;
