//! A protocol without IO: what both styles of a node drive.

use cluster_sim_node::{DiskOp, DiskResult, Entropy, Incarnation, LocalInstant, NodeId, WallTime};

use crate::config::Config;
use crate::fact::LedgerFact;
use crate::message::LedgerMessage;

/// A part of the ledger as a function of its state and one event.
///
/// [`Hosted`](crate::Hosted) drives it as a machine and [`run`](crate::run()) as an async function. It has one deadline and at most
/// one operation of its disk in flight, so both ask for the same things at the same instants.
pub trait Protocol: Sized + 'static {
    /// The state that rules may read.
    type View: Copy + Default + PartialEq + Send + 'static;

    /// Creates it at the beginning of a life.
    fn boot(config: Config, identity: Identity) -> Self;

    /// Handles an event; sends and facts go to `outbox`.
    fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent, outbox: &mut Outbox);

    /// Returns the instant at which it wants [`ProtocolEvent::Tick`]; `None` for never.
    fn deadline(&self) -> Option<LocalInstant>;

    /// Returns the next operation for the disk; `None` while one is in flight, or if there is none.
    fn next_operation(&mut self) -> Option<DiskOp> {
        None
    }

    /// Returns the state that rules may read.
    fn view(&self) -> Self::View;
}

/// The identity of a node in one life.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// Its number.
    pub id: NodeId,
    /// Its life.
    pub life: Incarnation,
    /// The source of its own choices.
    pub entropy: Entropy,
}

/// The clocks of a node as an event finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReadings {
    /// The monotonic clock.
    pub now: LocalInstant,
    /// The wall clock, which may be wrong.
    pub wall: WallTime,
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
        message: LedgerMessage,
    },
    /// The deadline has come.
    Tick,
    /// The disk answered the operation in flight.
    Disk(DiskResult),
}

/// The messages and facts of one event.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The messages, in the order in which they are sent.
    pub sends: Vec<(NodeId, LedgerMessage)>,
    /// The facts, in the order in which they are reported.
    pub facts: Vec<LedgerFact>,
}

impl Outbox {
    pub(crate) fn send(&mut self, to: NodeId, message: LedgerMessage) {
        self.sends.push((to, message));
    }

    pub(crate) fn emit(&mut self, fact: LedgerFact) {
        self.facts.push(fact);
    }
}
