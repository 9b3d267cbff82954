//! A node that states facts by script, to see what the rules make of them.

use cluster_sim::check::Invariant;
use cluster_sim::prelude::*;
use cluster_sim_ledger::{LedgerFact, Status, StoreView};

/// One line of a script: a fact to state or a view to show, each in a step of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Line {
    Fact(LedgerFact),
    View(StoreView),
}

struct Puppet {
    script: Vec<Line>,
    next: usize,
    view: StoreView,
}

impl Machine for Puppet {
    type Message = ();
    type View = StoreView;

    fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
        let Some(line) = self.script.get(self.next) else { return };
        self.next += 1;
        match line {
            Line::Fact(fact) => effects.emit(*fact),
            Line::View(view) => self.view = *view,
        }
        effects.set_timer(Timer(0), Duration::from_millis(1));
    }

    fn view(&self) -> &StoreView {
        &self.view
    }
}

/// Runs a script of one node against a rule, and returns the message of the first violation.
pub(crate) fn judge<I: Invariant>(make: fn() -> I, script: &[Line]) -> Option<String> {
    let script = script.to_vec();
    let scenario = Scenario::new("puppet")
        .machines("store", 1, move |_| Puppet { script: script.clone(), next: 0, view: StoreView::default() })
        .observe("rule", make)
        .duration(Duration::from_millis(100));
    scenario.run(Seed(7)).violations.into_iter().next().map(|violation| violation.message)
}

/// The view of a backup.
pub(crate) fn backup(epoch: u64, length: u64) -> Line {
    Line::View(StoreView { status: Status::Backup, epoch, length, ..StoreView::default() })
}
