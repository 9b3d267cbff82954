//! A plan that knows no swarm: every fault by itself, at any time, as often as the profile has one on average.

use cluster_sim::prelude::*;
use cluster_sim::{Address, Stream};
use cluster_sim_runtime::QuantileTable;
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
    /// The time between two faults.
    gaps: QuantileTable,
}

impl Uniform {
    /// What the profile of a hunt draws, without its order.
    pub(crate) fn of(hunt: &Hunt, lasting: Duration) -> Self {
        // A report lists the whole plan, what never struck too.
        let scenario = hunt.scenario();
        let faults: Vec<Fault> =
            (0..GATHERED).flat_map(|seed| scenario.run(Seed(seed)).faults).map(|record| record.fault).collect();
        // Gaps that spread exponentially are instants that lie anywhere alike.
        let gap = lasting.mul_f64(GATHERED as f64).div_f64(faults.len() as f64);
        let gaps = Distribution::exponential(gap, gap * 10).compile().expect("a gap above zero can be drawn");
        Self { lasting, faults, gaps }
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
            at += Duration::from_nanos(self.gaps.sample(seed.roll(GAP, address)));
            let fault = seed.roll(WHICH, address).pick(&self.faults).expect("a profile draws faults");
            if at >= self.lasting {
                break;
            }
            plan = plan.at(at, fault.clone());
        }
        plan
    }
}
