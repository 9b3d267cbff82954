//! Nodes as futures, polled by their events.
//!
//! Only a message for its node or its timer wakes a task, and both refer to the task by number. So wakers are not needed: every poll gets the
//! no-op waker.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::chance::Chance;
use super::clockwork::{BOOT, Clockwork, Event, Packet, TIMER, TOKENS};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A message with its sender.
type Received = (u32, Packet);

/// State that tasks and executor share.
#[derive(Debug)]
pub(crate) struct Shared<C> {
    clockwork: Clockwork<C>,
    /// Messages that no poll has received, by node.
    inboxes: Vec<VecDeque<Received>>,
    /// The message that woke the running poll.
    handed: Option<Received>,
    /// The timer that woke the running poll.
    fired: Option<u32>,
}

/// A node as its tasks see it.
pub(crate) struct Node<C> {
    pub(crate) id: u32,
    shared: Rc<RefCell<Shared<C>>>,
}

impl<C> Clone for Node<C> {
    fn clone(&self) -> Self {
        Self { id: self.id, shared: Rc::clone(&self.shared) }
    }
}

impl<C: Chance> Node<C> {
    fn slot(&self, token: u32) -> u32 {
        self.id * TOKENS + token
    }

    /// Sends a message.
    #[inline]
    pub(crate) fn send(&self, to: u32, packet: Packet) {
        self.shared.borrow_mut().clockwork.send(self.id, to, packet);
    }

    /// Draws a random value of this node.
    #[inline]
    pub(crate) fn roll<T>(&self, roll: impl FnOnce(&mut C, u32) -> T) -> T {
        roll(&mut self.shared.borrow_mut().clockwork.chance, self.id)
    }

    /// Receives the next message.
    #[inline]
    pub(crate) fn receive(&self) -> Receive<'_, C> {
        Receive(self)
    }

    /// The time since the start of the run.
    #[inline]
    pub(crate) fn now(&self) -> Duration {
        self.shared.borrow().clockwork.now()
    }

    /// Receives the next message, or `None` at the deadline; uses the node's timer `token`.
    #[inline]
    pub(crate) fn receive_by(&self, token: u32, deadline: Duration) -> ReceiveBy<'_, C> {
        ReceiveBy { node: self, slot: self.slot(token), deadline, armed: false }
    }

    /// Sleeps for a time; uses the node's timer `token`.
    #[inline]
    pub(crate) fn sleep(&self, token: u32, after: Duration) -> Sleep<'_, C> {
        Sleep { node: self, slot: self.slot(token), after: Some(after) }
    }
}

impl<C> Shared<C> {
    #[inline]
    fn received(&mut self, node: u32) -> Option<Received> {
        self.handed.take().or_else(|| self.inboxes[node as usize].pop_front())
    }
}

/// See [`Node::receive`].
pub(crate) struct Receive<'a, C>(&'a Node<C>);

impl<C> Future for Receive<'_, C> {
    type Output = Received;

    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Received> {
        let node = self.0;
        node.shared.borrow_mut().received(node.id).map_or(Poll::Pending, Poll::Ready)
    }
}

/// See [`Node::receive_by`].
pub(crate) struct ReceiveBy<'a, C> {
    node: &'a Node<C>,
    slot: u32,
    deadline: Duration,
    armed: bool,
}

impl<C: Chance> Future for ReceiveBy<'_, C> {
    type Output = Option<Received>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Received>> {
        let (node, slot) = (self.node, self.slot);
        let shared = &mut *node.shared.borrow_mut();
        if let Some(received) = shared.received(node.id) {
            if self.armed {
                shared.clockwork.disarm(slot);
            }
            return Poll::Ready(Some(received));
        }
        if !self.armed {
            shared.clockwork.arm(slot, self.deadline.saturating_sub(shared.clockwork.now()));
            self.armed = true;
        } else if shared.fired.take_if(|fired| *fired == slot).is_some() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// See [`Node::sleep`].
pub(crate) struct Sleep<'a, C> {
    node: &'a Node<C>,
    slot: u32,
    /// `None` once the timer is set.
    after: Option<Duration>,
}

impl<C: Chance> Future for Sleep<'_, C> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let (node, slot) = (self.node, self.slot);
        let shared = &mut *node.shared.borrow_mut();
        if let Some(after) = self.after.take() {
            shared.clockwork.arm(slot, after);
        } else if shared.fired.take_if(|fired| *fired == slot).is_some() {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// The tasks of a cell.
pub(crate) trait Tasks<C> {
    /// The task of a node that waits for this timer, if there is one.
    fn task(&self, node: Node<C>, token: u32) -> Option<Task>;
    /// The token of the task that receives a node's messages.
    fn receiver(&self, node: u32) -> u32;
}

/// An executor that reuses its memory across runs.
pub(crate) struct Executor<C> {
    shared: Rc<RefCell<Shared<C>>>,
    /// The tasks by the slot of their timer.
    tasks: Vec<Option<Task>>,
    /// The slot of the receiving task, by node.
    receivers: Vec<u32>,
}

impl<C: Chance + 'static> Executor<C> {
    pub(crate) fn new(chance: C) -> Self {
        let clockwork = Clockwork::new(chance);
        let shared = Shared { clockwork, inboxes: Vec::new(), handed: None, fired: None };
        Self { shared: Rc::new(RefCell::new(shared)), tasks: Vec::new(), receivers: Vec::new() }
    }

    /// Passes the clock to `prepare` before a run.
    pub(crate) fn prepare<T>(&mut self, preparing: impl FnOnce(&mut Clockwork<C>) -> T) -> T {
        preparing(&mut self.shared.borrow_mut().clockwork)
    }

    /// Runs the tasks of `nodes` nodes to the end, and drops them.
    pub(crate) fn run(&mut self, tasks: &impl Tasks<C>, nodes: u32, until: u64) {
        self.shared.borrow_mut().inboxes.resize_with(nodes as usize, VecDeque::new);
        self.tasks.resize_with((nodes * TOKENS) as usize, || None);
        self.receivers.clear();
        self.receivers.extend((0..nodes).map(|node| node * TOKENS + tasks.receiver(node)));
        (0..nodes).for_each(|node| self.boot(tasks, node));
        loop {
            let mut shared = self.shared.borrow_mut();
            let Some(Event { to, from, packet }) = shared.clockwork.next(until) else { break };
            match packet.kind {
                TIMER => {
                    shared.fired = Some(to);
                    drop(shared);
                    self.poll(to);
                }
                BOOT => {
                    drop(shared);
                    self.boot(tasks, to);
                }
                _ => {
                    shared.handed = Some((from, packet));
                    drop(shared);
                    self.poll(self.receivers[to as usize]);
                    self.keep(to);
                }
            }
        }
        self.tasks.clear();
        self.shared.borrow_mut().inboxes.iter_mut().for_each(VecDeque::clear);
    }

    /// Stores a message that its node did not receive in the inbox.
    #[inline]
    fn keep(&mut self, node: u32) {
        let mut shared = self.shared.borrow_mut();
        if let Some(left) = shared.handed.take() {
            shared.inboxes[node as usize].push_back(left);
        }
    }

    /// Starts the tasks of a node, in place of those of its earlier incarnation.
    fn boot(&mut self, tasks: &impl Tasks<C>, id: u32) {
        for token in 0..TOKENS {
            let slot = id * TOKENS + token;
            self.tasks[slot as usize] = tasks.task(Node { id, shared: Rc::clone(&self.shared) }, token);
            self.poll(slot);
        }
    }

    #[inline]
    fn poll(&mut self, slot: u32) {
        let place = &mut self.tasks[slot as usize];
        if let Some(task) = place
            && task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        {
            *place = None;
        }
    }
}
