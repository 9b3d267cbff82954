//! Nodes as state machines: a vector of states and a `match`.

use super::chance::Chance;
use super::clockwork::{BOOT, Clockwork, Packet, REPLY, REQUEST, TIMER, TOKENS};
use crate::measure::cells::{
    BROADCAST_PERIOD, ELECTION_MIN, ELECTION_SPREAD, ENTRY_PERIOD, RPC_TIMEOUT, STARTUP_WAIT, TICK_PERIOD,
};

/// The behaviour of the nodes of a cell.
pub(crate) trait Machines {
    /// A node boots.
    fn start<C: Chance>(&mut self, node: u32, clockwork: &mut Clockwork<C>);
    /// A message reached a node.
    fn message<C: Chance>(&mut self, to: u32, from: u32, packet: Packet, clockwork: &mut Clockwork<C>);
    /// A timer fired.
    fn timer<C: Chance>(&mut self, slot: u32, clockwork: &mut Clockwork<C>);
}

/// Runs the machines to the end.
pub(crate) fn run<C: Chance, M: Machines>(clockwork: &mut Clockwork<C>, machines: &mut M, nodes: u32, until: u64) {
    (0..nodes).for_each(|node| machines.start(node, clockwork));
    while let Some(event) = clockwork.next(until) {
        match event.packet.kind {
            TIMER => machines.timer(event.to, clockwork),
            BOOT => machines.start(event.to, clockwork),
            _ => machines.message(event.to, event.from, event.packet, clockwork),
        }
    }
}

/// The state of a node.
#[derive(Debug, Default, Clone, Copy)]
struct State {
    sequence: u32,
    heard: u64,
}

impl State {
    #[inline]
    fn hear(&mut self, packet: Packet) {
        self.heard = self.heard.rotate_left(5) ^ packet.body ^ u64::from(packet.sequence);
    }
}

/// Clients that ask servers in turn, with or without timeouts.
pub(crate) struct Asking<const TIMEOUT: bool> {
    clients: u32,
    servers: u32,
    states: Vec<State>,
}

impl<const TIMEOUT: bool> Asking<TIMEOUT> {
    pub(crate) fn new((clients, servers): (u32, u32)) -> Self {
        Self { clients, servers, states: vec![State::default(); clients as usize] }
    }

    #[inline]
    fn ask<C: Chance>(&mut self, client: u32, clockwork: &mut Clockwork<C>) {
        let state = &mut self.states[client as usize];
        state.sequence += 1;
        let server = self.clients + (client + state.sequence) % self.servers;
        clockwork.send(client, server, Packet { kind: REQUEST, sequence: state.sequence, body: state.heard });
        if TIMEOUT {
            clockwork.arm(client * TOKENS, RPC_TIMEOUT);
        }
    }
}

impl<const TIMEOUT: bool> Machines for Asking<TIMEOUT> {
    fn start<C: Chance>(&mut self, node: u32, clockwork: &mut Clockwork<C>) {
        if node < self.clients {
            self.ask(node, clockwork);
        }
    }

    #[inline]
    fn message<C: Chance>(&mut self, to: u32, from: u32, packet: Packet, clockwork: &mut Clockwork<C>) {
        if to >= self.clients {
            clockwork.send(to, from, Packet { kind: REPLY, ..packet });
        } else if self.states[to as usize].sequence == packet.sequence {
            self.states[to as usize].hear(packet);
            self.ask(to, clockwork);
        }
    }

    #[inline]
    fn timer<C: Chance>(&mut self, slot: u32, clockwork: &mut Clockwork<C>) {
        self.ask(slot / TOKENS, clockwork);
    }
}

/// Every node sends to all others, periodically from its own phase.
pub(crate) struct Speaking {
    states: Vec<State>,
}

impl Speaking {
    pub(crate) fn new(nodes: u32) -> Self {
        Self { states: vec![State::default(); nodes as usize] }
    }
}

impl Machines for Speaking {
    fn start<C: Chance>(&mut self, node: u32, clockwork: &mut Clockwork<C>) {
        let phase = clockwork.chance.phase(node, BROADCAST_PERIOD);
        clockwork.arm(node * TOKENS, phase);
    }

    #[inline]
    fn message<C: Chance>(&mut self, to: u32, _: u32, packet: Packet, _: &mut Clockwork<C>) {
        self.states[to as usize].hear(packet);
    }

    #[inline]
    fn timer<C: Chance>(&mut self, slot: u32, clockwork: &mut Clockwork<C>) {
        let node = slot / TOKENS;
        let nodes = self.states.len() as u32;
        let state = &mut self.states[node as usize];
        state.sequence += 1;
        let packet = Packet { kind: REQUEST, sequence: state.sequence, body: state.heard };
        (0..nodes).filter(|peer| *peer != node).for_each(|peer| clockwork.send(node, peer, packet));
        clockwork.arm(slot, BROADCAST_PERIOD);
    }
}

/// Each node has a timer that fires periodically.
pub(crate) struct Ticking;

impl Machines for Ticking {
    fn start<C: Chance>(&mut self, node: u32, clockwork: &mut Clockwork<C>) {
        let phase = clockwork.chance.phase(node, TICK_PERIOD);
        clockwork.arm(node * TOKENS, phase);
    }

    fn message<C: Chance>(&mut self, to: u32, _: u32, _: Packet, _: &mut Clockwork<C>) {
        panic!("no node sends to node {to}");
    }

    #[inline]
    fn timer<C: Chance>(&mut self, slot: u32, clockwork: &mut Clockwork<C>) {
        clockwork.arm(slot, TICK_PERIOD);
    }
}

/// Each node has a timer that fires once.
pub(crate) struct Waiting;

impl Machines for Waiting {
    fn start<C: Chance>(&mut self, node: u32, clockwork: &mut Clockwork<C>) {
        clockwork.arm(node * TOKENS, STARTUP_WAIT);
    }

    fn message<C: Chance>(&mut self, to: u32, _: u32, _: Packet, _: &mut Clockwork<C>) {
        panic!("no node sends to node {to}");
    }

    fn timer<C: Chance>(&mut self, _: u32, _: &mut Clockwork<C>) {}
}

/// Node 0 leads, the others follow; each message of the leader moves an election timeout.
pub(crate) struct Replicating {
    states: Vec<State>,
}

/// The timers of a replica.
const ENTRY: u32 = 0;
const ELECTION: u32 = 1;

impl Replicating {
    pub(crate) fn new(nodes: u32) -> Self {
        Self { states: vec![State::default(); nodes as usize] }
    }

    #[inline]
    fn await_leader<C: Chance>(&self, node: u32, clockwork: &mut Clockwork<C>) {
        let spread = clockwork.chance.election(node, self.states[node as usize].sequence, ELECTION_SPREAD);
        clockwork.arm(node * TOKENS + ELECTION, ELECTION_MIN + spread);
    }
}

impl Machines for Replicating {
    fn start<C: Chance>(&mut self, node: u32, clockwork: &mut Clockwork<C>) {
        if node == 0 {
            clockwork.arm(ENTRY, ENTRY_PERIOD);
        } else {
            self.await_leader(node, clockwork);
        }
    }

    #[inline]
    fn message<C: Chance>(&mut self, to: u32, from: u32, packet: Packet, clockwork: &mut Clockwork<C>) {
        let state = &mut self.states[to as usize];
        if packet.kind == REQUEST {
            state.sequence = packet.sequence;
            state.hear(packet);
            clockwork.send(to, from, Packet { kind: REPLY, body: state.heard, ..packet });
            self.await_leader(to, clockwork);
        } else {
            state.heard = state.heard.rotate_left(5) ^ packet.body;
        }
    }

    #[inline]
    fn timer<C: Chance>(&mut self, slot: u32, clockwork: &mut Clockwork<C>) {
        if slot != ENTRY {
            return self.await_leader(slot / TOKENS, clockwork);
        }
        let state = &mut self.states[0];
        state.sequence += 1;
        let packet = Packet { kind: REQUEST, sequence: state.sequence, body: state.heard };
        (1..self.states.len() as u32).for_each(|peer| clockwork.send(0, peer, packet));
        clockwork.arm(ENTRY, ENTRY_PERIOD);
    }
}
