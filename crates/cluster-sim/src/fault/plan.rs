//! [`FaultPlan`]: a timed list of faults.

use std::time::Duration;

use cluster_sim_transport::InvalidLink;
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::Fault;

/// A fault and the instant at which it is applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledFault {
    /// When, in nanoseconds since the start of the run.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The fault.
    pub fault: Fault,
}

/// Faults in order of time, as data that can be saved, minimized and run again.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim::{Fault, FaultPlan};
///
/// let plan = FaultPlan::new()
///     .at(Duration::from_secs(5), Fault::Crash { node: "store/1".into(), down_for: Some(Duration::from_secs(1)) })
///     .at(Duration::from_secs(2), Fault::HealAll);
/// assert_eq!(plan.faults()[0].fault, Fault::HealAll);
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
    pub fn at(mut self, after: Duration, fault: Fault) -> Self {
        self.insert(VirtualInstant::ZERO + after, fault);
        self
    }

    /// Adds a fault at its place in time.
    pub fn insert(&mut self, at: VirtualInstant, fault: Fault) {
        let index = self.faults.partition_point(|scheduled| scheduled.at <= at);
        self.faults.insert(index, ScheduledFault { at, fault });
    }

    /// Adds all faults of another plan.
    pub fn extend(&mut self, other: Self) {
        other.faults.into_iter().for_each(|scheduled| self.insert(scheduled.at, scheduled.fault));
    }

    /// The faults, in order of time.
    pub fn faults(&self) -> &[ScheduledFault] {
        &self.faults
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

    /// Checks the plan against the nodes and classes of links of a scenario.
    pub(crate) fn check(&self, has_node: impl Fn(&str) -> bool, has_links: impl Fn(&str) -> bool) -> Result<(), PlanError> {
        for (index, scheduled) in self.faults.iter().enumerate() {
            // Deserialized plans did not pass through `insert`.
            if index > 0 && self.faults[index - 1].at > scheduled.at {
                return Err(PlanError::OutOfOrder { index });
            }
            check_fault(index, &scheduled.fault, &has_node, &has_links)?;
        }
        Ok(())
    }
}

pub(crate) fn check_fault(
    index: usize,
    fault: &Fault,
    has_node: impl Fn(&str) -> bool,
    has_links: impl Fn(&str) -> bool,
) -> Result<(), PlanError> {
    if let Some(node) = fault.nodes().into_iter().find(|node| !has_node(node)) {
        return Err(PlanError::UnknownNode { index, kind: fault.kind(), node: node.to_owned() });
    }
    if let Fault::Links { model, .. } = fault {
        model.validate().map_err(|error| PlanError::ImpossibleLinks { index, error })?;
    }
    match fault.links() {
        Some(links) if !has_links(links) => Err(PlanError::UnknownLinks { index, kind: fault.kind(), links: links.to_owned() }),
        _ => Ok(()),
    }
}

/// A fault plan that does not fit its scenario; nothing was run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A fault names an unknown node.
    #[error(
        "fault {index} ({kind}) names node {node:?}; the scenario has no such node, name it by group and index, as in \"edge/1\""
    )]
    UnknownNode {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The node as named.
        node: String,
    },
    /// A fault names an unknown class of links.
    #[error("fault {index} ({kind}) names links {links:?}; the scenario has no such class, declare it with `Scenario::links`")]
    UnknownLinks {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The class as named.
        links: String,
    },
    /// A fault sets an invalid link model.
    #[error("fault {index} (links) is invalid: {error}")]
    ImpossibleLinks {
        /// Its position in the plan.
        index: usize,
        /// The reason.
        error: InvalidLink,
    },
    /// The faults are not in order of time.
    #[error("fault {index} is scheduled before the one in front of it; put the faults in order of time")]
    OutOfOrder {
        /// Position of the first fault out of order.
        index: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crash(node: &str) -> Fault {
        Fault::Crash { node: node.to_owned(), down_for: None }
    }

    #[test]
    fn faults_of_one_instant_keep_their_order() {
        let second = Duration::from_secs(1);
        let plan = FaultPlan::new().at(second, crash("a/0")).at(second, crash("b/0")).at(Duration::ZERO, crash("c/0"));
        let nodes: Vec<&str> = plan.faults().iter().flat_map(|scheduled| scheduled.fault.nodes()).collect();
        assert_eq!(nodes, ["c/0", "a/0", "b/0"]);
    }

    #[test]
    fn a_saved_plan_parses_to_itself() {
        let cut = Fault::Cut {
            from: vec!["a/0".into()],
            to: vec!["b/0".into()],
            both_ways: true,
            duration: Some(Duration::from_millis(5)),
        };
        let plan = FaultPlan::new().at(Duration::from_secs(1), cut).at(Duration::from_secs(2), Fault::HealAll);
        let saved = serde_json::to_string(&plan).unwrap();
        assert_eq!(
            saved,
            r#"[{"at_ns":1000000000,"fault":{"cut":{"from":["a/0"],"to":["b/0"],"both_ways":true,"duration_ns":5000000}}},{"at_ns":2000000000,"fault":"heal_all"}]"#
        );
        assert_eq!(serde_json::from_str::<FaultPlan>(&saved).unwrap(), plan);
    }

    #[test]
    fn an_invalid_fault_is_refused_by_name() {
        let check = |plan: &FaultPlan| plan.check(|node| node == "a/0", |links| links == "wan").unwrap_err().to_string();
        let plan = FaultPlan::new().at(Duration::ZERO, crash("a/0")).at(Duration::ZERO, crash("z/9"));
        assert!(check(&plan).starts_with("fault 1 (crash) names node \"z/9\""));
        let loss = Fault::Loss { links: "lan".into(), rule: "r".into(), ratio: cluster_sim_types::Ratio::ONE, duration: None };
        assert!(check(&FaultPlan::new().at(Duration::ZERO, loss)).starts_with("fault 0 (loss) names links \"lan\""));
        let unordered = r#"[{"at_ns":5,"fault":"heal_all"},{"at_ns":4,"fault":"heal_all"}]"#;
        assert!(check(&serde_json::from_str(unordered).unwrap()).starts_with("fault 1 is scheduled before"));
    }
}
