//! What the kernel knows of each node: names, lives, health, clocks.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_types::{Change, Health, Incarnation, LocalInstant, NodeClock, NodeId, VirtualInstant, WallTime};

use super::Kernel;
use crate::engine::decisions::{Choice, Site};
use crate::engine::queue::{Order, Rank, Target};
use crate::engine::record::{Record, RecordKind};
use crate::random::{Address, Entropy, Stream};

const ENTROPY: Stream = Stream::named("entropy");
const START: Stream = Stream::named("start");

/// What the kernel asks about a node at every step; small, since a large cluster's must share the cache with its messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// The declared name as an address.
    pub(super) address: Address,
    pub(super) clock: NodeClock,
    pub(super) incarnation: Incarnation,
    pub(super) health: Health,
    /// Its first life began.
    pub(super) has_lived: bool,
    /// The main function of its present life returned.
    pub(super) has_returned: bool,
}

impl Kernel {
    pub(crate) fn add_node(&mut self, name: &str) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("node ids are 32 bits wide"));
        self.names.push(name.into());
        self.nodes.push(Node {
            address: Address::new().name(name),
            clock: NodeClock::new(VirtualInstant::ZERO, WallTime::ZERO),
            incarnation: Incarnation(0),
            health: Health::Down,
            has_lived: false,
            has_returned: false,
        });
        id
    }

    /// What the node's monotonic clock says now.
    #[inline]
    pub fn local_now(&self, node: NodeId) -> LocalInstant {
        self.nodes[node.index()].clock.local(self.now)
    }

    /// What the node's wall clock says now.
    #[inline]
    pub fn wall_now(&self, node: NodeId) -> WallTime {
        self.nodes[node.index()].clock.wall(self.now)
    }

    /// How many nodes there are; ids run from 0.
    pub fn node_count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The node's declared name.
    pub fn name(&self, node: NodeId) -> &Arc<str> {
        &self.names[node.index()]
    }

    /// The node's declared name as an address of chance.
    #[inline]
    pub fn address(&self, node: NodeId) -> Address {
        self.nodes[node.index()].address
    }

    /// The node's health.
    #[inline]
    pub fn health(&self, node: NodeId) -> Health {
        self.nodes[node.index()].health
    }

    /// Whether the node's first life began.
    pub(crate) fn has_lived(&self, node: NodeId) -> bool {
        self.nodes[node.index()].has_lived
    }

    /// Whether the node is in that life, and it goes on: no crash ended it, and no return of its main function.
    #[inline]
    pub fn lives(&self, node: NodeId, incarnation: Incarnation) -> bool {
        let node = &self.nodes[node.index()];
        node.incarnation == incarnation && !node.has_returned && matches!(node.health, Health::Up | Health::Paused)
    }

    /// Whether the main function of an async node's present life returned.
    pub fn has_returned(&self, node: NodeId) -> bool {
        self.nodes[node.index()].has_returned
    }

    /// Says that it did: its handles are inert from here on, and it stays up with the view it showed last.
    pub(crate) fn main_returned(&mut self, node: NodeId) {
        self.nodes[node.index()].has_returned = true;
    }

    /// Whether the node is in that life, and runs.
    #[inline]
    pub fn is_up(&self, node: NodeId, incarnation: Incarnation) -> bool {
        let node = &self.nodes[node.index()];
        node.incarnation == incarnation && node.health == Health::Up
    }

    /// Which life the node is in, or was in last.
    #[inline]
    pub fn incarnation(&self, node: NodeId) -> Incarnation {
        self.nodes[node.index()].incarnation
    }

    /// The life that a node begins next: the first one, or the one after its last.
    pub(crate) fn next_incarnation(&self, node: NodeId) -> Incarnation {
        let Node { incarnation, has_lived, .. } = self.nodes[node.index()];
        if has_lived { incarnation.next() } else { incarnation }
    }

    /// Where a node's first life begins: an addressed offset below `spread`.
    pub(crate) fn schedule_start(&mut self, node: NodeId, spread: Duration) {
        let address = self.address(node);
        let site = Site { choice: Choice::Start, stream: START, address, node, peer: node };
        let offset = self.choose(site, |roll| roll.within(spread).as_nanos() as u64);
        let order = Order::new(Rank::DEFAULT, address);
        self.push(VirtualInstant::ZERO.after_nanoseconds(offset), order, Target::Start, node.0);
    }

    /// Begins a life: the first, or the next one.
    pub(crate) fn begin_life(&mut self, node: NodeId, incarnation: Incarnation) -> Entropy {
        let now = self.now;
        let state = &mut self.nodes[node.index()];
        state.incarnation = incarnation;
        state.health = Health::Up;
        state.has_lived = true;
        state.has_returned = false;
        state.clock = NodeClock::new(now, WallTime::ZERO);
        let address = state.address.number(u64::from(incarnation.0));
        self.record(Record { detail: incarnation.0, ..Record::of(now, RecordKind::Boot, node) });
        self.change(Change::Health(node, Health::Up, incarnation));
        Entropy::from_key(self.roll(ENTROPY, address).0)
    }

    /// Gives a node another health, records it, and takes back the timers that waited for a paused node.
    pub(crate) fn set_health(&mut self, node: NodeId, health: Health, kind: RecordKind) {
        let now = self.now;
        let state = &mut self.nodes[node.index()];
        state.health = health;
        let incarnation = state.incarnation;
        for slot in self.held.remove(&node).unwrap_or_default() {
            if health == Health::Up {
                self.queue_timer(slot, now);
            } else {
                self.release_timer(slot);
            }
        }
        self.record(Record::of(now, kind, node));
        self.change(Change::Health(node, health, incarnation));
    }

    /// Ends a node's life without a trace in the record: the run itself is over.
    pub(crate) fn retire(&mut self, node: NodeId) {
        self.nodes[node.index()].health = Health::Killed;
    }
}
