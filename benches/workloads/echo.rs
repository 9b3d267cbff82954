//! W1 and the short seed: clients ask servers in turn, each its next question after the answer to the last.

use std::marker::PhantomData;

use cluster_sim::node::Label;
use cluster_sim::prelude::*;

use super::packet::{Body, Packet, REPLY, REQUEST};
use super::progress::Tally;
use crate::measure::cells::Cell;

/// The timeout of a client for an answer.
const TIMEOUT: Timer = Timer(0);

/// Messages of 16 bytes.
pub(crate) fn inline(scenario: Scenario, cell: Cell) -> Scenario {
    with_body::<u64>(scenario, cell, None)
}

/// Messages with 256 bytes on the heap.
pub(crate) fn on_the_heap(scenario: Scenario, cell: Cell) -> Scenario {
    with_body::<Vec<u8>>(scenario, cell, None)
}

/// Clients, then servers. A client that waits longer than `timeout` asks the next server.
pub(crate) fn with_body<B: Body>(scenario: Scenario, cell: Cell, timeout: Option<Duration>) -> Scenario {
    let (clients, servers) = cell.clients_and_servers();
    let client = move |node: &Boot| Client::<B> {
        index: node.index(),
        clients,
        servers,
        timeout,
        sequence: 0,
        state: 0,
        tally: Tally::default(),
        body: PhantomData,
    };
    let server = |_: &Boot| Server::<B> { tally: Tally::default(), body: PhantomData };
    scenario.machines("client", clients, client).machines("server", servers, server)
}

/// Asks one server after the other, one question at a time.
struct Client<B> {
    index: u32,
    clients: u32,
    servers: u32,
    timeout: Option<Duration>,
    sequence: u32,
    /// A fold of all answers.
    state: u64,
    tally: Tally,
    body: PhantomData<B>,
}

impl<B: Body> Client<B> {
    fn ask(&mut self, effects: &mut Effects<Packet<B>>) {
        self.sequence += 1;
        let server = NodeId(self.clients + (self.index + self.sequence) % self.servers);
        effects.send(server, Packet { kind: REQUEST, sequence: self.sequence, body: B::with_word(self.state) });
        if let Some(timeout) = self.timeout {
            effects.set_timer(TIMEOUT, timeout);
        }
    }
}

impl<B: Body> Machine for Client<B> {
    type Message = Packet<B>;
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet<B>>, effects: &mut Effects<Packet<B>>) {
        self.tally.inputs += 1;
        match input {
            // The answer to a question that timed out comes too late.
            Input::Message { message, .. } if message.sequence != self.sequence => {}
            Input::Message { message, .. } => {
                self.state = self.state.rotate_left(5) ^ message.body.word() ^ u64::from(message.sequence);
                self.ask(effects);
            }
            _ => self.ask(effects),
        }
    }

    fn view(&self) -> &Tally {
        &self.tally
    }

    fn label(message: &Packet<B>) -> Label {
        message.label()
    }
}

/// Echoes each question.
struct Server<B> {
    tally: Tally,
    body: PhantomData<B>,
}

impl<B: Body> Machine for Server<B> {
    type Message = Packet<B>;
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet<B>>, effects: &mut Effects<Packet<B>>) {
        self.tally.inputs += 1;
        if let Input::Message { from, message } = input {
            effects.send(from, Packet { kind: REPLY, ..message });
        }
    }

    fn view(&self) -> &Tally {
        &self.tally
    }

    fn label(message: &Packet<B>) -> Label {
        message.label()
    }
}
