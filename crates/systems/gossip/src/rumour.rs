//! What nodes tell each other, and what they make of it.

use cluster_sim_node::Label;
use serde::{Deserialize, Serialize};

/// What a node tells its peers in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rumour {
    /// Which round of its life.
    pub round: u64,
    /// The newest it knows.
    pub newest: u64,
}

/// What names a rumour for chance: the round. What it says hangs on who was heard before.
pub fn label(rumour: &Rumour) -> Label {
    Label::Key { kind: 0, id: rumour.round }
}

/// The newest that a node has heard of in this life; what checks see of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Newest(pub u64);

impl Newest {
    /// Takes in what somebody says; what is older changes nothing.
    pub fn hear(&mut self, said: u64) {
        self.0 = self.0.max(said);
    }
}
