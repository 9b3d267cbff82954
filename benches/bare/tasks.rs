//! Nodes as futures, written as usual: one task for each concurrent activity of a node.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use super::chance::Chance;
use super::clockwork::{Packet, REPLY, REQUEST};
use super::executor::{Node, Tasks};
use crate::measure::cells::{
    BROADCAST_PERIOD, ELECTION_MIN, ELECTION_SPREAD, ENTRY_PERIOD, RPC_TIMEOUT, STARTUP_WAIT, TICK_PERIOD,
};

type Task = Pin<Box<dyn Future<Output = ()>>>;

fn hear(heard: u64, packet: Packet) -> u64 {
    heard.rotate_left(5) ^ packet.body ^ u64::from(packet.sequence)
}

/// Clients that ask servers in turn.
pub(crate) struct Asking {
    pub(crate) clients: u32,
    pub(crate) servers: u32,
    /// Whether clients ask the next server after a timeout.
    pub(crate) has_timeout: bool,
}

impl<C: Chance + 'static> Tasks<C> for Asking {
    fn task(&self, node: Node<C>, token: u32) -> Option<Task> {
        let &Self { clients, servers, has_timeout } = self;
        match token {
            0 if node.id >= clients => Some(Box::pin(answer(node))),
            0 if has_timeout => Some(Box::pin(ask_with_timeout(node, clients, servers))),
            0 => Some(Box::pin(ask(node, clients, servers))),
            _ => None,
        }
    }

    fn receiver(&self, _: u32) -> u32 {
        0
    }
}

async fn answer<C: Chance>(node: Node<C>) {
    loop {
        let (from, packet) = node.receive().await;
        node.send(from, Packet { kind: REPLY, ..packet });
    }
}

async fn ask<C: Chance>(node: Node<C>, clients: u32, servers: u32) {
    let mut heard = 0;
    for sequence in 1.. {
        node.send(clients + (node.id + sequence) % servers, Packet { kind: REQUEST, sequence, body: heard });
        let (_, packet) = node.receive().await;
        heard = hear(heard, packet);
    }
}

async fn ask_with_timeout<C: Chance>(node: Node<C>, clients: u32, servers: u32) {
    let mut heard = 0;
    for sequence in 1.. {
        node.send(clients + (node.id + sequence) % servers, Packet { kind: REQUEST, sequence, body: heard });
        let deadline = node.now() + RPC_TIMEOUT;
        // An answer to an earlier question neither ends nor prolongs the wait.
        while let Some((_, packet)) = node.receive_by(0, deadline).await {
            if packet.sequence == sequence {
                heard = hear(heard, packet);
                break;
            }
        }
    }
}

/// State that the tasks of one node share.
type Heard = Rc<Cell<u64>>;

/// Every node sends to all others, periodically from its own phase.
pub(crate) struct Speaking {
    heard: Vec<Heard>,
}

impl Speaking {
    pub(crate) fn new(nodes: u32) -> Self {
        Self { heard: (0..nodes).map(|_| Heard::default()).collect() }
    }
}

impl<C: Chance + 'static> Tasks<C> for Speaking {
    fn task(&self, node: Node<C>, token: u32) -> Option<Task> {
        let heard = Rc::clone(&self.heard[node.id as usize]);
        Some(if token == 0 { Box::pin(speak(node, self.heard.len() as u32, heard)) } else { Box::pin(listen(node, heard)) })
    }

    fn receiver(&self, _: u32) -> u32 {
        1
    }
}

async fn speak<C: Chance>(node: Node<C>, nodes: u32, heard: Heard) {
    let phase = node.roll(|chance, id| chance.phase(id, BROADCAST_PERIOD));
    node.sleep(0, phase).await;
    for sequence in 1.. {
        let packet = Packet { kind: REQUEST, sequence, body: heard.get() };
        (0..nodes).filter(|peer| *peer != node.id).for_each(|peer| node.send(peer, packet));
        node.sleep(0, BROADCAST_PERIOD).await;
    }
}

async fn listen<C: Chance>(node: Node<C>, heard: Heard) {
    loop {
        let (_, packet) = node.receive().await;
        heard.set(hear(heard.get(), packet));
    }
}

/// Each node has a timer that fires periodically.
pub(crate) struct Ticking;

impl<C: Chance + 'static> Tasks<C> for Ticking {
    fn task(&self, node: Node<C>, token: u32) -> Option<Task> {
        (token == 0).then(|| Box::pin(tick(node)) as Task)
    }

    fn receiver(&self, _: u32) -> u32 {
        0
    }
}

async fn tick<C: Chance>(node: Node<C>) {
    let phase = node.roll(|chance, id| chance.phase(id, TICK_PERIOD));
    node.sleep(0, phase).await;
    loop {
        node.sleep(0, TICK_PERIOD).await;
    }
}

/// Each node has a timer that fires once.
pub(crate) struct Waiting;

impl<C: Chance + 'static> Tasks<C> for Waiting {
    fn task(&self, node: Node<C>, token: u32) -> Option<Task> {
        (token == 0).then(|| Box::pin(async move { node.sleep(0, STARTUP_WAIT).await }) as Task)
    }

    fn receiver(&self, _: u32) -> u32 {
        0
    }
}

/// The tokens of the timers of a replica, and of the tasks that wait for them.
const ENTRY: u32 = 0;
const ELECTION: u32 = 1;

/// Node 0 leads, the others follow; each message of the leader ends the wait for an election timeout.
pub(crate) struct Replicating {
    nodes: u32,
    /// A fold of the answers to the leader.
    heard: Heard,
}

impl Replicating {
    pub(crate) fn new(nodes: u32) -> Self {
        Self { nodes, heard: Heard::default() }
    }
}

impl<C: Chance + 'static> Tasks<C> for Replicating {
    fn task(&self, node: Node<C>, token: u32) -> Option<Task> {
        let heard = Rc::clone(&self.heard);
        match (node.id, token) {
            (0, ENTRY) => Some(Box::pin(lead(node, self.nodes, heard))),
            (0, _) => Some(Box::pin(count(node, heard))),
            (_, ELECTION) => Some(Box::pin(follow(node))),
            _ => None,
        }
    }

    fn receiver(&self, _: u32) -> u32 {
        ELECTION
    }
}

async fn lead<C: Chance>(node: Node<C>, nodes: u32, heard: Heard) {
    for sequence in 1.. {
        node.sleep(ENTRY, ENTRY_PERIOD).await;
        let packet = Packet { kind: REQUEST, sequence, body: heard.get() };
        (1..nodes).for_each(|peer| node.send(peer, packet));
    }
}

async fn count<C: Chance>(node: Node<C>, heard: Heard) {
    loop {
        let (_, packet) = node.receive().await;
        heard.set(heard.get().rotate_left(5) ^ packet.body);
    }
}

async fn follow<C: Chance>(node: Node<C>) {
    let (mut sequence, mut heard) = (0, 0);
    loop {
        let spread = node.roll(|chance, id| chance.election(id, sequence, ELECTION_SPREAD));
        let deadline = node.now() + ELECTION_MIN + spread;
        // There is no election: the leader is never silent for that long.
        if let Some((from, packet)) = node.receive_by(ELECTION, deadline).await {
            sequence = packet.sequence;
            heard = hear(heard, packet);
            node.send(from, Packet { kind: REPLY, body: heard, ..packet });
        }
    }
}
