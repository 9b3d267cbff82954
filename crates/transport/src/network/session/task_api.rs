//! Waits of tasks: an event of an endpoint or listener wakes the tasks that wait for it.
//!
//! Async nodes hold endpoints by id in `Session` and `Listener`, which release them when dropped; a dropped `connect` aborts. A
//! node that runs tasks has no queue of notices. Its waiters are stored by endpoint and are woken in the step of the event, and
//! one poll is one step, as at ports.
//!
//! Several tasks may wait at one endpoint. An event wakes all of them, in an order that is rolled, and a task that finds nothing
//! waits again. So a task that stops waiting never consumes another's wake.

use cluster_sim_runtime::Waiter;
use cluster_sim_types::NodeId;

use super::SessionId;
use super::SessionService;
use super::endpoint::Events;
use crate::network::ports::PortId;
use crate::network::waiters::{WaitKey, Waiters};

/// The event of an endpoint for which a task waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointWait {
    /// A message, or the end of the peer's messages, can be read.
    Readable,
    /// The session opens, or a message can be sent.
    Writable,
}

/// The waiters of one endpoint. A broken session wakes all of them.
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

impl SessionService<'_> {
    /// Registers `waiter` for an event of an endpoint, replacing the wait `previous`.
    ///
    /// A broken session wakes it, too. Returns the key that cancels the wait.
    pub fn wait(&mut self, id: SessionId, interest: EndpointWait, previous: Option<WaitKey>, waiter: Waiter) -> WaitKey {
        let waiting = &mut self.sessions.waiting;
        if waiting.len() <= id.index() {
            waiting.resize_with(id.index() + 1, EndpointWaiters::default);
        }
        waiting[id.index()].of(interest).wait(previous, waiter)
    }

    /// Cancels a wait for an event of an endpoint.
    pub fn forget(&mut self, id: SessionId, interest: EndpointWait, key: WaitKey) {
        if let Some(waiting) = self.sessions.waiting.get_mut(id.index()) {
            waiting.of(interest).forget(key);
        }
    }

    /// Registers `waiter` for the next session on a port, replacing the wait `previous`.
    ///
    /// Returns the key that cancels the wait, or `None` if the node does not listen there.
    pub fn wait_to_accept(&mut self, node: NodeId, port: PortId, previous: Option<WaitKey>, waiter: Waiter) -> Option<WaitKey> {
        Some(self.sessions.listeners.at(node, port)?.waiters.wait(previous, waiter))
    }

    /// Cancels a wait for a session on a port.
    pub fn forget_to_accept(&mut self, node: NodeId, port: PortId, key: WaitKey) {
        if let Some(listener) = self.sessions.listeners.at(node, port) {
            listener.waiters.forget(key);
        }
    }

    /// Wakes the tasks that wait for these events of an endpoint.
    pub(super) fn wake_tasks(&mut self, id: SessionId, events: Events) {
        if events == Events::INCOMING {
            let connection = self.sessions.connections.at(id.slot());
            let (node, port) = (connection.endpoint(id.side()).node, connection.port);
            self.sessions.listeners.at(node, port).expect("sessions arrive only at listeners").waiters.wake(self.kernel);
            return;
        }
        let Some(waiting) = self.sessions.waiting.get_mut(id.index()) else { return };
        if events == Events::READABLE || events == Events::BROKEN {
            waiting.readable.wake(self.kernel);
        }
        if events != Events::READABLE {
            waiting.writable.wake(self.kernel);
        }
    }

    /// Removes all waiters of an endpoint, whose index the next one may reuse.
    pub(super) fn clear_waiters(&mut self, id: SessionId) {
        if let Some(waiting) = self.sessions.waiting.get_mut(id.index()) {
            waiting.readable.clear();
            waiting.writable.clear();
        }
    }
}
