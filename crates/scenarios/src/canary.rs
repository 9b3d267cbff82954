//! The canary: a small cluster that breaks its rule from one seed in a hundred, by design. What does not find it is broken itself.

use std::time::Duration;

use cluster_sim::{
    Effects, Fault, FaultPlan, Input, Label, LinkModel, LocalInstant, Machine, NodeId, NodeInfo, Ratio, Scenario, Seed, Timer,
    Verdict, World,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::prepared::Prepared;
use crate::registry::BuiltinScenario;

/// The rule that is broken.
pub const RULE: &str = "a replica has what it acknowledged";
/// One seed of so many breaks it.
pub const ONE_IN: u64 = 100;
/// It is time to write, or to write again what is not acknowledged by both.
const WRITE: Timer = Timer(0);
const INTERVAL: Duration = Duration::from_millis(50);

/// What the writer and its replicas say to each other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Message {
    /// The next number.
    Write(u64),
    /// That number is taken.
    Taken(u64),
}

/// What a replica shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplicaView {
    /// The greatest number that it took.
    pub taken: u64,
    /// The greatest number that it said it took.
    pub acknowledged: u64,
    /// Whether it is to break the rule.
    pub is_doomed: bool,
}

/// The first node writes numbers to the two others, and goes on once both have taken one. From some seeds the last node acknowledges a
/// number once that it does not take.
#[derive(Debug)]
struct Canary {
    index: u32,
    peers: Vec<NodeId>,
    /// Of the writer: the number it writes, and the greatest that each peer acknowledged.
    number: u64,
    acknowledged: Vec<u64>,
    shown: ReplicaView,
    /// The number that it does not take.
    dropped: Option<u64>,
}

impl Canary {
    fn boot(seat: &NodeInfo) -> Self {
        let peers = seat.peers();
        let acknowledged = vec![0; peers.len()];
        Self { index: seat.index(), peers, number: 1, acknowledged, shown: ReplicaView::default(), dropped: None }
    }

    fn start(&mut self, effects: &mut Effects<Message>) {
        match self.index {
            0 => self.write(effects),
            2 if effects.roll("is doomed", 0).below(ONE_IN) == 0 => {
                self.shown.is_doomed = true;
                self.dropped = Some(2 + effects.roll("drops", 0).below(5));
            }
            _ => {}
        }
    }

    fn write(&mut self, effects: &mut Effects<Message>) {
        effects.send_all(&self.peers, Message::Write(self.number));
        effects.set_timer(WRITE, INTERVAL);
    }

    fn take(&mut self, number: u64, from: NodeId, effects: &mut Effects<Message>) {
        if self.dropped != Some(number) {
            self.shown.taken = self.shown.taken.max(number);
        }
        self.shown.acknowledged = self.shown.acknowledged.max(number);
        effects.send(from, Message::Taken(number));
    }

    fn acknowledged(&mut self, number: u64, from: NodeId) {
        if let Some(index) = self.peers.iter().position(|peer| *peer == from) {
            self.acknowledged[index] = self.acknowledged[index].max(number);
        }
        if self.acknowledged.iter().all(|acknowledged| *acknowledged >= self.number) {
            self.number += 1;
        }
    }
}

impl Machine for Canary {
    type Message = Message;
    type View = ReplicaView;

    fn step(&mut self, _now: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        match input {
            Input::Start => self.start(effects),
            Input::Timer(WRITE) => self.write(effects),
            Input::Message { from, message: Message::Write(number), .. } => self.take(number, from, effects),
            Input::Message { from, message: Message::Taken(number), .. } => self.acknowledged(number, from),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &ReplicaView {
        &self.shown
    }

    fn label(message: &Message) -> Label {
        match *message {
            Message::Write(number) => Label::Key { kind: 0, id: number },
            Message::Taken(number) => Label::Key { kind: 1, id: number },
        }
    }
}

/// The canary: three nodes for two seconds, of whose messages one in twenty is lost, and of which one is cut off for a while.
pub fn scenario() -> Scenario {
    let loss = Ratio::new(0.05).expect("a twentieth is a ratio");
    let cut = Fault::Cut {
        from: vec!["canary/1".to_owned()],
        to: vec!["canary/0".to_owned()],
        both_ways: true,
        duration: Some(Duration::from_millis(150)),
    };
    Scenario::new("canary")
        .machines("canary", 3, Canary::boot)
        .default_links(LinkModel { loss, ..LinkModel::default() })
        .faults(FaultPlan::new().at(Duration::from_millis(100), cut))
        .always(RULE, has_what_it_acknowledged)
        .duration(Duration::from_secs(2))
}

fn has_what_it_acknowledged(world: &World<'_>) -> Verdict {
    let broken = world.views::<ReplicaView>().find(|(_, shown)| shown.taken < shown.acknowledged);
    broken.map_or(Verdict::Holds, |(node, shown)| {
        let ReplicaView { taken, acknowledged, .. } = shown;
        Verdict::violated([node], format!("{node} acknowledged {acknowledged} and has {taken}"))
    })
}

/// The canary as a ready scenario.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    let prepare = |_: &_| Ok(Prepared::new(scenario(), Seed(0), json!({"system": "canary"})));
    [BuiltinScenario::new(
        "canary",
        "breaks its rule from one seed in a hundred, by design: what does not find it is broken",
        prepare,
    )]
}
