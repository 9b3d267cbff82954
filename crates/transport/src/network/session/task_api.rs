//! Ends that tasks hold: what is new about one wakes who waits for it.
//!
//! A node that runs tasks has no agenda. Who waits for something of an end lies beside it, and is woken in the step in which it happens.

use cluster_sim_runtime::{Kernel, Waiter};
use cluster_sim_types::NodeId;

use super::SessionId;
use super::endpoint::Events;
use crate::network::Network;
use crate::network::port_names::PortId;
use crate::network::waiters::{WaitKey, Waiters};

/// What of an end a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointWait {
    /// Something to take in.
    Readable,
    /// An answer to what it asked for, or room for a message.
    Writable,
}

/// Who waits for something of one end. All of them are told that it is gone.
#[derive(Debug, Default)]
pub(super) struct EndpointWaiters {
    readable: Waiters,
    writable: Waiters,
}

impl EndpointWaiters {
    fn of(&mut self, interest: EndpointWait) -> &mut Waiters {
        match interest {
            EndpointWait::Readable => &mut self.readable,
            EndpointWait::Writable => &mut self.writable,
        }
    }
}

impl Network {
    /// Says that tasks run on that node: they wait at its ends and ports, and it is never woken with
    /// [`SESSION_NOTICE`](Self::SESSION_NOTICE).
    pub fn run_tasks(&mut self, node: NodeId) {
        self.node_sessions(node).runs_tasks = true;
    }

    /// Lets `waiter` be woken once that may be had of an end, or the end is gone, in place of whom `known` stands for; answers with the
    /// key to give that up by.
    pub fn wait_at(&mut self, id: SessionId, interest: EndpointWait, previous: Option<WaitKey>, waiter: Waiter) -> WaitKey {
        let waiting = &mut self.sessions.waiting;
        if waiting.len() <= id.index() {
            waiting.resize_with(id.index() + 1, EndpointWaiters::default);
        }
        waiting[id.index()].of(interest).wait(previous, waiter)
    }

    /// Lets nobody be woken any more under that key by news of that end.
    pub fn forget_at(&mut self, id: SessionId, interest: EndpointWait, key: WaitKey) {
        if let Some(waiting) = self.sessions.waiting.get_mut(id.index()) {
            waiting.of(interest).forget(key);
        }
    }

    /// Lets `waiter` be woken by the next session that is asked for on a port, in place of whom `known` stands for; answers with the key to
    /// give that up by, if the node listens there.
    pub fn wait_to_accept(&mut self, node: NodeId, port: PortId, previous: Option<WaitKey>, waiter: Waiter) -> Option<WaitKey> {
        Some(self.sessions.listeners.at(node, port)?.waiters.wait(previous, waiter))
    }

    /// Lets nobody be woken any more under that key by sessions that are asked for on a port.
    pub fn forget_to_accept(&mut self, node: NodeId, port: PortId, key: WaitKey) {
        if let Some(listener) = self.sessions.listeners.at(node, port) {
            listener.waiters.forget(key);
        }
    }

    /// Wakes who waits for news of an end.
    pub(super) fn wake_tasks(&mut self, kernel: &mut Kernel, id: SessionId, events: Events) {
        if events == Events::INCOMING {
            let connection = self.sessions.connections.at(id.slot());
            let (node, port) = (connection.endpoint(id.side()).node, connection.port);
            self.sessions.listeners.at(node, port).expect("it was asked for there").waiters.wake(kernel);
            return;
        }
        let Some(waiting) = self.sessions.waiting.get_mut(id.index()) else { return };
        if events == Events::READABLE || events == Events::BROKEN {
            waiting.readable.wake(kernel);
        }
        if events != Events::READABLE {
            waiting.writable.wake(kernel);
        }
    }

    /// Nobody waits at an end any more. The next end that gets its number begins with nobody.
    pub(super) fn clear_waiters(&mut self, id: SessionId) {
        if let Some(waiting) = self.sessions.waiting.get_mut(id.index()) {
            waiting.readable.clear();
            waiting.writable.clear();
        }
    }
}
