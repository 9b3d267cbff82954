//! Holds messages from a test, and lets them arrive one by one.

use cluster_sim_transport::{CutId, NetworkPartition};
use cluster_sim_types::NodeId;

use super::Sim;
use super::control::collect;
use crate::fault::{LinkFault, Resolved};

/// A hold of links, in force while this guard lives.
///
/// Dropping it lets all that is held arrive before the next step, at the same virtual instant and in order.
#[derive(Debug)]
#[must_use = "dropping the guard releases the messages"]
pub struct MessageHold(NetworkPartition);

impl MessageHold {
    /// Releases all messages before the next step, as dropping the guard does.
    pub fn release(self) {}

    /// Counts the messages that it has held so far, segments of sessions included.
    pub fn held(&self) -> u64 {
        self.0.dropped()
    }

    fn id(&self) -> CutId {
        self.0.id()
    }
}

impl Sim {
    /// Holds all that would arrive over the links between two sides, while the guard lives.
    ///
    /// [`step_message`](Self::step_message) lets the oldest message arrive. Segments of sessions are held too.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn counts(node: Node) {
    ///     let port = node.bind::<u64>("numbers");
    ///     if node.index() == 0 {
    ///         (0..3).for_each(|number| port.send(1, number));
    ///     }
    ///     loop {
    ///         let _ = port.recv().await;
    ///         node.publish(|count: &mut u64| *count += 1);
    ///     }
    /// }
    ///
    /// let mut sim = Scenario::new("counting").nodes("node", 2, counts).start(Seed(7));
    /// let hold = sim.hold([0], [1]);
    /// sim.run_for(Duration::from_secs(1));
    /// assert_eq!(hold.held(), 3);
    /// assert!(sim.step_message(&hold));
    /// assert_eq!(sim.inspect(|world| world.view::<u64>(NodeId(1)).copied()), Some(1));
    /// hold.release();
    /// sim.run_for(Duration::ZERO);
    /// assert_eq!(sim.inspect(|world| world.view::<u64>(NodeId(1)).copied()), Some(3));
    /// ```
    ///
    /// # Panics
    /// If there is no such node, or one is on both sides.
    #[track_caller]
    pub fn hold(
        &mut self,
        left: impl IntoIterator<Item = impl Into<NodeId>>,
        right: impl IntoIterator<Item = impl Into<NodeId>>,
    ) -> MessageHold {
        self.hold_links(collect(left), collect(right), true)
    }

    /// Holds all that would arrive over the links from one side to the other, but not back.
    ///
    /// Otherwise as [`hold`](Self::hold).
    ///
    /// # Panics
    /// If there is no such node, or one is on both sides.
    #[track_caller]
    pub fn hold_one_way(
        &mut self,
        from: impl IntoIterator<Item = impl Into<NodeId>>,
        to: impl IntoIterator<Item = impl Into<NodeId>>,
    ) -> MessageHold {
        self.hold_links(collect(from), collect(to), false)
    }

    #[track_caller]
    fn hold_links(&mut self, from: Vec<NodeId>, to: Vec<NodeId>, both_ways: bool) -> MessageHold {
        let [names, others] = self.names_of_sides(&from, &to);
        if self.over {
            return MessageHold(self.network().fabric.no_cut());
        }
        let hold = LinkFault::Hold { from, to, both_ways, duration: None };
        let named = LinkFault::Hold { from: names, to: others, both_ways, duration: None };
        self.by_hand(named.into(), Resolved::Link(hold));
        MessageHold(self.release_last_guard().expect("a run that is not over holds what it is asked to"))
    }

    /// Lets the oldest held message arrive now, with all else that is due now. Returns whether there was one.
    ///
    /// The hold stays in force. A cut can still lose the message, and so can the state of its receiver.
    pub fn step_message(&mut self, hold: &MessageHold) -> bool {
        self.apply_heals();
        if self.over {
            return false;
        }
        let (network, kernel) = self.engine.core.device();
        let network: &mut cluster_sim_transport::Network = network;
        let released = network.fabric.release_one(kernel, hold.id());
        if released {
            self.run_to(self.now());
        }
        released
    }

    /// Ends every hold, including those of the fault plan; guards that still live then do nothing.
    pub fn release_all(&mut self) {
        self.by_hand(LinkFault::ReleaseAll.into(), Resolved::Link(LinkFault::ReleaseAll));
    }

    /// Resets every session between two sides, and returns whether there was one; no node crashes.
    ///
    /// # Panics
    /// If there is no such node, or one is on both sides.
    #[track_caller]
    pub fn reset_sessions(
        &mut self,
        left: impl IntoIterator<Item = impl Into<NodeId>>,
        right: impl IntoIterator<Item = impl Into<NodeId>>,
    ) -> bool {
        let (from, to): (Vec<NodeId>, Vec<NodeId>) = (collect(left), collect(right));
        let [names, others] = self.names_of_sides(&from, &to);
        let named = LinkFault::ResetSessions { from: names, to: others };
        self.by_hand(named.into(), Resolved::Link(LinkFault::ResetSessions { from, to }))
    }
}
