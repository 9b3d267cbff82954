//! A register that clients share, in both forms of a node.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim::check::history::models::{RegisterAnswer, RegisterOp};
use cluster_sim::node::{CallFact, Received, select};
use cluster_sim::prelude::*;
use serde::{Deserialize, Serialize};

/// The clients' operations.
pub(crate) const OPERATIONS: u64 = 20;

/// A request or an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Word {
    Read(u64),
    Write(u64, u64),
    Is(u64, Option<u64>),
}

/// Holds one value. A stale one answers every fifth read with the first that was written, which its client has overwritten.
pub(crate) async fn store(node: Node, is_stale: bool) {
    let port = node.bind::<Word>("store");
    let (mut value, mut first) = (None, None);
    loop {
        let Received { from, message, .. } = port.recv().await;
        match message {
            Word::Read(number) if is_stale && number % 5 == 4 => port.send(from, Word::Is(number, first)),
            Word::Read(number) => port.send(from, Word::Is(number, value)),
            Word::Write(number, new) => {
                (first, value) = (first.or(Some(new)), Some(new));
                port.send(from, Word::Is(number, value));
            }
            Word::Is(..) => {}
        }
    }
}

/// Reads and writes in turn, each value once, and gives up on an answer after 100 ms.
pub(crate) async fn client(node: Node) {
    ask(node, |client, number| client * 1_000 + number).await;
}

/// As [`client`], and writes one value again and again.
pub(crate) async fn repeating_client(node: Node) {
    ask(node, |client, _| client).await;
}

async fn ask(node: Node, value_of: fn(u64, u64) -> u64) {
    let port = node.bind::<Word>("store");
    for number in node.operations(0..OPERATIONS) {
        let written = (number % 2 == 1).then(|| value_of(u64::from(node.id()), number));
        let call = node.invoke(written.map_or(RegisterOp::Read, RegisterOp::Write));
        port.send(NodeId(0), written.map_or(Word::Read(number), |value| Word::Write(number, value)));
        let mut is_over = std::pin::pin!(node.sleep(Duration::from_millis(100)));
        let answer = loop {
            select! {
                received = port.recv() => match received.message {
                    Word::Is(answered, value) if answered == number => break Some(value),
                    _ => {}
                },
                () = is_over.as_mut() => break None,
            }
        };
        match answer {
            Some(_) if written.is_some() => call.ok(RegisterAnswer::Written),
            Some(value) => call.ok(RegisterAnswer::Value(value)),
            // The request may be on its way, so it may have happened.
            None => drop(call),
        }
        node.sleep(Duration::from_millis(10)).await;
    }
}

/// A fact of a machine about its calls.
type Fact = CallFact<RegisterOp<u64>, RegisterAnswer<u64>>;

/// Both sides as machines: node 0 holds the value, the others ask.
pub(crate) struct Machines {
    id: NodeId,
    value: Option<u64>,
    number: u64,
    calls: BTreeMap<u64, Option<u64>>,
    /// Whether it ends a call twice.
    is_confused: bool,
}

impl Machines {
    pub(crate) fn new(boot: &Boot, is_confused: bool) -> Self {
        Self { id: boot.id(), value: None, number: 0, calls: BTreeMap::new(), is_confused }
    }
}

impl Machine for Machines {
    type Message = Word;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<Word>, effects: &mut Effects<Word>) {
        match input {
            Input::Start | Input::Timer(_) if self.id != NodeId(0) && self.number < OPERATIONS => {
                let number = self.number;
                self.number += 1;
                let written = (number % 2 == 1).then_some(u64::from(self.id) * 1_000 + number);
                self.calls.insert(number, written);
                effects.emit(Fact::Invoked { call: number, op: written.map_or(RegisterOp::Read, RegisterOp::Write) });
                effects.send(NodeId(0), written.map_or(Word::Read(number), |value| Word::Write(number, value)));
                // Calls overlap: the next one does not wait for the answer.
                effects.set_timer(Timer(0), Duration::from_millis(3));
            }
            Input::Message { from, message: Word::Read(number) } => effects.send(from, Word::Is(number, self.value)),
            Input::Message { from, message: Word::Write(number, value) } => {
                self.value = Some(value);
                effects.send(from, Word::Is(number, self.value));
            }
            Input::Message { message: Word::Is(number, value), .. } => {
                if let Some(written) = self.calls.remove(&number) {
                    let answer = if written.is_some() { RegisterAnswer::Written } else { RegisterAnswer::Value(value) };
                    effects.emit(Fact::Ok { call: number, answer });
                    if self.is_confused {
                        effects.emit(Fact::Fail { call: number });
                    }
                }
            }
            _ => {}
        }
    }

    fn view(&self) -> &() {
        &()
    }
}
