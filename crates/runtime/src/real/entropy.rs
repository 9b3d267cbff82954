//! Chance from the operating system.

use cluster_sim_types::Incarnation;

use crate::random::{Address, Entropy, Seed, Stream};

/// The operating system gave no entropy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no entropy ({reason}); give the nodes a seed")]
pub struct NoEntropy {
    /// What it said.
    pub reason: String,
}

impl Seed {
    /// A seed that the operating system chose.
    ///
    /// # Errors
    /// If it has none to give.
    pub fn from_system() -> Result<Self, NoEntropy> {
        getrandom::u64().map(Self).map_err(|error| NoEntropy { reason: error.to_string() })
    }
}

impl Entropy {
    /// The source of the node of that name in that life, under that seed: the same rolls as in a simulation with that seed.
    pub fn of_life(seed: Seed, name: &str, life: Incarnation) -> Self {
        Self::from_key(seed.roll(Stream::named("entropy"), Address::new().name(name).number(u64::from(life.0))).0)
    }
}
