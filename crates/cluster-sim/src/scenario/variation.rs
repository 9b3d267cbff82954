//! The same scenario with less left to chance: what replays and shrinking run.

use std::fmt;
use std::sync::Arc;

use cluster_sim_runtime::Choices;

use super::{Definition, Scenario};
use crate::fault::FaultPlan;
use crate::replay::Decision;
use crate::sim::Sim;

/// What a test does by hand in the time in which things go wrong.
#[derive(Clone)]
pub(crate) struct Script(pub(crate) Arc<dyn Fn(&mut Sim) + Send + Sync>);

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Drive")
    }
}

impl Scenario {
    /// Has these faults strike and no others: neither those declared so far nor what a seed would draw.
    #[must_use]
    pub fn only_faults(self, plan: FaultPlan) -> Self {
        self.with(|definition| {
            definition.plan = plan;
            definition.profile = None;
        })
    }

    /// Has decisions decide what the simulation leaves to chance, in place of the seed; whatever is not among them takes its canonical
    /// value. What nodes draw for themselves, and the faults of a profile, are the seed's all the same.
    ///
    /// With all decisions of a run ([`run_with_decisions`](Self::run_with_decisions)), and under its seed, it is that run, digest and all.
    #[must_use]
    pub fn with_decisions(self, decisions: &[Decision]) -> Self {
        let table = Arc::new(Decision::table(decisions));
        self.with(|definition| definition.with_decisions = Some(table))
    }

    /// Has a test drive each run by hand: `drive` is called at the start, in place of letting the run go on for as long as it
    /// [lasts](Self::duration).
    ///
    /// So what is done by hand is a part of the scenario, and can be swept, replayed and minimized.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cluster_sim::prelude::*;
    ///
    /// async fn counts(node: Node) {
    ///     let mut ticks = node.interval(Duration::from_secs(1));
    ///     loop {
    ///         ticks.tick().await;
    ///         node.view(|count: &mut u64| *count += 1);
    ///     }
    /// }
    ///
    /// Scenario::new("counting")
    ///     .nodes("counter", 2, counts)
    ///     .always("nobody counts past ten", |world| world.views::<u64>().all(|(_, count)| *count <= 10))
    ///     .driven(|sim| {
    ///         sim.run_for(Duration::from_secs(2));
    ///         sim.crash(0);
    ///         sim.run_for(Duration::from_secs(2));
    ///     })
    ///     .sweep(0..8)
    ///     .assert_ok();
    /// ```
    #[must_use]
    pub fn script(self, script: impl Fn(&mut Sim) + Send + Sync + 'static) -> Self {
        self.with(|definition| definition.script = Some(Script(Arc::new(script))))
    }
}

impl Definition {
    /// Who decides what is left to chance, and whether it is kept.
    pub(crate) fn choices(&self, keep: bool) -> Choices {
        Choices::new(self.with_decisions.clone(), keep)
    }
}
