//! Variations of a scenario that replays and minimization run.

use std::sync::Arc;

use super::Scenario;
use crate::decision::Decision;
use crate::fault::FaultPlan;
use crate::sim::{Script, Sim};

impl Scenario {
    /// Replaces all faults, including those a profile would draw, by a plan.
    #[must_use]
    pub fn only_faults(self, plan: FaultPlan) -> Self {
        self.with(|definition| {
            definition.plan = plan;
            definition.profile = None;
        })
    }

    /// Replaces the seed by decisions for all choices of the simulation.
    ///
    /// Choices that no decision covers take their canonical values.
    ///
    /// Random choices of node code and the faults of a profile stay those of the seed. With all decisions of a run
    /// ([`run_with_decisions`](Self::run_with_decisions)) and its seed, this is that run with an equal digest.
    #[must_use]
    pub fn with_decisions(self, decisions: &[Decision]) -> Self {
        let table = Arc::new(Decision::table(decisions));
        self.with(|definition| definition.with_decisions = Some(table))
    }

    /// Runs `script` in place of the fault phase of each run.
    ///
    /// [`duration`](Self::duration) is then ignored unless the script asks for it. Its steps are part of the scenario, so they
    /// are swept, replayed and minimized with it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cluster_sim::prelude::*;
    ///
    /// async fn counts(node: Node) {
    ///     let mut ticks = node.interval(Duration::from_secs(1));
    ///     loop {
    ///         ticks.tick().await;
    ///         node.publish(|count: &mut u64| *count += 1);
    ///     }
    /// }
    ///
    /// Scenario::new("counting")
    ///     .nodes("counter", 2, counts)
    ///     .always("no node counts past ten", |world| world.views::<u64>().all(|(_, count)| *count <= 10))
    ///     .script(|sim| {
    ///         sim.run_for(Duration::from_secs(2));
    ///         sim.crash(0);
    ///         sim.run_for(Duration::from_secs(2));
    ///     })
    ///     .sweep(0..8)
    ///     .assert_ok();
    /// ```
    #[must_use]
    pub fn script(self, script: impl Fn(&mut Sim) + Send + Sync + 'static) -> Self {
        Self { script: Some(Script::new(script)), ..self }
    }
}
