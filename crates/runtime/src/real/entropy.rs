//! Seeds from the operating system.

use cluster_sim_types::Incarnation;

use crate::random::{Address, Entropy, Seed, Stream};

/// Reports that the operating system provided no entropy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no entropy ({reason}); give the nodes a seed")]
pub struct NoEntropy {
    /// The error of the operating system.
    pub reason: String,
}

impl Seed {
    /// Draws a seed from the operating system.
    ///
    /// # Errors
    /// If it provides no entropy.
    pub fn from_system() -> Result<Self, NoEntropy> {
        getrandom::u64().map(Self).map_err(|error| NoEntropy { reason: error.to_string() })
    }
}

impl Entropy {
    /// Creates the source of a node's life; its rolls equal those of a simulation with that seed.
    pub fn of_life(seed: Seed, name: &str, life: Incarnation) -> Self {
        Self::from_key(seed.roll(Stream::named("entropy"), Address::new().name(name).number(u64::from(life.0))).0)
    }
}
