//! A plan that knows no swarm: every fault by itself, at any time, as often as the profile has one on average.

use cluster_sim::prelude::*;
use cluster_sim::{Address, Stream};
use cluster_sim_scenarios::hunt::Hunt;

const GAP: Stream = Stream::named("uniform gap");
const WHICH: Stream = Stream::named("uniform which");

/// From so many seeds of a profile its faults are gathered.
const GATHERED: u64 = 1_000;

/// Draws plans with the same faults as a profile, the same number of them on average and the same lengths, each picked without regard to
/// the others and at any time alike. All that a profile has before it is how it puts faults together.
pub(crate) struct Uniform {
    lasting: Duration,
    faults: Vec<Fault>,
}

impl Uniform {
    /// What the profile of a hunt draws, without its order.
    pub(crate) fn of(hunt: &Hunt, lasting: Duration) -> Self {
        let draw = |seed| hunt.profile.draw(Seed(seed), &hunt.cluster.node_names(), hunt.links, lasting);
        let faults = (0..GATHERED).flat_map(|seed| draw(seed).faults().to_vec()).map(|scheduled| scheduled.fault).collect();
        Self { lasting, faults }
    }

    /// Faults a run, on average.
    pub(crate) fn mean(&self) -> f64 {
        self.faults.len() as f64 / GATHERED as f64
    }

    /// The plan of that seed.
    pub(crate) fn draw(&self, seed: Seed) -> FaultPlan {
        let mut plan = FaultPlan::new();
        let mut at = Duration::ZERO;
        for ordinal in 0.. {
            let address = Address::new().number(ordinal);
            // Gaps that spread exponentially are instants that lie anywhere alike.
            let gap = -(1.0 - seed.roll(GAP, address).share()).ln() / self.mean();
            at += self.lasting.mul_f64(gap);
            let fault = seed.roll(WHICH, address).pick(&self.faults).expect("a profile draws faults");
            if at >= self.lasting {
                break;
            }
            plan = plan.at(at, fault.clone());
        }
        plan
    }
}
