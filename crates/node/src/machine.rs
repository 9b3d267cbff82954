//! A protocol as a state machine.

use cluster_sim_transport::{Label, Message, ResetReason};
use cluster_sim_types::{LocalInstant, NodeId};

use crate::effects::{Effects, Timer};

/// A protocol as a pure state machine: inputs in, effects out, no IO.
///
/// A group of a scenario makes its machines by a closure from a [`NodeInfo`](crate::NodeInfo), at the start of the run and again after
/// every crash: what a machine holds in memory does not survive one.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Effects, Input, LocalInstant, Machine, NodeId, NodeInfo, Timer};
///
/// /// Tells its peers the highest number it has heard of.
/// struct Gossip {
///     peers: Vec<NodeId>,
///     highest: u64,
/// }
///
/// impl Gossip {
///     fn boot(seat: &NodeInfo) -> Self {
///         Self { peers: seat.peers(), highest: u64::from(seat.id()) }
///     }
/// }
///
/// impl Machine for Gossip {
///     type Message = u64;
///     type View = u64;
///
///     fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
///         match input {
///             Input::Message { message, .. } => self.highest = self.highest.max(message),
///             _ => {
///                 effects.send_all(&self.peers, self.highest);
///                 effects.arm(Timer(0), Duration::from_millis(50));
///             }
///         }
///     }
///
///     fn view(&self) -> &u64 {
///         &self.highest
///     }
/// }
/// ```
pub trait Machine: 'static {
    /// The port that its messages come in on, by name, and that it sends to: what async nodes bind to speak with it. It takes sessions
    /// there and asks for them there, too: what async nodes connect to and listen on.
    const PORT: &'static str = "main";

    /// What machines of this kind send each other.
    type Message: Message;
    /// What checks see of it.
    type View: 'static;

    /// Takes one input and says what it wants done about it.
    ///
    /// Must be a pure function of the machine's state, `now`, the input, and the rolls of [`Effects::roll`].
    fn step(&mut self, now: LocalInstant, input: Input<Self::Message>, effects: &mut Effects<Self::Message>);

    /// What checks may see, borrowed: it is looked at after steps and never copied.
    fn view(&self) -> &Self::View;

    /// What names `message` among those from one node to another, for addressing chance.
    ///
    /// By default the digest of its content. Declare a key (kind and correlation id) where content changes with timing: then
    /// the fate of a message stays the same in a run that differs elsewhere.
    fn label(message: &Self::Message) -> Label {
        let _ = message;
        Label::Content
    }

    /// The text of `message` in reports, where its serde form says too little: a protocol's own bytes, decoded.
    ///
    /// `None`, the default, is the serde form: variants with their fields, bytes in hexadecimal. Called only for runs that are recorded for
    /// a person to read, so it may be slow; it must depend on the message alone.
    fn describe(message: &Self::Message) -> Option<String> {
        let _ = message;
        None
    }
}

/// What happens to a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<M> {
    /// Its life begins. The first input after every boot.
    Start,
    /// A message arrived.
    Message {
        /// Who sent it, by itself or in a session.
        from: NodeId,
        /// What it says.
        message: M,
    },
    /// A timer came due. It is disarmed now.
    Timer(Timer),
    /// Somebody outside the cluster, such as the test, asks this node for something.
    Call(M),
    /// The session with a peer is gone. What was streamed in it may have arrived, or not: the beginning has, up to some message.
    ///
    /// The next [`Effects::session_send`] to that peer opens another one.
    SessionReset {
        /// With whom it was.
        peer: NodeId,
        /// Why it is gone.
        reason: ResetReason,
    },
    /// A message that was streamed was not taken over, and comes back. Messages come back in the order in which they were streamed.
    SessionFull {
        /// To whom it was streamed.
        peer: NodeId,
        /// What it says.
        message: M,
    },
    /// After a [`SessionFull`](Self::SessionFull): there is room again. A session that is gone has a [`SessionReset`](Self::SessionReset) instead.
    SessionWritable {
        /// To whom can be streamed.
        peer: NodeId,
    },
    /// The peer streams nothing more in this session, and everything it streamed has arrived.
    SessionClosed {
        /// Who has finished.
        peer: NodeId,
    },
}
