//! The canary: a small cluster that violates its rule from one seed in a hundred, by design. A sweep that does not find it is broken.

use std::time::Duration;

use cluster_sim::fault::NetworkFault;
use cluster_sim::node::Label;
use cluster_sim::{
    Boot, Effects, FaultPlan, Input, LinkModel, LocalInstant, Machine, NodeId, Ratio, Scenario, Seed, Timer, Verdict, World,
};
use cluster_sim_registry::{BuiltinScenario, Prepared};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The rule that the canary violates.
pub const RULE: &str = "a replica has what it acknowledged";
/// One seed in this many violates the rule.
pub const ONE_IN: u64 = 100;
/// Fires when the writer sends its number, again until both replicas have acknowledged it.
const WRITE: Timer = Timer(0);
const INTERVAL: Duration = Duration::from_millis(50);

/// A message between the writer and its replicas.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Message {
    /// Asks a replica to store this number.
    Write(u64),
    /// Acknowledges this number.
    Taken(u64),
}

/// The view of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplicaView {
    /// The greatest number that it stored.
    pub taken: u64,
    /// The greatest number that it acknowledged.
    pub acknowledged: u64,
    /// Whether this seed makes it violate the rule.
    pub is_doomed: bool,
}

/// The first node sends numbers to the two others, each until both acknowledge it.
///
/// From some seeds the last node acknowledges one number without storing it.
#[derive(Debug)]
struct Canary {
    index: u32,
    peers: Vec<NodeId>,
    /// The number that the writer sends.
    number: u64,
    /// The greatest number that each peer acknowledged.
    acknowledged: Vec<u64>,
    view: ReplicaView,
    /// The number that it acknowledges without storing it.
    dropped: Option<u64>,
}

impl Canary {
    fn boot(node: &Boot) -> Self {
        let peers = node.peers();
        let acknowledged = vec![0; peers.len()];
        Self { index: node.index(), peers, number: 1, acknowledged, view: ReplicaView::default(), dropped: None }
    }

    fn start(&mut self, effects: &mut Effects<Message>) {
        match self.index {
            0 => self.write(effects),
            2 if effects.roll("is doomed", 0).below(ONE_IN) == 0 => {
                self.view.is_doomed = true;
                self.dropped = Some(2 + effects.roll("drops", 0).below(5));
            }
            _ => {}
        }
    }

    fn write(&mut self, effects: &mut Effects<Message>) {
        effects.send_all(&self.peers, Message::Write(self.number));
        effects.set_timer(WRITE, INTERVAL);
    }

    fn store(&mut self, number: u64, from: NodeId, effects: &mut Effects<Message>) {
        if self.dropped != Some(number) {
            self.view.taken = self.view.taken.max(number);
        }
        self.view.acknowledged = self.view.acknowledged.max(number);
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
            Input::Message { from, message: Message::Write(number), .. } => self.store(number, from, effects),
            Input::Message { from, message: Message::Taken(number), .. } => self.acknowledged(number, from),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &ReplicaView {
        &self.view
    }

    fn label(message: &Message) -> Label {
        match *message {
            Message::Write(number) => Label::Key { kind: 0, id: number },
            Message::Taken(number) => Label::Key { kind: 1, id: number },
        }
    }
}

/// Three nodes for two seconds, with 5 percent loss and a cut of one link for 150 ms.
pub fn scenario() -> Scenario {
    let loss = Ratio::percent(5);
    let cut = NetworkFault::Cut {
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
    let broken = world.views::<ReplicaView>().find(|(_, view)| view.taken < view.acknowledged);
    broken.map_or(Verdict::Holds, |(node, view)| {
        let ReplicaView { taken, acknowledged, .. } = view;
        Verdict::violated([node], format!("{node} acknowledged {acknowledged} and has {taken}"))
    })
}

/// The canary by name.
pub(crate) fn builtin() -> BuiltinScenario {
    let summary = "violates its rule from one seed in a hundred, by design: a sweep that misses it is broken";
    BuiltinScenario::new("canary", summary, |_| Ok(Prepared::new(scenario(), Seed(0), json!({"system": "canary"}))))
}
