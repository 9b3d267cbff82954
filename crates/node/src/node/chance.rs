//! What a node leaves to chance.

use cluster_sim_runtime::{Entropy, Roll};

use super::{Node, Twin};

impl Node {
    /// The roll for this node's choice number `index` of the kind `name`.
    ///
    /// Asking twice in one life gives the same answer: number what is decided about (the operation, the attempt), not the calls. Then a
    /// choice stays what it was in a run that differs elsewhere.
    pub fn roll(&self, name: &str, index: u64) -> Roll {
        self.home.entropy.roll(name, index)
    }

    /// The next roll of the task that asks, for choices that nothing numbers.
    pub fn random(&self) -> Roll {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => place.life.read(|core| core.kernel.random(place.life.node())).unwrap_or(Roll(0)),
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => own.random(self.home.entropy),
        }
    }

    /// The source of [`roll`](Self::roll), for code that is shared with machines.
    pub fn entropy(&self) -> Entropy {
        self.home.entropy
    }
}
