//! Declares triggers, and the points in node code at which faults may crash nodes.

use cluster_sim_invariants::World;
use cluster_sim_types::Change;

use super::Scenario;
use crate::definition::{ScenarioError, Trigger};
use crate::fault::{Claim, Fault};

impl Scenario {
    /// Adds a trigger that fires once: applies faults when something happens.
    ///
    /// `answer` is asked after each step of the fault phase about every change, and answers with no fault or with several.
    /// [`trigger`](Self::trigger) takes a [`Trigger`] that fires more often, or later.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn lead(node: Node) {
    ///     node.sleep(Duration::from_millis(40 + u64::from(node.index()))).await;
    ///     node.publish(|leads: &mut bool| *leads = true);
    /// }
    ///
    /// let report = Scenario::new("leading")
    ///     .nodes("member", 3, lead)
    ///     .when("the first leads", |change, world| {
    ///         let leads = world.view::<bool>(change.node()).is_some_and(|leads| *leads);
    ///         let crash = |node| NodeFault::Crash { node, down_for: Some(Duration::from_secs(1)) };
    ///         leads.then(|| crash(world.name(change.node()).to_owned()))
    ///     })
    ///     .run(Seed(7));
    /// assert_eq!(report.faults[0].fault.nodes(), ["member/0"]);
    /// ```
    #[must_use]
    pub fn when<R>(self, name: &str, answer: impl Fn(&Change, &World<'_>) -> R + Send + Sync + 'static) -> Self
    where
        R: IntoIterator<Item: Into<Fault>>,
    {
        self.trigger(Trigger::new(name, answer))
    }

    /// Declares points in node code at which faults may crash nodes.
    ///
    /// Node code names them with [`failpoint!`](cluster_sim_node::failpoint) or
    /// [`Effects::failpoint`](cluster_sim_node::Effects::failpoint). A [`NodeFault::CrashAt`](crate::NodeFault::CrashAt), from a plan, a
    /// profile or a trigger, crashes a node there. A fault that names another point is refused. Once points are declared, a visit of
    /// another one breaks the rule `every failpoint is declared`, since no fault could aim at it; a scenario that declares none does
    /// not use them, and visits in it do nothing. Coverage tells points that no seed visited.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn store(node: Node) {
    ///     for write in 1..=3_u64 {
    ///         node.sleep(Duration::from_secs(1)).await;
    ///         failpoint!(node, "store.before_publish");
    ///         node.publish(|writes: &mut u64| *writes = write);
    ///     }
    /// }
    ///
    /// let crash = NodeFault::CrashAt {
    ///     node: "store/0".to_owned(),
    ///     point: "store.before_publish".to_owned(),
    ///     visit: 2,
    ///     down_for: None,
    ///     duration: None,
    /// };
    /// let mut sim = Scenario::new("storing")
    ///     .nodes("store", 1, store)
    ///     .failpoints(["store.before_publish"])
    ///     .faults(FaultPlan::new().at(Duration::ZERO, crash))
    ///     .start(Seed(7));
    /// sim.run_for(Duration::from_millis(1_900));
    /// assert_eq!(sim.inspect(|world| world.view::<u64>(NodeId(0)).copied()), Some(1));
    /// sim.run_for(Duration::from_millis(200));
    /// assert_eq!(sim.inspect(|world| world.view::<u64>(NodeId(0)).copied()), None, "it is down");
    /// ```
    #[must_use]
    pub fn failpoints(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        names.into_iter().map(Into::into).fold(self, |scenario, name| {
            if name.trim().is_empty() {
                let reason = "it has no name; name it as node code does, such as \"store.before_sync\"";
                return scenario.refused(ScenarioError::InvalidFailpoint { name, reason });
            }
            if scenario.definition.failpoints.contains(&name) {
                let reason = "it is declared twice; declare each point once";
                return scenario.refused(ScenarioError::InvalidFailpoint { name, reason });
            }
            scenario.with(|definition| {
                definition.failpoints.insert(name);
            })
        })
    }

    /// Claims how many nodes of a group may fail while the rules must hold.
    ///
    /// A node fails by being down at once with others, by a damaged disk, or by clocks that lie; the [`Claim`] says which. A node is down while a fault has it crashed, killed or paused, or the scenario runs without it; a node that panics by itself
    /// and is restarted by a policy does not count. Several claims hold side by side. A profile draws no fault beyond a claim, and
    /// damages the disks of a few nodes that the seed picks, unless it is told to go [`beyond_claims`](crate::FaultProfile::beyond_claims). Where other faults do, the run goes on and ends as
    /// [`Outcome::AssumptionExceeded`](crate::Outcome::AssumptionExceeded), whatever broke from then on: that is no pass and no
    /// finding, a sweep goes on, and minimization keeps no case beyond a claim. A rule that broke before is a finding as ever.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    /// use cluster_sim::fault::Claim;
    ///
    /// let kill = |node: &str| NodeFault::Kill { node: node.to_owned() };
    /// let storing = Scenario::new("storing")
    ///     .nodes("store", 3, async |node| node.publish(|up: &mut bool| *up = true))
    ///     .eventually("two stores are up", |world| world.views::<bool>().count() >= 2)
    ///     .survives(Claim::minority_of("store"));
    /// let plan = FaultPlan::new().at(Duration::from_secs(2), kill("store/0"));
    /// storing.clone().faults(plan.clone()).run(Seed(7)).assert_ok();
    ///
    /// let report = storing.faults(plan.at(Duration::from_secs(3), kill("store/2"))).run(Seed(7));
    /// assert_eq!(report.outcome, Outcome::AssumptionExceeded);
    /// let message = &report.exceeded.as_ref().expect("it says why").message;
    /// assert_eq!(message, "2 of 3 store nodes were down at once (claim: a minority of store)");
    /// ```
    #[must_use]
    pub fn survives(self, claim: Claim) -> Self {
        self.with(|definition| definition.claims.push(claim))
    }

    /// Adds a trigger, whose name must differ from those of all others.
    #[must_use]
    pub fn trigger(self, trigger: Trigger) -> Self {
        if self.definition.triggers.iter().any(|known| known.name == trigger.name) {
            return self.refused(ScenarioError::DuplicateTrigger { trigger: trigger.name });
        }
        self.with(|definition| definition.triggers.push(trigger))
    }
}
