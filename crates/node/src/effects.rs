//! What a machine wants done.

use std::collections::VecDeque;
use std::time::Duration;

use cluster_sim_runtime::{Entropy, Roll};
use cluster_sim_types::{Fact, NodeId, WallTime};

/// A timer of a machine, named by the machine; arming one that is armed moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer(pub u64);

/// One thing a machine wants done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Effect<M> {
    /// Send a message to one node.
    Send(NodeId, M),
    /// Send one message to several nodes, in this order.
    SendAll(Vec<NodeId>, M),
    /// Let a timer come due after so much local time; moves it if it is armed.
    SetTimer(Timer, Duration),
    /// Let a timer not come due.
    CancelTimer(Timer),
    /// State a fact.
    Emit(Box<dyn Fact>),
    /// Send a message in the session with one node.
    SessionSend(NodeId, M),
    /// Send nothing more in the session with one node.
    SessionClose(NodeId),
}

/// What a machine wants done about one input, in the order in which it asked.
///
/// A driver carries the effects out after the step returns. They are plain data, so that a machine can be tested alone:
///
/// ```
/// use cluster_sim_node::{Effect, Effects, Entropy, NodeId};
///
/// let mut effects = Effects::new(Entropy::from_key(7));
/// effects.send(NodeId(1), "hello");
/// assert!(matches!(effects.drain().next(), Some(Effect::Send(NodeId(1), "hello"))));
/// ```
#[derive(Debug)]
pub struct Effects<M> {
    /// What was asked for first: most steps ask for one thing.
    first: Option<Effect<M>>,
    /// What was asked for after it.
    queue: VecDeque<Effect<M>>,
    entropy: Entropy,
    wall: WallTime,
    view_unchanged: bool,
    /// Emptied lists of receivers, kept so that a broadcast allocates nothing.
    spare: Vec<Vec<NodeId>>,
}

impl<M> Effects<M> {
    /// No effects yet, for a machine whose choices hang on `entropy`.
    pub fn new(entropy: Entropy) -> Self {
        Self { first: None, queue: VecDeque::new(), entropy, wall: WallTime::ZERO, view_unchanged: false, spare: Vec::new() }
    }

    #[inline]
    fn push(&mut self, effect: Effect<M>) {
        if self.first.is_none() && self.queue.is_empty() {
            self.first = Some(effect);
        } else {
            self.queue.push_back(effect);
        }
    }

    /// Sends `message` to one node. It may be lost, late, repeated or overtaken.
    #[inline]
    pub fn send(&mut self, to: NodeId, message: M) {
        self.push(Effect::Send(to, message));
    }

    /// Sends `message` to each of `to`, in that order; each has its own fate.
    pub fn send_all(&mut self, to: &[NodeId], message: M) {
        let mut receivers = self.spare.pop().unwrap_or_default();
        receivers.extend_from_slice(to);
        self.push(Effect::SendAll(receivers, message));
    }

    /// Sends `message` in the session with one node, which is opened if there is none.
    ///
    /// It arrives as [`Input::Message`](crate::Input::Message), once, and after every message streamed to that node before it. It is lost
    /// only with its session, which [`Input::SessionReset`](crate::Input::SessionReset) tells. If it is not taken over, since the window is full or the
    /// session ends, [`Input::SessionFull`](crate::Input::SessionFull) hands it back.
    ///
    /// A node that streams to itself, or to one that is not there, makes a mistake: the run ends with a finding.
    pub fn session_send(&mut self, to: NodeId, message: M) {
        self.push(Effect::SessionSend(to, message));
    }

    /// Sends nothing more in the session with one node: after everything streamed before, it takes
    /// [`Input::SessionClosed`](crate::Input::SessionClosed). What it streams still arrives.
    ///
    /// Once both have finished the session is over, and the next `stream` opens another one. What is streamed until then is handed back.
    /// Nothing happens where there is no session.
    pub fn session_close(&mut self, peer: NodeId) {
        self.push(Effect::SessionClose(peer));
    }

    /// Lets `timer` come due after so much local time; moves it if it is armed.
    #[inline]
    pub fn set_timer(&mut self, timer: Timer, after: Duration) {
        self.push(Effect::SetTimer(timer, after));
    }

    /// Lets `timer` not come due; nothing happens if it is not armed.
    #[inline]
    pub fn cancel_timer(&mut self, timer: Timer) {
        self.push(Effect::CancelTimer(timer));
    }

    /// States a fact, for checks and measurements to see.
    pub fn emit(&mut self, fact: impl Fact) {
        self.push(Effect::Emit(Box::new(fact)));
    }

    /// Says that this step left the view as it was, so that checks of views need not run.
    ///
    /// Without this every step counts as a change.
    #[inline]
    pub fn view_unchanged(&mut self) {
        self.view_unchanged = true;
    }

    /// The roll for this machine's choice number `index` of the kind `name`.
    ///
    /// Asking twice in one life gives the same answer: number what is decided about, not the calls.
    #[inline]
    pub fn roll(&self, name: &str, index: u64) -> Roll {
        self.entropy.roll(name, index)
    }

    /// The source of [`roll`](Self::roll), for code that is shared with async nodes.
    pub fn entropy(&self) -> Entropy {
        self.entropy
    }

    /// What the node's wall clock says at this step. It may be wrong, and may jump; measure spans with the `now` of the step.
    #[inline]
    pub fn wall(&self) -> WallTime {
        self.wall
    }

    /// Makes ready for a step of a machine whose choices hang on `entropy` and whose wall clock says `wall`.
    #[inline(always)]
    pub fn begin(&mut self, entropy: Entropy, wall: WallTime) {
        self.first = None;
        if !self.queue.is_empty() {
            self.queue.clear();
        }
        self.entropy = entropy;
        self.wall = wall;
        self.view_unchanged = false;
    }

    /// Whether the machine said that its view is as it was.
    #[inline]
    pub fn is_unchanged(&self) -> bool {
        self.view_unchanged
    }

    /// Takes out everything asked for, in order, and makes ready for the next step.
    pub fn drain(&mut self) -> impl Iterator<Item = Effect<M>> + '_ {
        self.view_unchanged = false;
        self.first.take().into_iter().chain(self.queue.drain(..))
    }
}

/// What the simulated driver needs so that a step allocates nothing.
#[cfg(feature = "test-utils")]
impl<M> Effects<M> {
    /// Takes out what was asked for first.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<Effect<M>> {
        self.first.take().or_else(|| self.queue.pop_front())
    }

    /// Gives back a list of receivers, for the next broadcast to use.
    pub(crate) fn recycle(&mut self, mut receivers: Vec<NodeId>) {
        receivers.clear();
        self.spare.push(receivers);
    }
}
