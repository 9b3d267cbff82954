//! The cell of calls: the loop of `disk-timers`, each of whose waits is a call that a rule of histories records.

use cluster_sim::check::history::{Checker, History, Judgement};
use cluster_sim::node::CallFact;
use cluster_sim::prelude::*;

use super::disk::{TIMES, count};
use super::progress::Tally;

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

/// Machines that wait in calls, which they state as facts.
pub(crate) fn calls(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |_: &Boot| Calls(Tally::default()))
}

/// Waits as the machine of `disk-timers` does.
struct Calls(Tally);

impl Machine for Calls {
    type Message = ();
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        let turn = self.0.inputs;
        self.0.inputs += 1;
        let time = TIMES[(turn % 2) as usize];
        if turn > 1 {
            effects.emit(CallFact::<u64, u64>::Ok { call: turn - 1, answer: turn });
        }
        if turn > 0 {
            effects.emit(CallFact::<u64, u64>::Invoked { call: turn, op: turn });
        }
        effects.set_timer(Timer(0), if input == Input::Start { effects.roll("phase", 0).within(time) } else { time });
    }

    fn view(&self) -> &Tally {
        &self.0
    }
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
