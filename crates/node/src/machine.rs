//! A protocol as a state machine: one input at a time, effects as data.

use cluster_sim_storage::DiskResult;
use cluster_sim_transport::{Label, Message, ResetReason};
use cluster_sim_types::{LocalInstant, NodeId};

use crate::effects::Effects;
use crate::timer::Timer;

/// A protocol as a pure state machine: inputs in, effects out, no IO.
///
/// A scenario creates the machines of a group with a closure over [`Boot`](crate::Boot), when the run starts and again
/// after every crash. State in memory does not survive a crash.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Boot, Effects, Input, LocalInstant, Machine, NodeId, Timer};
///
/// /// Sends its peers the highest number it has received, 20 times a second.
/// struct Gossip {
///     peers: Vec<NodeId>,
///     highest: u64,
/// }
///
/// impl Gossip {
///     fn boot(boot: &Boot) -> Self {
///         Self { peers: boot.peers(), highest: u64::from(boot.id()) }
///     }
/// }
///
/// impl Machine for Gossip {
///     type Message = u64;
///     type View = u64;
///
///     fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
///         match input {
///             Input::Start | Input::Timer(_) => {
///                 effects.send_all(&self.peers, self.highest);
///                 effects.set_timer(Timer(0), Duration::from_millis(50));
///             }
///             Input::Message { message, .. } => self.highest = self.highest.max(message),
///             // Calls and session events: this machine takes no calls and opens no sessions.
///             // `Input` is non-exhaustive, so a last arm is required.
///             _ => {}
///         }
///     }
///
///     fn view(&self) -> &u64 {
///         &self.highest
///     }
/// }
/// ```
pub trait Machine: 'static {
    /// Names the port for datagrams and sessions of the machine.
    ///
    /// An async node binds, connects to or listens on a port of this name to talk to the machine.
    const PORT: &'static str = "main";

    /// The type of the messages that machines of this kind send each other.
    type Message: Message;
    /// The state that checks may read.
    type View: 'static;

    /// Handles one input and requests effects.
    ///
    /// `now` is the time since this node booted, by its monotonic clock: clock faults let it run faster or slower, and timers with
    /// it, but never backwards. The step must be a pure function of the machine's state, `now`, the input,
    /// [`Effects::roll`] and [`Effects::wall`]; anything else makes runs irreproducible.
    ///
    /// A panic ends the run with a finding that names the node.
    fn step(&mut self, now: LocalInstant, input: Input<Self::Message>, effects: &mut Effects<Self::Message>);

    /// Borrows the state that checks may read. Checks read it between steps and never copy it.
    fn view(&self) -> &Self::View;

    /// Identifies `message` among the messages from one node to another.
    ///
    /// The label is part of the address under which a simulation decides loss, delay and order. The default is the digest of the
    /// content. Return a key of kind and correlation id if content changes with timing (clocks, counters, piggybacked state):
    /// then the message keeps its fate when an unrelated part of the run changes.
    fn label(message: &Self::Message) -> Label {
        let _ = message;
        Label::Content
    }

    /// Describes a message for reports, for example by decoding a protocol's own bytes.
    ///
    /// `None`, the default, is the serde form: variants with their fields, bytes in hexadecimal. Called only in recorded runs, so
    /// it may be slow; it must depend on the message alone.
    fn describe(message: &Self::Message) -> Option<String> {
        let _ = message;
        None
    }
}

/// One event that a machine handles.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<M> {
    /// The node booted. The first input of every life.
    Start,
    /// The node is asked to stop, as by a supervisor that replaces the program.
    ///
    /// The machine may hand over its work, and then ends its life by [`Effects::stop`]. If it has not at the deadline, it crashes.
    /// A machine that ignores this input crashes at the deadline too.
    Stop {
        /// The instant of the crash, by the `now` of the steps.
        deadline: LocalInstant,
    },
    /// A message arrived, as a datagram or in a session.
    Message {
        /// The sender.
        from: NodeId,
        /// The message.
        message: M,
    },
    /// A timer came due. It is no longer armed.
    Timer(Timer),
    /// The node's disk answered an operation of [`Effects::disk`], which gave it this number.
    Disk(u64, DiskResult),
    /// Code outside the cluster, such as a test, made a request by `Sim::call`.
    Call(M),
    /// The session with a peer broke.
    ///
    /// Of the messages sent in it, the peer received all up to some message and none after.
    ///
    /// The next [`Effects::session_send`] to that peer opens a new session.
    SessionReset {
        /// The peer of the session.
        peer: NodeId,
        /// The cause.
        reason: ResetReason,
    },
    /// A message given to [`Effects::session_send`] was not accepted and is returned.
    ///
    /// Returned messages keep their order.
    ///
    /// The window of the session is full, or the session is closing.
    SessionFull {
        /// The peer of the session.
        peer: NodeId,
        /// The message that was not sent.
        message: M,
    },
    /// The session has room again after a [`SessionFull`](Self::SessionFull). If it breaks first,
    /// [`SessionReset`](Self::SessionReset) comes instead.
    SessionWritable {
        /// The peer of the session.
        peer: NodeId,
    },
    /// The peer closed its direction of the session, and every message it sent has arrived.
    SessionClosed {
        /// The peer of the session.
        peer: NodeId,
    },
}
