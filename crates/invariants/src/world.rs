//! The read-only view of a cluster that checks inspect.

use std::cell::Cell;

use cluster_sim_types::{ClockReading, Health, NodeId, Traffic, VirtualInstant};

use crate::disk::DiskView;
use crate::objects::ObjectsView;
use crate::observed::Observed;
use crate::reads::{Reads, note_missing};
use crate::views::Views;

/// The cluster as a check sees it: read-only, after a step.
pub struct World<'a> {
    observed: &'a dyn Observed,
    /// The nodes that the step may have changed, in order of id; absent outside a step.
    changed: Option<&'a [NodeId]>,
    reads: Cell<Reads>,
    /// The type of the views that were asked for last without finding any; apart from the reads, which each view copies.
    missing: Cell<Option<&'static str>>,
}

impl<'a> World<'a> {
    /// Reads a simulation or a recording between two steps.
    ///
    /// Every view counts as [`changed`](Self::changed).
    pub fn new(observed: &'a dyn Observed) -> Self {
        Self { observed, changed: None, reads: Cell::new(Reads::default()), missing: Cell::new(None) }
    }

    /// Reads a simulation or a recording after a step.
    ///
    /// `changed` lists the nodes whose view, health or disk the step may have changed, each once, in order of id.
    pub fn after_step(observed: &'a dyn Observed, changed: &'a [NodeId]) -> Self {
        Self { observed, changed: Some(changed), reads: Cell::new(Reads::default()), missing: Cell::new(None) }
    }

    /// Returns the present instant.
    pub fn now(&self) -> VirtualInstant {
        self.reads.update(Reads::of_each_step);
        self.observed.now()
    }

    /// Reads the clocks of a node, which clock faults skew.
    ///
    /// No reading of the node: it does not count for the effect of a fault.
    pub fn clock(&self, node: NodeId) -> ClockReading {
        self.reads.update(Reads::with_clock);
        self.observed.clock(node)
    }

    /// Iterates over every node, in any health, in order of id.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.observed.node_count()).map(NodeId)
    }

    /// Returns a node's declared name.
    pub fn name(&self, node: NodeId) -> &'a str {
        self.observed.name(node)
    }

    /// Finds a node by its declared name.
    pub fn named(&self, name: &str) -> Option<NodeId> {
        self.nodes().find(|node| self.observed.name(*node) == name)
    }

    /// Returns a node's health.
    pub fn health(&self, node: NodeId) -> Health {
        self.reads.update(|reads| reads.with_health(node));
        self.observed.health(node)
    }

    /// Returns a node's disk, also while the node is down; `None` if the node never used one.
    ///
    /// So a rule can hold a promise against the bytes that were durable when it was given.
    pub fn disk(&self, node: NodeId) -> Option<DiskView<'a>> {
        self.reads.update(|reads| reads.with_disk(node));
        self.observed.disk(node).map(DiskView::new)
    }

    /// Returns the content of the object store that a node serves; `None` if it serves none.
    ///
    /// Also while the node is down. So a rule can hold a promise against what the store really has, whatever readers see of it.
    pub fn objects(&self, node: NodeId) -> Option<ObjectsView<'a>> {
        self.reads.update(|reads| reads.with_objects(node));
        self.observed.objects(node).map(ObjectsView::new)
    }

    /// Returns a node's view if it has type `V` and the node is up or paused.
    #[inline]
    pub fn view<V: 'static>(&self, node: NodeId) -> Option<&'a V> {
        let view = self.observed.view(node).and_then(|view| view.downcast_ref());
        self.reads.update(|reads| reads.with_view(node, view.is_some()));
        if view.is_none() {
            note_missing::<V>(&self.missing);
        }
        view
    }

    /// Iterates over the views of type `V` of nodes that are up or paused, in order of id.
    #[inline]
    pub fn views<'w, V: 'static>(&'w self) -> Views<'w, 'a, V> {
        Views::new(self.observed, &self.reads, &self.missing)
    }

    /// Iterates over the views of type `V` that this step may have changed, in order of id.
    ///
    /// These are the views of nodes that stepped or whose health changed, without those that are down now. Outside a step, as in
    /// an `eventually` rule or in `Sim::inspect`, these are all views.
    ///
    /// A rule about each node by itself, or about one node against all others, holds everywhere if it held before the step and
    /// holds for these nodes, so it costs what the step changed and not what the cluster holds. A rule that a node outside of this
    /// list can break, such as "some node leads", must read [`views`](Self::views).
    #[inline]
    pub fn changed<'w, V: 'static>(&'w self) -> impl Iterator<Item = (NodeId, &'a V)> + use<'w, 'a, V> {
        self.reads.update(Reads::of_each_step);
        let all = if self.changed.is_some() { 0 } else { self.observed.node_count() };
        let nodes = self.changed.unwrap_or_default().iter().copied().chain((0..all).map(NodeId));
        nodes.filter_map(|node| Some((node, self.view(node)?)))
    }

    /// Lists the nodes whose view of type `V` satisfies `predicate`, in order of id.
    pub fn nodes_where<V: 'static>(&self, mut predicate: impl FnMut(&V) -> bool) -> Vec<NodeId> {
        self.views().filter(|(_, view)| predicate(view)).map(|(node, _)| node).collect()
    }

    /// Returns the fate of every message so far.
    pub fn traffic(&self) -> Traffic {
        self.reads.update(Reads::with_traffic);
        self.observed.traffic()
    }

    /// Counts the views read since the reads were taken last.
    #[inline]
    pub fn views_read(&self) -> u64 {
        self.reads.get().views()
    }

    /// Returns the type of the views that were asked for last without finding any, and forgets it.
    #[inline]
    pub fn take_missing(&self) -> Option<&'static str> {
        self.missing.take()
    }

    /// Returns what was read since the last call, and forgets it.
    pub fn take_reads(&mut self) -> Reads {
        self.reads.take()
    }
}
