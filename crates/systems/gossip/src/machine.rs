//! A node that gossips, as a machine.

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine, NodeId, NodeInfo, Timer};

use crate::config::Config;
use crate::knowledge::Knowledge;
use crate::rumour::{Newest, Rumour, label};

/// It is time for the next round.
const ROUND: Timer = Timer(0);

/// Tells its peers the newest it has heard of, once a round.
///
/// [`gossip`](crate::gossip()) does the same as an async function.
#[derive(Debug)]
pub struct Gossip {
    config: Config,
    index: u32,
    peers: Vec<NodeId>,
    round: u64,
    knowledge: Knowledge,
}

impl Gossip {
    /// A node in that seat, which has heard of nothing yet.
    pub fn boot(config: Config, seat: &NodeInfo) -> Self {
        Self { config, index: seat.index(), peers: seat.peers(), round: 0, knowledge: Knowledge::new(config) }
    }

    fn speak(&mut self, now: LocalInstant, effects: &mut Effects<Rumour>) {
        let newest = self.knowledge.speak(self.config.news(self.round, self.index), now);
        effects.send_all(&self.peers, Rumour { round: self.round, newest: newest.0 });
        effects.set_timer(ROUND, self.config.interval);
        self.round += 1;
    }
}

impl Machine for Gossip {
    type Message = Rumour;
    type View = Newest;

    fn step(&mut self, now: LocalInstant, input: Input<Rumour>, effects: &mut Effects<Rumour>) {
        match input {
            Input::Start | Input::Timer(ROUND) => self.speak(now, effects),
            Input::Message { from, message } => self.knowledge.hear(from, message),
            Input::Call(message) => self.knowledge.hear(NodeId::CLUSTER, message),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &Newest {
        self.knowledge.newest()
    }

    fn label(rumour: &Rumour) -> Label {
        label(rumour)
    }
}
