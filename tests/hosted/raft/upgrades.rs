//! Faults of processes: one replica is asked to stop or is slow, all restart in their turn, two pause at once.

use cluster_sim::prelude::*;
use cluster_sim_testkit::units::{milliseconds, seconds};

use super::REPLICAS;

/// Makes the plan of a seed; every fifth seed has none.
pub(crate) fn plan(seed: Seed) -> FaultPlan {
    let replica = |offset: u64| format!("replica/{}", (seed.0 / 5 + offset) % u64::from(REPLICAS));
    let fault: Fault = match seed.0 % 5 {
        0 => return FaultPlan::new(),
        1 => {
            let (deadline, down_for) = (milliseconds(seed.0 / 5 % 2 * 50), Some(milliseconds(200)));
            ProcessFault::GracefulStop { node: replica(0), deadline, down_for }.into()
        }
        2 => {
            let replicas = (0..REPLICAS).map(|index| format!("replica/{index}"));
            DomainFault::rolling_restart(replicas, milliseconds(100), milliseconds(500)).into()
        }
        3 => {
            let (step_time, duration) = (milliseconds(5), Some(seconds(2)));
            ProcessFault::Slow { node: replica(0), step_time, duration }.into()
        }
        _ => DomainFault::PauseAll { nodes: vec![replica(0), replica(1)], duration: Some(milliseconds(400)) }.into(),
    };
    FaultPlan::new().at(seconds(8), fault)
}
