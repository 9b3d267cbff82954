//! The cell of calls: the loop of `disk-timers`, each of whose waits is a call that a rule of histories records.
//!
//! Its machines are those of `disk-timers`. Async functions have a loop of their own: one for both would change what they cost.

use cluster_sim::check::history::{Checker, History, Judgement};
use cluster_sim::prelude::*;

use super::disk::{TIMES, count};

/// Records the calls and judges nothing: what is left is the cost of recording.
pub(crate) fn recorded(scenario: Scenario) -> Scenario {
    scenario.history::<u64, u64, _>("calls are recorded", || Recorded)
}

/// Async functions that wait in calls.
pub(crate) fn async_calls(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, async |node: Node| {
        count(&node);
        node.sleep(node.roll("phase", 0).within(TIMES[0])).await;
        for turn in 1_u64.. {
            count(&node);
            let call = node.invoke::<u64, u64>(turn);
            node.sleep(TIMES[turn as usize % 2]).await;
            call.ok(turn);
        }
    })
}

/// Judges nothing.
struct Recorded;

impl Checker<u64, u64> for Recorded {
    fn judges_events(&self) -> bool {
        false
    }

    fn finish(&mut self, history: &History<u64, u64>) -> Judgement {
        Judgement { times_checked: history.operations().len() as u64, ..Judgement::default() }
    }
}
