//! W2: every node speaks to others at its own beat.

use cluster_sim::Label;
use cluster_sim::prelude::*;

use super::packet::{Packet, REQUEST};
use super::progress::Tally;
use crate::measure::cells::BROADCAST_PERIOD;

/// How many others a node speaks to where it does not speak to all.
const FEW: u32 = 8;

/// Every node speaks to every other.
pub(crate) fn to_all(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |seat| Speaker::new(seat.peers()))
}

/// Every node speaks to eight others, spread over all.
pub(crate) fn to_some(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, move |seat| Speaker::new(some_of(seat.index(), nodes)))
}

/// The eight others that a node speaks to.
pub(crate) fn some_of(index: u32, nodes: u32) -> Vec<NodeId> {
    let stride = nodes / (FEW + 1);
    (1..=FEW).map(|number| NodeId((index + number * stride) % nodes)).collect()
}

/// Tells its peers what it heard, every so often.
struct Speaker {
    peers: Vec<NodeId>,
    sequence: u32,
    heard: u64,
    tally: Tally,
}

impl Speaker {
    const BEAT: Timer = Timer(0);

    fn new(peers: Vec<NodeId>) -> Self {
        Self { peers, sequence: 0, heard: 0, tally: Tally::default() }
    }
}

impl Machine for Speaker {
    type Message = Packet<u64>;
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet<u64>>, effects: &mut Effects<Packet<u64>>) {
        self.tally.inputs += 1;
        match input {
            Input::Message { message, .. } => self.heard = self.heard.rotate_left(5) ^ message.body ^ u64::from(message.sequence),
            Input::Start => effects.set_timer(Self::BEAT, effects.roll("phase", 0).within(BROADCAST_PERIOD)),
            _ => {
                self.sequence += 1;
                effects.send_all(&self.peers, Packet { kind: REQUEST, sequence: self.sequence, body: self.heard });
                effects.set_timer(Self::BEAT, BROADCAST_PERIOD);
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
