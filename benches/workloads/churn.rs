//! W5, and W1 with faults of links: clients with timeouts while servers crash and messages are lost.

use cluster_sim::prelude::*;

use super::{Kind, echo, tasks, uniform};
use crate::measure::cells::{CRASH_PERIOD, CRASH_SPAN, Cell, DELAY_MAX, DELAY_MIN, RPC_TIMEOUT};

/// Servers crash in turn, one every second.
pub(crate) fn crashing(scenario: Scenario, cell: Cell, kind: Kind) -> Scenario {
    let (_, servers) = cell.clients_and_servers();
    let crashes = cell.span().as_secs() / CRASH_PERIOD.as_secs();
    let plan = (1..crashes as u32).fold(FaultPlan::new(), |plan, crash| {
        let node = format!("server/{}", crash % servers);
        plan.at(CRASH_PERIOD * crash, NodeFault::Crash { node, down_for: Some(CRASH_SPAN) })
    });
    clients(scenario, cell, kind).faults(plan)
}

/// Clients with timeouts.
fn clients(scenario: Scenario, cell: Cell, kind: Kind) -> Scenario {
    match kind {
        Kind::Machines => echo::with_body::<u64>(scenario, cell, Some(RPC_TIMEOUT)),
        Kind::Async => tasks::echo::<u64>(scenario, cell, Some(RPC_TIMEOUT)),
    }
}

/// A loss rule, longer delays and a cut are in force for the whole run.
pub(crate) fn disturbed(scenario: Scenario, cell: Cell, kind: Kind) -> Scenario {
    let loss =
        NetworkFault::Loss { links: "default".to_owned(), rule: "lossy".to_owned(), ratio: Ratio::percent(1), duration: None };
    let longer = Duration::from_millis(2);
    let delay = NetworkFault::Links { links: "default".to_owned(), model: uniform(DELAY_MIN + longer, DELAY_MAX + longer) };
    let [from, to] = ["client/0", "server/0"].map(|node| vec![node.to_owned()]);
    let cut = NetworkFault::Cut { from, to, both_ways: true, duration: None };
    let plan = [loss, delay, cut].into_iter().fold(FaultPlan::new(), |plan, fault| plan.at(Duration::ZERO, fault));
    clients(scenario, cell, kind).faults(plan)
}
