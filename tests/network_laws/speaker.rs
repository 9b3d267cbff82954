//! Nodes that send exactly what a test tells them to, and remember what they hear.

use std::collections::BTreeMap;

use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

/// What speakers send each other, and how a test asks one to do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Word {
    to: u32,
    number: u64,
}

/// One word that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) from: NodeId,
    pub(crate) number: u64,
    pub(crate) at: LocalInstant,
}

struct Speaker {
    heard: Vec<Heard>,
}

impl Machine for Speaker {
    type Message = Word;
    type View = Vec<Heard>;

    fn step(&mut self, now: LocalInstant, input: Input<Word>, effects: &mut Effects<Word>) {
        match input {
            Input::Call(word) => effects.send(NodeId(word.to), word),
            Input::Message { from, message } => self.heard.push(Heard { from, number: message.number, at: now }),
            _ => {}
        }
    }

    fn view(&self) -> &Vec<Heard> {
        &self.heard
    }
}

/// So many speakers over links of that model, all started at once: their clocks say what the run's does.
pub(crate) fn speakers(count: u32, model: LinkModel) -> Scenario {
    Scenario::new("speakers")
        .machines("node", count, |_: &NodeInfo| Speaker { heard: Vec::new() })
        .default_links(model)
        .start_together()
}

/// A run of that scenario in which every node is up.
pub(crate) fn begin(scenario: &Scenario, seed: u64) -> Sim {
    let mut sim = scenario.start(Seed(seed));
    sim.run_for(Duration::ZERO);
    sim
}

/// A run of so many speakers in which every node is up.
pub(crate) fn begin_speakers(count: u32, model: LinkModel) -> Sim {
    begin(&speakers(count, model), 7)
}

/// Lets one node send another a numbered word, now.
pub(crate) fn say(sim: &mut Sim, from: u32, to: u32, number: u64) {
    sim.call(from, Word { to, number }).expect("the speaker is up");
}

/// Lets one node send another so many words, a millisecond apart, and waits until all have arrived.
pub(crate) fn say_many(sim: &mut Sim, from: u32, to: u32, count: u64) {
    for number in 0..count {
        say(sim, from, to, number);
        sim.run_for(milliseconds(1));
    }
    sim.run_for(Duration::from_secs(10));
}

/// The words that a node heard in this life, in order.
pub(crate) fn heard(sim: &Sim, node: u32) -> Vec<Heard> {
    sim.inspect(|world| world.view::<Vec<Heard>>(NodeId(node)).cloned().unwrap_or_default())
}

/// Their numbers alone.
pub(crate) fn numbers(sim: &Sim, node: u32) -> Vec<u64> {
    heard(sim, node).iter().map(|heard| heard.number).collect()
}

/// What was lost so far, by cause.
pub(crate) fn dropped(sim: &Sim) -> BTreeMap<String, u64> {
    sim.inspect(|world| world.traffic().dropped)
}

/// The causes of a test's expectation, as a report has them.
pub(crate) fn causes<const N: usize>(causes: [(&str, u64); N]) -> BTreeMap<String, u64> {
    causes.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}
