//! Small scenarios of which every event is known, to tell two runs apart that differ in one thing.

use std::time::Duration;

use cluster_sim::prelude::*;
use cluster_sim::{Label, Record, Sim};
use serde::{Deserialize, Serialize};

/// A message whose name among others and whose content are chosen apart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What names it for chance.
    #[serde(skip)]
    pub(crate) id: u64,
    /// What it says.
    pub(crate) text: String,
}

/// One thing that an actor does when it starts.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Send { to: u32, id: u64, text: &'static str },
    Arm { name: u64, after_ms: u64 },
}

/// Does what its story says of it, once, and listens.
struct Actor(Vec<Deed>);

impl Machine for Actor {
    type Message = Note;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<Note>, effects: &mut Effects<Note>) {
        if let Input::Start = input {
            for deed in &self.0 {
                match *deed {
                    Deed::Send { to, id, text } => effects.send(NodeId(to), Note { id, text: text.to_owned() }),
                    Deed::Arm { name, after_ms } => effects.set_timer(Timer(name), Duration::from_millis(after_ms)),
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

/// Three actors, of which each does its deeds at the start, over links of 10 ms; then 100 ms of whatever is done to them.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) seed: u64,
    pub(crate) deeds: [Vec<Deed>; 3],
    /// Done by hand after a millisecond.
    pub(crate) disturb: fn(&mut Sim),
}

impl Story {
    /// A story in which nothing happens.
    pub(crate) fn new() -> Self {
        Self { seed: 7, deeds: [const { Vec::new() }; 3], disturb: |_| {} }
    }

    /// This story, in which `actor` does one thing more.
    pub(crate) fn with(mut self, actor: usize, deed: Deed) -> Self {
        self.deeds[actor].push(deed);
        self
    }

    /// This story, in which one note is sent.
    pub(crate) fn sending(self, from: usize, to: u32, id: u64, text: &'static str) -> Self {
        self.with(from, Deed::Send { to, id, text })
    }

    /// This story, in which the first actor waits for a timer.
    pub(crate) fn arming(self, name: u64, after_ms: u64) -> Self {
        self.with(0, Deed::Arm { name, after_ms })
    }

    /// This story, disturbed by hand.
    pub(crate) fn disturbed(self, disturb: fn(&mut Sim)) -> Self {
        Self { disturb, ..self }
    }

    /// This story under another seed.
    pub(crate) fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Every record of the run, and its digest.
    pub(crate) fn tell(&self) -> (Vec<Record>, cluster_sim::Digest) {
        let deeds = self.deeds.clone();
        let scenario = Scenario::new("story")
            .start_together()
            .machines("actor", 3, move |seat: &NodeInfo| Actor(deeds[seat.index() as usize].clone()))
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
