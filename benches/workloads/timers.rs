//! W3 and startup: nodes that only wait.

use cluster_sim::prelude::*;

use super::progress::Tally;
use crate::measure::cells::{STARTUP_WAIT, TICK_PERIOD};

/// Each node has a timer that fires periodically.
pub(crate) fn periodic(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |_: &Boot| Periodic(Tally::default()))
}

/// Each node has a timer that fires once.
pub(crate) fn once(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |_: &Boot| Once(Tally::default()))
}

/// Sets its timer again whenever it fires, the first time at a random phase of the period.
struct Periodic(Tally);

impl Machine for Periodic {
    type Message = ();
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        self.0.inputs += 1;
        let after = if input == Input::Start { effects.roll("phase", 0).within(TICK_PERIOD) } else { TICK_PERIOD };
        effects.set_timer(Timer(0), after);
    }

    fn view(&self) -> &Tally {
        &self.0
    }
}

/// Waits once.
struct Once(Tally);

impl Machine for Once {
    type Message = ();
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        self.0.inputs += 1;
        if input == Input::Start {
            effects.set_timer(Timer(0), STARTUP_WAIT);
        }
    }

    fn view(&self) -> &Tally {
        &self.0
    }
}
