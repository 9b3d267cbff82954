//! A protocol without IO: what both styles of a node drive.

use cluster_sim_invariants::CallFact;
use cluster_sim_node::{DiskOp, DiskResult, Entropy, Incarnation, LocalInstant, NodeId};

use super::config::Config;
use super::fact::StoreFact;
use super::message::StoreMessage;
use super::operation::{StoreAnswer, StoreOp};
use crate::log_fact::LogFact;

/// A part of the store as a function of its state and one event.
///
/// [`Hosted`](crate::Hosted) drives it as a machine and [`run`](crate::run()) as an async function. It has one deadline and at most one
/// operation of its disk in flight, so both ask for the same things at the same instants.
pub trait Protocol: Sized + 'static {
    /// The state that rules may read.
    type View: Clone + Default + PartialEq + Send + 'static;

    /// Returns how many operations of a history it calls for in one life.
    fn operations(config: &Config) -> u64 {
        let _ = config;
        0
    }

    /// Creates it at the beginning of a life.
    fn boot(config: Config, identity: Identified) -> Self;

    /// Handles an event; sends and facts go to `outbox`.
    fn handle(&mut self, now: LocalInstant, event: ProtocolEvent, outbox: &mut ProtocolOutbox);

    /// Returns the instant at which it wants [`ProtocolEvent::Tick`]; `None` for never.
    fn deadline(&self) -> Option<LocalInstant>;

    /// Returns the next operation for the disk; `None` while one is in flight, or if there is none.
    fn next_operation(&mut self) -> Option<DiskOp> {
        None
    }

    /// Returns the state that rules may read.
    fn view(&self) -> &Self::View;
}

/// The identity of a node in one life.
#[derive(Debug, Clone)]
pub struct Identified {
    /// Its number.
    pub id: NodeId,
    /// Its life.
    pub life: Incarnation,
    /// The source of its own choices.
    pub entropy: Entropy,
    /// The numbers of the operations that a client calls for.
    pub operations: Vec<u64>,
}

/// One event of a protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProtocolEvent {
    /// The node booted.
    Start,
    /// A message arrived.
    Message {
        /// The sender.
        from: NodeId,
        /// The message.
        message: StoreMessage,
    },
    /// The deadline has come.
    Tick,
    /// The disk answered the operation in flight.
    Disk(DiskResult),
}

/// The messages and facts of one event.
#[derive(Debug, Default)]
pub struct ProtocolOutbox {
    /// The messages, in the order in which they are sent.
    pub sends: Vec<(NodeId, StoreMessage)>,
    /// Facts about the log.
    pub log_facts: Vec<LogFact>,
    /// Facts about the state machine.
    pub store_facts: Vec<StoreFact>,
    /// A client's calls and what it heard.
    pub calls: Vec<CallFact<StoreOp, StoreAnswer>>,
}

impl ProtocolOutbox {
    pub(crate) fn send(&mut self, to: NodeId, message: StoreMessage) {
        self.sends.push((to, message));
    }
}
