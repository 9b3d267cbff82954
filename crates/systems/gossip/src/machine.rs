//! A gossiping node as a machine.

use cluster_sim_node::{Boot, Effects, Input, Label, LocalInstant, Machine, NodeId, Timer};

use crate::config::Config;
use crate::message::{GossipMessage, Newest, label};
use crate::state::GossipState;

/// Start the next round.
const ROUND: Timer = Timer(0);

/// Sends its peers the newest value it knows, once a round.
///
/// [`gossip`](crate::gossip()) is the same as an async function. A call merges its value as a message from outside the cluster
/// does.
#[derive(Debug)]
pub struct Gossip {
    config: Config,
    index: u32,
    peers: Vec<NodeId>,
    round: u64,
    state: GossipState,
}

impl Gossip {
    /// Creates a node that knows nothing.
    pub fn boot(config: Config, boot: &Boot) -> Self {
        Self { config, index: boot.index(), peers: boot.peers(), round: 0, state: GossipState::new(config, boot.incarnation()) }
    }

    fn begin_round(&mut self, now: LocalInstant, effects: &mut Effects<GossipMessage>) {
        let newest = self.state.begin_round(self.round, self.index, now);
        effects.send_all(self.state.receivers(&self.peers), GossipMessage { round: self.round, newest: newest.0 });
        effects.set_timer(ROUND, self.config.interval);
        self.round += 1;
    }
}

impl Machine for Gossip {
    type Message = GossipMessage;
    type View = Newest;

    fn step(&mut self, now: LocalInstant, input: Input<GossipMessage>, effects: &mut Effects<GossipMessage>) {
        match input {
            Input::Start | Input::Timer(ROUND) => self.begin_round(now, effects),
            Input::Message { from, message } => self.state.receive(from, message),
            Input::Call(message) => self.state.receive(NodeId::CLUSTER, message),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &Newest {
        self.state.newest()
    }

    fn label(message: &GossipMessage) -> Label {
        label(message)
    }
}
