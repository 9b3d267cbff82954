//! Effects: the requests a machine makes in answer to one input.
//!
//! # Sessions of machines
//!
//! A machine identifies a session by its peer and has at most one with each node.
//!
//! - **Open.** The first [`Effects::session_send`] to a peer opens the session, on [`Machine::PORT`](crate::Machine::PORT). Every
//!   machine accepts sessions there. If two machines open one to each other at the same time, they end up with one: the machine
//!   that is asked first continues in the other's session and carries over the messages it had given to its own.
//! - **Break.** [`Input::SessionReset`](crate::Input::SessionReset) reports a broken session. A peer that opens a session while
//!   this machine still holds one with it has lost its end, by a crash for example: the machine gets the reset first, then the
//!   new session begins.
//! - **Close.** Each side closes its own direction by [`Effects::session_close`]. Once both have closed, the next `session_send`
//!   opens a new session; messages sent before that come back.
//! - **Return.** A message that the session does not accept comes back as [`Input::SessionFull`](crate::Input::SessionFull) at
//!   the same instant, in order, before any other input of that session.
//!
//! With an async node a machine has one session too. One that the node opens replaces an earlier one, and both sides get the
//! reset. If both open at the same time, the machine continues in the node's session; the one it had asked for comes to nothing,
//! and a node that had already accepted it gets a reset.

mod list;

use std::cell::Cell;
use std::mem;
use std::time::Duration;

use cluster_sim_runtime::{Entropy, EntropyRng, Roll};
use cluster_sim_storage::DiskOp;
use cluster_sim_types::{Fact, NodeId, WallTime};

use crate::timer::Timer;
use list::EffectList;

/// One request of a machine.
#[derive(Debug)]
#[non_exhaustive]
pub enum Effect<M> {
    /// Send a message to one node.
    Send(NodeId, M),
    /// Send one message to several nodes, in this order.
    SendAll(Vec<NodeId>, M),
    /// Make a timer come due after a delay on the node's monotonic clock; moves it if it is armed.
    SetTimer(Timer, Duration),
    /// Disarm a timer.
    CancelTimer(Timer),
    /// Report a fact to checks and measurements.
    Emit(Box<dyn Fact>),
    /// Send a message in the session with one node, opening it if needed.
    SessionSend(NodeId, M),
    /// Close this side of the session with one node.
    SessionClose(NodeId),
    /// Submit an operation to the node's disk, under a number.
    Disk(u64, Box<DiskOp>),
    /// Visit the failpoint of that name.
    Failpoint(&'static str),
    /// End the node's life, if it was asked to stop.
    Stop,
}

/// The requests of a machine during one step, in the order in which it made them.
///
/// The driver executes them after the step returns. They are plain data, so a machine can be tested without a driver:
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
    list: EffectList<M>,
    entropy: Entropy,
    wall: WallTime,
    /// Whether the step has read the wall clock.
    has_read_wall: Cell<bool>,
    /// Whether the driver has more to do than most steps ask for: a reading of the wall clock, or operations for the disk.
    wants_more: Cell<bool>,
    view_unchanged: bool,
    /// Empty lists of receivers, reused so that a broadcast does not allocate.
    spare: Vec<Vec<NodeId>>,
    /// Boxes of operations, likewise.
    #[expect(clippy::vec_box, reason = "the boxes are what is kept")]
    spare_operations: Vec<Box<DiskOp>>,
}

impl<M> Effects<M> {
    /// Creates an empty list for a machine whose rolls come from `entropy`.
    pub fn new(entropy: Entropy) -> Self {
        Self {
            list: EffectList::new(),
            entropy,
            wall: WallTime::ZERO,
            has_read_wall: Cell::new(false),
            wants_more: Cell::new(false),
            view_unchanged: false,
            spare: Vec::new(),
            spare_operations: Vec::new(),
        }
    }

    /// Sends `message` to one node as a datagram: it may be lost, delayed, duplicated or reordered.
    #[inline]
    pub fn send(&mut self, to: NodeId, message: M) {
        self.list.push_send(to, message);
    }

    /// Sends `message` to each node of `to`, in that order, as separate datagrams with a fate each.
    pub fn send_all(&mut self, to: &[NodeId], message: M) {
        let mut receivers = self.spare.pop().unwrap_or_default();
        receivers.extend_from_slice(to);
        self.list.push(Effect::SendAll(receivers, message));
    }

    /// Sends `message` in the session with one node, opening a session if there is none.
    ///
    /// The message arrives as [`Input::Message`](crate::Input::Message), exactly once, after every message sent in the session
    /// before it. It is lost only if the session breaks, which [`Input::SessionReset`](crate::Input::SessionReset) reports. If
    /// the window is full or the session is closing, [`Input::SessionFull`](crate::Input::SessionFull) returns the message.
    ///
    /// Sending to the node itself or to an unknown node is a bug: the run ends with a finding.
    pub fn session_send(&mut self, to: NodeId, message: M) {
        self.list.push(Effect::SessionSend(to, message));
    }

    /// Closes this side of the session with one node. Without a session it does nothing.
    ///
    /// The peer gets [`Input::SessionClosed`](crate::Input::SessionClosed) after all messages sent before; messages from the peer
    /// still arrive. Once both sides have closed, the next [`session_send`](Self::session_send) opens a new session. Messages
    /// sent before that are returned.
    pub fn session_close(&mut self, peer: NodeId) {
        self.list.push(Effect::SessionClose(peer));
    }

    /// Makes `timer` come due `after` from now on the node's monotonic clock.
    ///
    /// It comes due as [`Input::Timer`](crate::Input::Timer). A timer that is armed moves.
    #[inline]
    pub fn set_timer(&mut self, timer: impl Into<Timer>, after: Duration) {
        self.list.push_timer(timer.into(), after);
    }

    /// Disarms `timer`; does nothing if it is not armed.
    #[inline]
    pub fn cancel_timer(&mut self, timer: impl Into<Timer>) {
        self.list.push(Effect::CancelTimer(timer.into()));
    }

    /// Submits an operation to the node's disk.
    ///
    /// The answer comes as [`Input::Disk`](crate::Input::Disk) with this `tag`, a number of the machine's own. Operations on one
    /// file take effect in the order in which they were submitted, all others in any order; nothing is durable before the answer
    /// to a sync. The file that earlier lives left is in [`Boot::disk`](crate::Boot::disk).
    pub fn disk(&mut self, tag: impl Into<u64>, operation: DiskOp) {
        let operation = match self.spare_operations.pop() {
            Some(mut spare) => {
                // An emptied box owns nothing; forgotten, it costs no look at what operations own.
                mem::forget(mem::replace(&mut *spare, operation));
                spare
            }
            None => Box::new(operation),
        };
        self.list.push(Effect::Disk(tag.into(), operation));
    }

    /// Ends the node's life by itself, after it was asked to stop by [`Input::Stop`](crate::Input::Stop).
    ///
    /// The other effects of the step are carried out first. The node is then down without having crashed: what its disk was asked to
    /// write survives without a sync. Does nothing if the node was not asked.
    pub fn stop(&mut self) {
        self.list.push(Effect::Stop);
    }

    /// Reports a fact to checks and measurements. It costs no message and no time.
    pub fn emit(&mut self, fact: impl Fact) {
        self.list.push(Effect::Emit(Box::new(fact)));
    }

    /// As [`emit`](Self::emit), of a fact in a box.
    pub(crate) fn emit_boxed(&mut self, fact: Box<dyn Fact>) {
        self.list.push(Effect::Emit(fact));
    }

    /// Marks a point at which a simulation may crash the node; does nothing elsewhere.
    ///
    /// In a crash here, what the step asked for before is carried out, and what it asks for afterwards is not. The machine is
    /// dropped. Otherwise as [`Node::failpoint`](crate::Node::failpoint).
    pub fn failpoint(&mut self, point: &'static str) {
        self.list.push(Effect::Failpoint(point));
    }

    /// Declares that this step did not change the view, so that checks of views are skipped.
    ///
    /// By default every step counts as a change. A wrong declaration hides violations until the next change.
    #[inline]
    pub fn view_unchanged(&mut self) {
        self.view_unchanged = true;
    }

    /// Returns the random number for choice `index` of kind `name`.
    ///
    /// It is a pure function of seed, node name, life, `name` and `index`.
    ///
    /// Equal arguments give equal rolls within one life. Let `index` number the subject of the choice (the operation, the
    /// attempt) rather than the calls: then the choice stays the same when an unrelated part of the run changes.
    #[inline]
    pub fn roll(&self, name: &str, index: u64) -> Roll {
        self.entropy.roll(name, index)
    }

    /// Returns the generator of `rand_core` about choice `index` of kind `name`, from its first draw.
    ///
    /// For distributions and shuffles of `rand`; as [`roll`](Self::roll), equal arguments give equal numbers.
    pub fn rng(&self, name: &str, index: u64) -> EntropyRng {
        self.entropy.rng(name, index)
    }

    /// Returns the source of [`roll`](Self::roll), for code shared with async nodes.
    pub fn entropy(&self) -> Entropy {
        self.entropy
    }

    /// Returns the node's wall clock at this step.
    ///
    /// It may be wrong and may jump, as under a clock fault; measure durations by the `now` of the step.
    #[inline]
    pub fn wall(&self) -> WallTime {
        self.has_read_wall.set(true);
        self.wants_more.set(true);
        self.wall
    }

    /// Clears the list before a step, and sets the source of rolls and the wall clock. For drivers.
    #[inline(always)]
    pub fn begin(&mut self, entropy: Entropy, wall: WallTime) {
        self.list.clear();
        self.entropy = entropy;
        self.wall = wall;
        self.has_read_wall.set(false);
        self.wants_more.set(false);
        self.view_unchanged = false;
    }

    /// Returns whether the step declared its [view unchanged](Self::view_unchanged). For drivers.
    #[inline]
    pub fn is_unchanged(&self) -> bool {
        self.view_unchanged
    }

    /// Removes all effects, in order. For drivers and tests.
    pub fn drain(&mut self) -> impl Iterator<Item = Effect<M>> + '_ {
        self.view_unchanged = false;
        self.list.drain()
    }
}

/// Access for the simulated driver, so that a step does not allocate.
#[cfg(feature = "test-utils")]
impl<M> Effects<M> {
    /// The effects, to be carried out.
    #[inline(always)]
    pub(crate) fn list(&mut self) -> &mut EffectList<M> {
        &mut self.list
    }

    /// Whether the step has read the wall clock.
    pub(crate) fn has_read_wall(&self) -> bool {
        self.has_read_wall.get()
    }

    /// Whether the step has read the wall clock, or its effects [want more](Self::want_more).
    #[inline(always)]
    pub(crate) fn wants_more(&self) -> bool {
        self.wants_more.get()
    }

    /// Notes that carrying out the effects left operations for the disk.
    pub(crate) fn want_more(&self) {
        self.wants_more.set(true);
    }

    /// Removes the one effect, if it is an operation for the disk.
    #[inline]
    pub(crate) fn take_lone_disk(&mut self) -> Option<(u64, DiskOp)> {
        let (tag, operation) = self.list.take_lone_disk()?;
        Some((tag, self.unbox(operation)))
    }

    /// Keeps a list of receivers for the next broadcast.
    pub(crate) fn recycle(&mut self, mut receivers: Vec<NodeId>) {
        receivers.clear();
        self.spare.push(receivers);
    }

    /// Takes an operation out of its box, and keeps the box for the next one.
    #[inline]
    pub(crate) fn unbox(&mut self, mut operation: Box<DiskOp>) -> DiskOp {
        let taken = mem::replace(&mut *operation, DiskOp::Space);
        self.spare_operations.push(operation);
        taken
    }
}

#[cfg(all(test, feature = "test-utils"))]
mod tests {
    use super::*;
    use crate::timer::Timer;

    #[test]
    fn a_lone_operation_is_taken_and_its_box_used_again() {
        let mut effects = Effects::<u64>::new(Entropy::from_key(7));
        for tag in 0..3_u64 {
            effects.disk(tag, DiskOp::Remove { path: tag.to_string() });
            assert!(effects.list.is_lone_disk() && effects.spare_operations.is_empty());
            assert_eq!(effects.take_lone_disk(), Some((tag, DiskOp::Remove { path: tag.to_string() })));
            assert!(effects.list.is_empty() && effects.spare_operations.len() == 1);
        }
        effects.disk(3_u64, DiskOp::Space);
        effects.set_timer(Timer(0), Duration::ZERO);
        assert!(!effects.list.is_lone_disk(), "a timer follows");
    }
}
