//! W2: every node sends to others, periodically from its own phase.

use cluster_sim::node::Label;
use cluster_sim::prelude::*;

use super::packet::{Packet, REQUEST};
use super::progress::Tally;
use crate::measure::cells::BROADCAST_PERIOD;

/// The number of peers of a node that does not send to all.
const FEW: u32 = 8;

/// Every node sends to every other.
pub(crate) fn to_all(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |node| Broadcaster::new(node.peers()))
}

/// Every node sends to eight others, spread over all.
pub(crate) fn to_some(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, move |node| Broadcaster::new(some_of(node.index(), nodes)))
}

/// The eight peers of a node.
pub(crate) fn some_of(index: u32, nodes: u32) -> Vec<NodeId> {
    let stride = nodes / (FEW + 1);
    (1..=FEW).map(|number| NodeId((index + number * stride) % nodes)).collect()
}

/// Sends a fold of all received messages to its peers, once per period.
struct Broadcaster {
    peers: Vec<NodeId>,
    sequence: u32,
    state: u64,
    tally: Tally,
}

impl Broadcaster {
    const SEND: Timer = Timer(0);

    fn new(peers: Vec<NodeId>) -> Self {
        Self { peers, sequence: 0, state: 0, tally: Tally::default() }
    }
}

impl Machine for Broadcaster {
    type Message = Packet<u64>;
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet<u64>>, effects: &mut Effects<Packet<u64>>) {
        self.tally.inputs += 1;
        match input {
            Input::Message { message, .. } => self.state = self.state.rotate_left(5) ^ message.body ^ u64::from(message.sequence),
            Input::Start => effects.set_timer(Self::SEND, effects.roll("phase", 0).within(BROADCAST_PERIOD)),
            _ => {
                self.sequence += 1;
                effects.send_all(&self.peers, Packet { kind: REQUEST, sequence: self.sequence, body: self.state });
                effects.set_timer(Self::SEND, BROADCAST_PERIOD);
            }
        }
    }

    fn view(&self) -> &Tally {
        &self.tally
    }

    fn label(message: &Packet<u64>) -> Label {
        message.label()
    }
}
