//! Views and exposed values of async nodes.

use std::any::Any;

use cluster_sim_types::{Change, NodeId};

use crate::engine::Kernel;

impl Kernel {
    /// Returns the view of an async node.
    #[inline]
    pub fn view(&self, node: NodeId) -> Option<&dyn Any> {
        self.tasks.node_state.get(node.index())?.view.as_deref()
    }

    /// Takes the view out, to be changed and put back.
    #[inline]
    pub fn take_view(&mut self, node: NodeId) -> Option<Box<dyn Any>> {
        self.tasks.node_state.get_mut(node.index())?.view.take()
    }

    /// Returns the name of the type of an async node's view.
    pub fn view_type(&self, node: NodeId) -> Option<&'static str> {
        self.tasks.node_state.get(node.index())?.view_type
    }

    /// Notes the type of the first view of an async node's life.
    #[cold]
    pub fn note_view_type(&mut self, node: NodeId, name: &'static str) {
        self.tasks.node_state(node).view_type = Some(name);
    }

    /// Publishes a changed view.
    #[inline(always)]
    pub fn put_view(&mut self, node: NodeId, view: Box<dyn Any>) {
        match self.tasks.node_state.get_mut(node.index()) {
            Some(state) => state.view = Some(view),
            None => self.tasks.node_state(node).view = Some(view),
        }
        self.change(Change::View(node));
    }

    /// Replaces the value through which calls from outside reach the node; returns the old one.
    pub fn expose(&mut self, node: NodeId, handle: Option<Box<dyn Any>>) -> Option<Box<dyn Any>> {
        std::mem::replace(&mut self.tasks.node_state(node).exposed, handle)
    }
}
