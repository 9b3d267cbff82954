//! The disk cell and the same loop with timers, whose difference is the cost of an operation beyond its event.

use cluster_sim::node::{CallFact, DiskOp, FileId, OpenOptions};
use cluster_sim::prelude::*;

use super::progress::Tally;

const LOG: FileId = FileId(0);
/// The bytes of an append.
const APPENDED: usize = 64;
/// The times of the timers that stand for a sync and an append: the medians of a disk.
pub(super) const TIMES: [Duration; 2] = [Duration::from_micros(1_250), Duration::from_micros(10)];

/// Machines that append to a log and sync it, in turn.
pub(crate) fn log(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |_: &Boot| Log(Tally::default()))
}

/// Machines of that loop, with a timer in place of each operation; where `CALLED`, each of these waits is a call.
pub(crate) fn timers<const CALLED: bool>(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.machines("node", nodes, |_: &Boot| Timers::<CALLED>(Tally::default()))
}

/// Opens its log, then appends and syncs in turn.
struct Log(Tally);

impl Machine for Log {
    type Message = ();
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        let turn = self.0.inputs;
        self.0.inputs += 1;
        let operation = match input {
            Input::Start => DiskOp::Open { file: LOG, path: "log".to_owned(), options: OpenOptions::create() },
            _ if turn % 2 == 1 => DiskOp::Append { file: LOG, data: vec![turn as u8; APPENDED] },
            _ => DiskOp::Sync { file: LOG },
        };
        effects.disk(turn, operation);
    }

    fn view(&self) -> &Tally {
        &self.0
    }
}

/// Waits for as long as a disk takes for each operation, from a random phase on.
struct Timers<const CALLED: bool>(Tally);

impl<const CALLED: bool> Machine for Timers<CALLED> {
    type Message = ();
    type View = Tally;

    fn step(&mut self, _now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        let turn = self.0.inputs;
        self.0.inputs += 1;
        let time = TIMES[(turn % 2) as usize];
        if CALLED && turn > 1 {
            effects.emit(CallFact::<u64, u64>::Ok { call: turn - 1, answer: turn });
        }
        if CALLED && turn > 0 {
            effects.emit(CallFact::<u64, u64>::Invoked { call: turn, op: turn });
        }
        effects.set_timer(Timer(0), if input == Input::Start { effects.roll("phase", 0).within(time) } else { time });
    }

    fn view(&self) -> &Tally {
        &self.0
    }
}

/// Async functions that append to a log and sync it, in turn.
pub(crate) fn async_log(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, async |node: Node| {
        count(&node);
        let log = node.disk().open("log", OpenOptions::create()).await.expect("a disk without faults opens a file");
        for turn in 1_u64.. {
            count(&node);
            log.append(vec![turn as u8; APPENDED]).await.expect("a disk without faults appends");
            count(&node);
            log.sync().await.expect("a disk without faults syncs");
        }
    })
}

/// Async functions of that loop, with a sleep in place of each operation.
pub(crate) fn async_timers(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, async |node: Node| {
        count(&node);
        node.sleep(node.roll("phase", 0).within(TIMES[0])).await;
        for turn in 1_usize.. {
            count(&node);
            node.sleep(TIMES[turn % 2]).await;
        }
    })
}

/// Counts an input for the rule.
pub(super) fn count(node: &Node) {
    node.publish(|tally: &mut Tally| tally.inputs += 1);
}
