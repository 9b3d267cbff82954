//! Nodes that send on call and keep what they receive.

use std::collections::BTreeMap;

use cluster_sim::net::Traffic;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

/// A message of a sender, and the call that makes a sender send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Numbered {
    to: u32,
    number: u64,
}

/// A message that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) from: NodeId,
    pub(crate) number: u64,
    pub(crate) at: LocalInstant,
}

struct Sender {
    received: Vec<Received>,
}

impl Machine for Sender {
    type Message = Numbered;
    type View = Vec<Received>;

    fn step(&mut self, now: LocalInstant, input: Input<Numbered>, effects: &mut Effects<Numbered>) {
        match input {
            Input::Call(message) => effects.send(NodeId(message.to), message),
            Input::Message { from, message } => self.received.push(Received { from, number: message.number, at: now }),
            _ => {}
        }
    }

    fn view(&self) -> &Vec<Received> {
        &self.received
    }
}

/// `count` senders, all started at the start of the run, so that their clocks show the time of the run.
pub(crate) fn senders(count: u32, model: LinkModel) -> Scenario {
    Scenario::new("senders")
        .machines("node", count, |_: &Boot| Sender { received: Vec::new() })
        .default_links(model)
        .start_together()
}

/// Starts a run and boots every node.
pub(crate) fn start(scenario: &Scenario, seed: u64) -> Sim {
    let mut sim = scenario.start(Seed(seed));
    sim.run_for(Duration::ZERO);
    sim
}

/// Starts a run of senders with seed 7 and boots every node.
pub(crate) fn start_senders(count: u32, model: LinkModel) -> Sim {
    start(&senders(count, model), 7)
}

/// Makes one node send another a number now.
pub(crate) fn send(sim: &mut Sim, from: u32, to: u32, number: u64) {
    sim.call(from, Numbered { to, number }).expect("the sender is up");
}

/// Makes one node send another the numbers below `count`, 1 ms apart, and waits until they have arrived.
pub(crate) fn send_many(sim: &mut Sim, from: u32, to: u32, count: u64) {
    for number in 0..count {
        send(sim, from, to, number);
        sim.run_for(milliseconds(1));
    }
    sim.run_for(Duration::from_secs(10));
}

/// The messages that a node has received in this incarnation, in order.
pub(crate) fn received(sim: &Sim, node: u32) -> Vec<Received> {
    sim.inspect(|world| world.view::<Vec<Received>>(NodeId(node)).cloned().unwrap_or_default())
}

/// The numbers that a node has received in this incarnation, in order.
pub(crate) fn numbers(sim: &Sim, node: u32) -> Vec<u64> {
    received(sim, node).iter().map(|received| received.number).collect()
}

/// Drops so far by cause.
pub(crate) fn dropped(sim: &Sim) -> BTreeMap<String, u64> {
    by_name(sim.inspect(|world| world.traffic()))
}

/// Drops by the names of their causes.
pub(crate) fn by_name(traffic: Traffic) -> BTreeMap<String, u64> {
    traffic.dropped.into_iter().map(|(cause, count)| (cause.name().to_owned(), count)).collect()
}

/// Drops by cause as a report has them, for comparison.
pub(crate) fn causes<const N: usize>(causes: [(&str, u64); N]) -> BTreeMap<String, u64> {
    causes.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}
