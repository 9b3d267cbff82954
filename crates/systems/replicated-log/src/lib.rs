//! A replicated log: Raft after Ongaro's thesis, as a protocol without IO, and a store of registers on it.
//!
//! Start at [`Replica`]: one event in, messages and records out. Its host brings the journal, the network and the state machine;
//! [`Server`] is such a host, and [`Client`] asks it. Both are protocols without IO too: [`Hosted`] drives either as a machine and
//! [`run`](run()) as an async function. [`rules`] checks what the log promises; [`Bug`] lists the faults that can be planted.
//!
//! Sections (§) and figures are those of Diego Ongaro, *Consensus: Bridging Theory and Practice*, 2014.

mod bug;
mod entry;
mod log;
mod log_config;
mod log_fact;
mod log_message;
mod replica;

pub use bug::Bug;
pub use entry::{Entry, EntryContent, EntryId, Members};
pub use log::{Frame, HardState};
pub use log_config::LogConfig;
pub use log_fact::LogFact;
pub use log_message::{Body, LogMessage, label};
pub use replica::{Committed, Identity, LogEvent, LogView, MemberChange, Outbox, Refused, Replica, Role};
pub mod rules;
mod store;
pub use store::{
    Client, ClientView, Config, Hosted, Identified, Operator, OperatorView, Protocol, ProtocolEvent, ProtocolOutbox, Request,
    Server, ServerView, Status, StoreAnswer, StoreFact, StoreKey, StoreMessage, StoreModel, StoreOp, StoreValue, label_of, run,
};
