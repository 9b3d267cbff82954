//! Reproducible random numbers of a node.

use cluster_sim_runtime::{Entropy, EntropyRng, Roll};

use super::{Node, Twin};

impl Node {
    /// Returns the random number for choice `index` of kind `name`.
    ///
    /// It is a pure function of seed, node name, life, `name` and `index`.
    ///
    /// Equal arguments give equal rolls within one life. Let `index` number the subject of the choice (the operation, the
    /// attempt) rather than the calls: then the choice stays the same when an unrelated part of the run changes. The real twin
    /// gives the rolls of a simulation with the same seed; without a seed, the operating system chooses one for each start of a
    /// node.
    pub fn roll(&self, name: &str, index: u64) -> Roll {
        self.inner.boot.entropy().roll(name, index)
    }

    /// Returns the generator of `rand_core` about choice `index` of kind `name`, from its first draw.
    ///
    /// As [`roll`](Self::roll), equal arguments give equal numbers within one life. A library that wants a generator takes this one
    /// in place of one that the operating system seeds:
    ///
    /// ```
    /// use cluster_sim_node::Node;
    /// use rand::seq::SliceRandom;
    ///
    /// async fn ask_all(node: Node) {
    ///     for round in 0.. {
    ///         let mut order = node.peers().to_vec();
    ///         order.shuffle(&mut node.rng("order of peers", round));
    ///         // ... asks them in that order ...
    ///         node.sleep(std::time::Duration::from_secs(1)).await;
    ///     }
    /// }
    /// ```
    pub fn rng(&self, name: &str, index: u64) -> EntropyRng {
        self.inner.boot.entropy().rng(name, index)
    }

    /// Returns the next random number, for choices that have no natural number.
    ///
    /// A simulation counts the calls of each task, so tasks do not shift each other's numbers. The real twin counts the calls of
    /// the whole node, so the numbers of a task depend on thread timing, even with a seed.
    pub fn random(&self) -> Roll {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => sim.life.read(|core| core.kernel.random(sim.life.node())).unwrap_or(Roll(0)),
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.random(self.inner.boot.entropy()),
        }
    }

    /// Returns the source of [`roll`](Self::roll), for code shared with machines.
    pub fn entropy(&self) -> Entropy {
        self.inner.boot.entropy()
    }
}
