//! Protocols without IO that run as machines and as async functions alike.
//!
//! | file | content |
//! |---|---|
//! | `mod.rs` | [`Protocol`], and what goes in and comes out |
//! | `hosted.rs` | [`Hosted`]: a protocol as a machine |
//! | `run_protocol.rs` | [`run_protocol`]: a protocol as an async function |

mod hosted;
mod run_protocol;

use std::fmt::Debug;

use cluster_sim_runtime::Entropy;
use cluster_sim_storage::{DiskOp, DiskResult};
use cluster_sim_transport::{Label, Message};
use cluster_sim_types::{Fact, Incarnation, LocalInstant, NodeId, WallTime};

pub use hosted::Hosted;
pub use run_protocol::run_protocol;

/// A protocol as a function of its state and one event, hosted as a machine or as an async function.
///
/// Simpler than a [`Machine`](crate::Machine): it has one deadline and at most one operation of its disk in flight. So both hosts ask for
/// the same things at the same instants, and runs of both forms are equal where no two things are due at one instant.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{
///     ClockReadings, Hosted, LocalInstant, Machine, Node, NodeId, Protocol, ProtocolEvent, ProtocolIdentity, ProtocolOutbox, run_protocol,
/// };
///
/// /// Asks node 0 once a second, and counts the answers.
/// struct Counter {
///     answers: u64,
///     due: LocalInstant,
/// }
///
/// impl Protocol for Counter {
///     type Config = Duration;
///     type Message = u64;
///     type View = u64;
///
///     fn boot(_: Duration, _: ProtocolIdentity) -> Self {
///         Self { answers: 0, due: LocalInstant::ZERO }
///     }
///
///     fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent<u64>, outbox: &mut ProtocolOutbox<u64>) {
///         match event {
///             ProtocolEvent::Start | ProtocolEvent::Tick => {
///                 outbox.send(NodeId(0), self.answers);
///                 self.due = clocks.now + Duration::from_secs(1);
///             }
///             ProtocolEvent::Message { .. } => self.answers += 1,
///             ProtocolEvent::Disk(_) => {}
///         }
///     }
///
///     fn deadline(&self) -> Option<LocalInstant> {
///         Some(self.due)
///     }
///
///     fn view(&self) -> u64 {
///         self.answers
///     }
/// }
///
/// fn is_a_machine<M: Machine>() {}
/// is_a_machine::<Hosted<Counter>>();
/// async fn counter(node: Node) {
///     run_protocol::<Counter>(node, Duration::ZERO).await
/// }
/// ```
pub trait Protocol: Sized + 'static {
    /// Whether it reads the wall clock: then each event counts as a reading of it. Without it [`ClockReadings::wall`] is zero.
    const READS_WALL: bool = false;

    /// The settings, equal in all lives.
    type Config;
    /// The type of the messages.
    type Message: Message;
    /// The state that rules may read.
    type View: Clone + Default + PartialEq + Send + 'static;

    /// Returns how many operations of a history it calls for in one life; none by default.
    fn operations(config: &Self::Config) -> u64 {
        let _ = config;
        0
    }

    /// Creates it at the beginning of a life.
    fn boot(config: Self::Config, identity: ProtocolIdentity) -> Self;

    /// Handles an event; sends and facts go to `outbox`.
    fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent<Self::Message>, outbox: &mut ProtocolOutbox<Self::Message>);

    /// Returns the instant at which it wants [`ProtocolEvent::Tick`]; `None` for never.
    fn deadline(&self) -> Option<LocalInstant>;

    /// Returns the next operation for the disk; `None` while one is in flight, or if there is none.
    fn next_operation(&mut self) -> Option<DiskOp> {
        None
    }

    /// Returns the state that rules may read. It is shown where it changed.
    fn view(&self) -> Self::View;

    /// Identifies a message, as [`Machine::label`](crate::Machine::label) does.
    fn label(message: &Self::Message) -> Label {
        let _ = message;
        Label::Content
    }
}

/// The identity of a node in one life, as a protocol gets it.
#[derive(Debug, Clone)]
pub struct ProtocolIdentity {
    /// Its number.
    pub id: NodeId,
    /// Its life.
    pub life: Incarnation,
    /// The source of its own choices.
    pub entropy: Entropy,
    /// The numbers of the operations that a client calls for.
    ///
    /// Up to [`Protocol::operations`], of which minimizing leaves out some.
    pub operations: Vec<u64>,
}

/// The clocks of a node as an event finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReadings {
    /// The monotonic clock.
    pub now: LocalInstant,
    /// The wall clock, which may be wrong; zero unless the protocol [reads it](Protocol::READS_WALL).
    pub wall: WallTime,
}

/// One event of a protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProtocolEvent<M> {
    /// The node booted.
    Start,
    /// A message arrived.
    Message {
        /// The sender.
        from: NodeId,
        /// The message.
        message: M,
    },
    /// The deadline has come.
    Tick,
    /// The disk answered the operation in flight.
    Disk(DiskResult),
}

/// The messages and facts of one event.
#[derive(Debug)]
pub struct ProtocolOutbox<M> {
    /// The messages, in the order in which they are sent.
    pub sends: Vec<(NodeId, M)>,
    /// The facts, in the order in which they are reported.
    pub facts: Vec<Box<dyn Fact + Send>>,
}

impl<M> Default for ProtocolOutbox<M> {
    fn default() -> Self {
        Self { sends: Vec::new(), facts: Vec::new() }
    }
}

impl<M> ProtocolOutbox<M> {
    /// Sends a message as a datagram.
    pub fn send(&mut self, to: NodeId, message: M) {
        self.sends.push((to, message));
    }

    /// Reports a fact to checks and measurements.
    pub fn emit(&mut self, fact: impl Debug + Send + 'static) {
        self.facts.push(Box::new(fact));
    }
}
