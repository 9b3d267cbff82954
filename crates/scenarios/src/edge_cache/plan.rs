//! Converts the steps of a scenario to faults, changes of rate and a timeline.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim::fault::{NetworkFault, NodeFault};
use cluster_sim::{Fault, Ratio};
use cluster_sim_edge_cache::RateChange;
use cluster_sim_registry::{PlannedStep, TimelineEntry};
use serde_json::json;

use super::file::{EdgeCacheFile, Step, TimedStep};
use super::groups::{EDGE, INVALIDATIONS, ROUTER, SOURCE};

/// The rule under which dropped invalidations are counted; a later step replaces an earlier one (EDGE-D15).
pub(crate) const DROP_RULE: &str = "drop_invalidations";

/// The steps of a scenario, sorted by what applies them.
#[derive(Default)]
pub(crate) struct Plan {
    /// Faults of nodes and links, in order of time.
    pub(crate) faults: Vec<(Duration, Fault)>,
    /// Changes of the rate at which the source writes.
    pub(crate) rate_changes: Vec<RateChange>,
    /// Every step, in order of time.
    pub(crate) timeline: Vec<PlannedStep>,
}

impl Plan {
    /// Plans a checked file. Steps at one instant keep the order of the file; a step on a killed edge does nothing (EDGE-D20).
    pub(crate) fn of(file: &EdgeCacheFile) -> Self {
        let mut steps: Vec<&TimedStep> = file.steps.iter().collect();
        // Stable, so that equal instants keep their order.
        steps.sort_by(|one, other| one.at_secs.0.total_cmp(&other.at_secs.0));
        let mut killed = BTreeSet::new();
        steps.into_iter().fold(Self::default(), |plan, timed| plan.with(timed, file.chaos.partition_duration_ms, &mut killed))
    }

    fn with(mut self, timed: &TimedStep, partition_duration_ms: u64, killed: &mut BTreeSet<u32>) -> Self {
        let at = timed.at_secs.duration();
        let dead = timed.step.edge().filter(|edge| killed.contains(edge));
        let effect = dead.map_or_else(|| "applied".to_owned(), |edge| format!("no-op: edge {edge} was killed"));
        let entry = TimelineEntry { at_secs: json!(timed.at_secs), step: json!(timed.step), effect };
        self.timeline.push(PlannedStep { at, entry });
        if dead.is_some() {
            return self;
        }
        match timed.step {
            Step::IncreaseMutationRate { rate_per_sec } => self.rate_changes.push(RateChange { at, rate_per_sec }),
            Step::DropInvalidationsPercent { percent } => {
                let ratio = Ratio::new(percent / 100.0).expect("the file was checked: a percentage is from 0 to 100");
                let fault =
                    NetworkFault::Loss { links: INVALIDATIONS.to_owned(), rule: DROP_RULE.to_owned(), ratio, duration: None }
                        .into();
                self.faults.push((at, fault));
            }
            Step::PartitionEdge { edge_id, duration_ms } => {
                let duration = Some(Duration::from_millis(duration_ms.unwrap_or(partition_duration_ms)));
                // Clients still reach the edge (EDGE-D21) and observe its staleness.
                let from = vec![node_name(SOURCE, 0), node_name(ROUTER, 0)];
                self.faults
                    .push((at, NetworkFault::Cut { from, to: vec![node_name(EDGE, edge_id)], both_ways: true, duration }.into()));
            }
            Step::KillEdgeNode { edge_id } => {
                killed.insert(edge_id);
                self.faults.push((at, NodeFault::Kill { node: node_name(EDGE, edge_id) }.into()));
            }
        }
        self
    }
}

fn node_name(group: &str, index: u32) -> String {
    format!("{group}/{index}")
}
