//! [`FaultPlan`]: a timed list of faults.

use std::time::Duration;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::objects_only::read_from_objects_only;
use super::{Declared, Fault, PlanError, Resolved};

/// A fault and the instant at which it is applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct ScheduledFault {
    /// When, in nanoseconds since the start of the run.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The moment within that instant at which a trigger fired it; absent for the beginning of the instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterStep>,
    /// The fault.
    pub fault: Fault,
}

read_from_objects_only!(ScheduledFault);

/// A moment between two steps of a run, at which a trigger fired.
///
/// A fault of a plan that names one is applied right after that step, and not before its instant. In a run that does not reach
/// the step by then, it is applied at the end of its instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterStep {
    /// The number of steps that the run had taken.
    pub step: u64,
    /// How often anything had changed since that step without another one, as by a planned crash.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub change: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl ScheduledFault {
    /// Schedules a fault for the beginning of an instant.
    pub fn new(at: VirtualInstant, fault: impl Into<Fault>) -> Self {
        Self { at, after: None, fault: fault.into() }
    }
}

/// Faults in order of time, as data that can be saved, minimized and run again.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim::FaultPlan;
/// use cluster_sim::fault::{NetworkFault, NodeFault};
///
/// let plan = FaultPlan::new()
///     .at(Duration::from_secs(5), NodeFault::Crash { node: "store/1".into(), down_for: Some(Duration::from_secs(1)) })
///     .at(Duration::from_secs(2), NetworkFault::HealAll);
/// assert_eq!(plan.faults()[0].fault, NetworkFault::HealAll.into());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultPlan {
    faults: Vec<ScheduledFault>,
}

impl FaultPlan {
    /// Makes a plan without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault at `after` since the start of the run.
    ///
    /// Faults of one instant are applied in the order of these calls.
    #[must_use]
    pub fn at(mut self, after: Duration, fault: impl Into<Fault>) -> Self {
        self.insert(VirtualInstant::ZERO + after, fault);
        self
    }

    /// Adds a fault at its place in time.
    ///
    /// Moves all later faults: to make a long plan in another order than that of time, collect it.
    pub fn insert(&mut self, at: VirtualInstant, fault: impl Into<Fault>) {
        self.insert_scheduled(ScheduledFault::new(at, fault));
    }

    /// As [`insert`](Self::insert), for a fault that may name a moment within its instant.
    pub fn insert_scheduled(&mut self, fault: ScheduledFault) {
        let index = self.faults.partition_point(|scheduled| scheduled.at <= fault.at);
        self.faults.insert(index, fault);
    }

    /// Adds all faults of another plan.
    pub fn extend(&mut self, other: Self) {
        self.faults.extend(other.faults);
        // Stable, and linear in plans that are in order.
        self.faults.sort_by_key(|scheduled| scheduled.at);
    }

    /// The faults, in order of time.
    pub fn faults(&self) -> &[ScheduledFault] {
        &self.faults
    }

    /// Takes the faults out, in order of time.
    pub(crate) fn into_faults(self) -> Vec<ScheduledFault> {
        self.faults
    }

    /// Removes the fault at `index`.
    ///
    /// # Panics
    /// If there is no such fault.
    #[must_use]
    pub fn without(mut self, index: usize) -> Self {
        self.faults.remove(index);
        self
    }

    /// Replaces the names in the plan by the numbers of nodes and classes of links.
    pub(crate) fn resolve(self, names: Declared<'_>) -> Result<Vec<(ScheduledFault, Resolved)>, PlanError> {
        let mut last = VirtualInstant::ZERO;
        let resolve = |(index, scheduled): (usize, ScheduledFault)| {
            // Deserialized plans did not pass through `insert`.
            if std::mem::replace(&mut last, scheduled.at) > scheduled.at {
                return Err(PlanError::OutOfOrder { index });
            }
            let resolved = scheduled.fault.resolve(index, names)?;
            Ok((scheduled, resolved))
        };
        self.faults.into_iter().enumerate().map(resolve).collect()
    }
}

impl FromIterator<ScheduledFault> for FaultPlan {
    /// Puts faults in order of time; those of one instant keep their order.
    fn from_iter<I: IntoIterator<Item = ScheduledFault>>(faults: I) -> Self {
        let mut plan = Self::new();
        plan.extend(Self { faults: faults.into_iter().collect() });
        plan
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cluster_sim_transport::{LinkModel, Network};
    use cluster_sim_types::{NodeId, Ratio};

    use super::*;
    use crate::fault::NodeNames;
    use crate::fault::{NetworkFault, NodeFault};

    fn crash(node: &str) -> NodeFault {
        NodeFault::Crash { node: node.to_owned(), down_for: None }
    }

    #[test]
    fn faults_of_one_instant_keep_their_order() {
        let second = Duration::from_secs(1);
        let plan = FaultPlan::new().at(second, crash("a/0")).at(second, crash("b/0")).at(Duration::ZERO, crash("c/0"));
        let nodes: Vec<&str> = plan.faults().iter().flat_map(|scheduled| scheduled.fault.nodes()).collect();
        assert_eq!(nodes, ["c/0", "a/0", "b/0"]);
    }

    #[test]
    fn a_collected_plan_is_the_one_that_insertion_makes() {
        let faults = (0..500_u64).map(|number| {
            let at = VirtualInstant::from_nanoseconds(number * 7_919 % 50);
            ScheduledFault::new(at, crash(&format!("a/{number}")))
        });
        let mut inserted = FaultPlan::new();
        faults.clone().for_each(|scheduled| inserted.insert(scheduled.at, scheduled.fault));
        assert_eq!(faults.clone().collect::<FaultPlan>(), inserted);
        let (mut extended, later) = (faults.clone().take(200).collect::<FaultPlan>(), faults.skip(200).collect());
        extended.extend(later);
        assert_eq!(extended, inserted, "faults of one instant keep their order");
    }

    /// Insertion one by one would move 5 * 10^11 faults.
    #[test]
    fn a_million_faults_are_put_in_order_at_once() {
        let backwards = (0..1_000_000_u64).rev().map(VirtualInstant::from_nanoseconds);
        let plan: FaultPlan = backwards.map(|at| ScheduledFault::new(at, NetworkFault::HealAll)).collect();
        assert_eq!(plan.faults().len(), 1_000_000);
        assert!(plan.faults().is_sorted_by_key(|scheduled| scheduled.at));
    }

    #[test]
    fn a_saved_plan_parses_to_itself() {
        let cut = NetworkFault::Cut {
            from: vec!["a/0".into()],
            to: vec!["b/0".into()],
            both_ways: true,
            duration: Some(Duration::from_millis(5)),
        };
        let plan = FaultPlan::new().at(Duration::from_secs(1), cut).at(Duration::from_secs(2), NetworkFault::HealAll);
        let saved = serde_json::to_string(&plan).unwrap();
        assert_eq!(
            saved,
            r#"[{"at_ns":1000000000,"fault":{"cut":{"from":["a/0"],"to":["b/0"],"both_ways":true,"duration_ns":5000000}}},{"at_ns":2000000000,"fault":"heal_all"}]"#
        );
        assert_eq!(serde_json::from_str::<FaultPlan>(&saved).unwrap(), plan);
    }

    #[test]
    fn a_plan_is_read_from_objects_only() {
        let refusal = |text: &str| serde_json::from_str::<FaultPlan>(text).unwrap_err().to_string();
        for text in [r#"[[0,null,"heal_all"]]"#, r#"[{"at_ns":0,"fault":{"crash":["a/0",null]}}]"#] {
            let text = refusal(text);
            assert!(text.starts_with("invalid type: sequence, expected an object with named fields"), "{text}");
        }
    }

    #[test]
    fn an_invalid_fault_is_refused_by_name() {
        let nodes = BTreeMap::from([("a/0".to_owned(), NodeId(0))]);
        let (nodes, network) = (NodeNames { nodes, ..NodeNames::default() }, Network::new());
        let refusal = |plan: FaultPlan| plan.resolve(Declared::new(&nodes, &network)).unwrap_err().to_string();
        let plan = FaultPlan::new().at(Duration::ZERO, crash("a/0")).at(Duration::ZERO, crash("z/9"));
        assert!(refusal(plan).starts_with("fault 1 (crash) names node \"z/9\""));
        let loss = NetworkFault::Loss { links: "lan".into(), rule: "r".into(), ratio: Ratio::ONE, duration: None };
        assert!(refusal(FaultPlan::new().at(Duration::ZERO, loss)).starts_with("fault 0 (loss) names links \"lan\""));
        let model = LinkModel { window: 0, ..LinkModel::default() };
        let links = NetworkFault::Links { links: "default".into(), model };
        assert!(refusal(FaultPlan::new().at(Duration::ZERO, links)).starts_with("fault 0 (links) is invalid: "));
        let unordered = r#"[{"at_ns":5,"fault":"heal_all"},{"at_ns":4,"fault":"heal_all"}]"#;
        assert!(refusal(serde_json::from_str(unordered).unwrap()).starts_with("fault 1 is scheduled before"));
    }
}
