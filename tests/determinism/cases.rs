//! Small scenarios whose every event is known, for runs that differ in one thing.

use std::time::Duration;

use cluster_sim::Sim;
use cluster_sim::node::Label;
use cluster_sim::prelude::*;
use cluster_sim::report::Record;
use serde::{Deserialize, Serialize};

/// A message whose label and content are independent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The label, which its rolls depend on.
    #[serde(skip)]
    pub(crate) id: u64,
    /// The content.
    pub(crate) text: String,
}

/// An action of an actor at its start.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Send { to: u32, id: u64, text: &'static str },
    SetTimer { name: u64, after_ms: u64 },
}

/// Carries out its actions once.
struct Actor(Vec<Action>);

impl Machine for Actor {
    type Message = Note;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<Note>, effects: &mut Effects<Note>) {
        if let Input::Start = input {
            for action in &self.0 {
                match *action {
                    Action::Send { to, id, text } => effects.send(NodeId(to), Note { id, text: text.to_owned() }),
                    Action::SetTimer { name, after_ms } => effects.set_timer(Timer(name), Duration::from_millis(after_ms)),
                }
            }
        }
    }

    fn view(&self) -> &() {
        &()
    }

    fn label(note: &Note) -> Label {
        Label::Key { kind: 0, id: note.id }
    }
}

/// Three actors that carry out their actions at the start, over links of 10 ms, followed by a disturbance and 100 ms.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) actions: [Vec<Action>; 3],
    /// Applied after a millisecond.
    pub(crate) disturb: fn(&mut Sim),
}

impl Case {
    /// A case without actions.
    pub(crate) fn new() -> Self {
        Self { seed: 7, actions: [const { Vec::new() }; 3], disturb: |_| {} }
    }

    /// Adds an action of `actor`.
    pub(crate) fn with(mut self, actor: usize, action: Action) -> Self {
        self.actions[actor].push(action);
        self
    }

    /// Adds a send of a note.
    pub(crate) fn with_send(self, from: usize, to: u32, id: u64, text: &'static str) -> Self {
        self.with(from, Action::Send { to, id, text })
    }

    /// Adds a timer of the first actor.
    pub(crate) fn with_timer(self, name: u64, after_ms: u64) -> Self {
        self.with(0, Action::SetTimer { name, after_ms })
    }

    /// Sets the disturbance.
    pub(crate) fn with_disturbance(self, disturb: fn(&mut Sim)) -> Self {
        Self { disturb, ..self }
    }

    /// Sets the seed.
    pub(crate) fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Runs the case; returns every record, and the digest.
    pub(crate) fn run(&self) -> (Vec<Record>, cluster_sim::report::Digest) {
        let actions = self.actions.clone();
        let scenario = Scenario::new("case")
            .start_together()
            .machines("actor", 3, move |boot: &Boot| Actor(actions[boot.index() as usize].clone()))
            .links("actor", "actor", "wide", LinkModel::constant(Duration::from_millis(10)))
            .links("actor", "actor", "plain", LinkModel::constant(Duration::from_millis(10)));
        let mut sim = scenario.start(Seed(self.seed));
        sim.keep_records();
        sim.run_for(Duration::from_millis(1));
        (self.disturb)(&mut sim);
        sim.run_for(Duration::from_millis(100));
        (sim.records().to_vec(), sim.digest())
    }
}
