//! W4: a leader replicates entries, and each of its messages moves the election timeout of a follower.

use cluster_sim::node::{Entropy, Label};
use cluster_sim::prelude::*;

use super::packet::{Packet, REPLY, REQUEST};
use super::progress::Tally;
use crate::measure::cells::{ELECTION_MIN, ELECTION_SPREAD, ENTRY_PERIOD};

/// Node 0 leads, the others follow.
pub(crate) fn replicated(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |node| Replica {
        peers: node.peers(),
        leads: node.index() == 0,
        sequence: 0,
        state: 0,
        tally: Tally::default(),
    })
}

/// The election timeout after entry `sequence`.
pub(crate) fn election_timeout(entropy: Entropy, sequence: u32) -> Duration {
    ELECTION_MIN + entropy.roll("election", u64::from(sequence)).within(ELECTION_SPREAD)
}

/// A leader or a follower.
struct Replica {
    peers: Vec<NodeId>,
    leads: bool,
    /// The last entry sent or received.
    sequence: u32,
    state: u64,
    tally: Tally,
}

impl Replica {
    const ENTRY: Timer = Timer(0);
    const ELECTION: Timer = Timer(1);

    /// Sends the next entry.
    fn replicate(&mut self, effects: &mut Effects<Packet<u64>>) {
        self.sequence += 1;
        effects.send_all(&self.peers, Packet { kind: REQUEST, sequence: self.sequence, body: self.state });
        effects.set_timer(Self::ENTRY, ENTRY_PERIOD);
    }

    /// Resets the election timeout.
    fn await_leader(&self, effects: &mut Effects<Packet<u64>>) {
        effects.set_timer(Self::ELECTION, election_timeout(effects.entropy(), self.sequence));
    }
}

impl Machine for Replica {
    type Message = Packet<u64>;
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet<u64>>, effects: &mut Effects<Packet<u64>>) {
        self.tally.inputs += 1;
        match input {
            Input::Message { from, message } if message.kind == REQUEST => {
                self.sequence = message.sequence;
                self.state = self.state.rotate_left(5) ^ message.body ^ u64::from(message.sequence);
                effects.send(from, Packet { kind: REPLY, sequence: message.sequence, body: self.state });
                self.await_leader(effects);
            }
            Input::Message { message, .. } => self.state = self.state.rotate_left(5) ^ message.body,
            Input::Start if self.leads => effects.set_timer(Self::ENTRY, ENTRY_PERIOD),
            Input::Timer(Self::ENTRY) => self.replicate(effects),
            // There is no election: the leader is never silent for that long.
            _ => self.await_leader(effects),
        }
    }

    fn view(&self) -> &Tally {
        &self.tally
    }

    fn label(message: &Packet<u64>) -> Label {
        message.label()
    }
}
