//! Variations of a scenario that replays and minimization run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::Scenario;
use crate::decision::Decision;
use crate::definition::Check;
use crate::fault::FaultPlan;
use crate::sim::{Script, Sim};

impl Scenario {
    /// Gives it another name, under which its runs are reported.
    #[must_use]
    pub(crate) fn renamed(self, name: &str) -> Self {
        self.with(|definition| name.clone_into(&mut definition.name))
    }

    /// The names of its checks, in the order of their declaration.
    pub(crate) fn check_names(&self) -> Vec<&str> {
        self.definition.checks.iter().map(Check::name).collect()
    }

    /// Leaves out all checks but these.
    #[must_use]
    pub(crate) fn only_checks(self, names: &[String]) -> Self {
        self.with(|definition| definition.checks.retain(|check| names.iter().any(|name| name == check.name())))
    }

    /// Replaces all faults, including those a profile would draw and triggers would fire, by a plan.
    #[must_use]
    pub fn only_faults(self, plan: FaultPlan) -> Self {
        self.with(|definition| {
            definition.plan = plan;
            definition.plans_of_seed.clear();
            definition.profile = None;
            definition.triggers.clear();
        })
    }

    /// Lets minimization leave out members of a group that serves.
    ///
    /// Without it, the minimized case of a failing run has every member of every group, since correct code may need them: a
    /// majority of three replicas can lose one, but not one and a member that was left out. Members of
    /// [`clients`](Self::clients) may always be left out.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn cache(node: Node) {
    ///     let lives = node.incarnation().0;
    ///     node.publish(|seen: &mut u32| *seen = lives);
    ///     node.sleep(Duration::from_secs(60)).await;
    /// }
    ///
    /// let caches = Scenario::new("caching")
    ///     .nodes("cache", 3, cache)
    ///     .always_each("no cache starts again", |_, lives: &u32| *lives == 0)
    ///     .chaos(FaultProfile::default());
    /// let report = (0..).map(|seed| caches.run(Seed(seed))).find(|report| report.outcome == Outcome::Violated).unwrap();
    ///
    /// assert!(caches.shrink(&report).unwrap().case.absent.is_empty());
    /// assert_eq!(caches.may_shrink("cache").shrink(&report).unwrap().case.absent.len(), 2);
    /// ```
    #[must_use]
    pub fn may_shrink(self, group: &str) -> Self {
        self.with(|definition| {
            definition.may_shrink.insert(group.to_owned());
        })
    }

    /// Lets a node do only these of its operations; see `NodeInfo::operations`.
    #[must_use]
    pub(crate) fn only_operations(self, node: &str, numbers: &BTreeSet<u64>) -> Self {
        self.with(|definition| {
            definition.operations.insert(node.to_owned(), numbers.clone());
        })
    }

    /// Ends the fault phase earlier, and leaves the rest of its time to the recovery phase.
    ///
    /// So nothing that the system does has less time than before.
    pub(crate) fn faults_until(self, duration: Duration) -> Self {
        self.with(|definition| {
            let left = definition.duration.saturating_sub(duration);
            // A recovery phase that was shorter than `stable_for` bounds it as before.
            definition.stable_for = definition.stable_for.min(definition.recovery_timeout);
            definition.recovery_timeout = definition.recovery_timeout.saturating_add(left);
            definition.duration = duration;
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
