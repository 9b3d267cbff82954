//! The rule that what a store vouches for is on its disk, against a node that writes and vouches by script.

use cluster_sim::fault::DiskFault;
use cluster_sim::node::{JournalEvent, JournalOptions, MachineJournal};
use cluster_sim::prelude::*;
use cluster_sim_ledger::rules::VouchedIsDurable;
use cluster_sim_ledger::{Body, Entry, LedgerFact};
use cluster_sim_testkit::units::milliseconds;

use self::Line::{Append, Sync, Vouch, Wait};

/// One line of a script.
#[derive(Debug, Clone, Copy)]
enum Line {
    /// Appends an entry of this number to the journal.
    Append(u64),
    Sync,
    /// States that it vouches for the entries up to this number.
    Vouch(u64),
    /// Waits for 50 ms.
    Wait,
}

struct Puppet {
    journal: MachineJournal,
    script: Vec<Line>,
    next: usize,
}

impl Puppet {
    fn boot(boot: &Boot, script: &[Line]) -> Self {
        let (journal, _) = MachineJournal::recover(boot.disk(), "journal", JournalOptions::default()).expect("the disk is new");
        Self { journal, script: script.to_vec(), next: 0 }
    }

    /// Does the next line; the one after it follows once the disk or the timer answers.
    fn go_on(&mut self, effects: &mut Effects<()>) {
        let Some(line) = self.script.get(self.next).copied() else { return };
        self.next += 1;
        match line {
            Append(index) => {
                let entry = Entry { epoch: 1, index, body: Body::Begin };
                let payload = postcard::to_stdvec(&entry).expect("an entry can be encoded");
                self.journal.append(effects, payload).expect("the journal is open");
            }
            Sync => self.journal.sync(effects).expect("the journal is open"),
            Vouch(upto) => {
                effects.emit(LedgerFact::Vouched { epoch: 1, upto });
                effects.set_timer(Timer(0), Duration::ZERO);
            }
            Wait => effects.set_timer(Timer(0), milliseconds(50)),
        }
    }
}

impl Machine for Puppet {
    type Message = ();
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        match input {
            Input::Start => self.journal.start(effects),
            Input::Timer(_) => self.go_on(effects),
            Input::Disk(tag, result) => {
                let event = self.journal.on_disk(effects, tag, &result);
                if let Ok(Some(JournalEvent::Opened | JournalEvent::Appended { .. } | JournalEvent::Synced { .. })) = event {
                    self.go_on(effects);
                }
            }
            _ => {}
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

/// Runs a script, with a fault after 30 ms.
fn run(bad_disks: usize, script: &'static [Line], fault: Option<DiskFault>) -> Report {
    let plan = fault.into_iter().fold(FaultPlan::new(), |plan, fault| plan.at(milliseconds(30), fault));
    Scenario::new("puppet")
        .machines("store", 1, move |boot| Puppet::boot(boot, script))
        .observe("durable", move || VouchedIsDurable::with_bad_disks(bad_disks))
        .faults(plan)
        .duration(milliseconds(200))
        .run(Seed(7))
}

#[track_caller]
fn assert_violated(report: &Report) {
    let found = report.violations.first().map(|violation| violation.message.as_str());
    assert_eq!(found, Some("store/0 vouched for entry 1, which a loss of power would take from it"), "{report}");
}

#[test]
fn an_entry_that_is_synced_may_be_vouched_for() {
    run(0, &[Append(1), Sync, Vouch(1), Append(2), Sync, Vouch(2), Vouch(1)], None).assert_ok();
}

#[test]
fn an_entry_that_is_not_synced_must_not_be_vouched_for() {
    assert_violated(&run(0, &[Append(1), Vouch(1), Sync], None));
    run(0, &[Append(1), Sync, Append(2), Vouch(1)], None).assert_ok();
}

#[test]
fn an_entry_that_is_not_there_must_not_be_vouched_for() {
    assert_violated(&run(0, &[Vouch(1), Append(1), Sync], None));
    assert_violated(&run(0, &[Append(2), Sync, Vouch(1)], None));
}

#[test]
fn a_sync_that_lied_is_found_unless_the_disk_may_be_bad() {
    let script = &[Wait, Append(1), Sync, Vouch(1)];
    let lying = || Some(DiskFault::LyingSync { node: "store/0".into(), path: "/".into(), duration: None });
    assert_violated(&run(0, script, lying()));
    run(1, script, lying()).assert_ok();
}

#[test]
fn an_entry_that_rotted_after_its_sync_is_not_judged() {
    let rot = DiskFault::BitRot { node: "store/0".into(), path: "/".into(), share: Ratio::ONE, bits: 1, burst: 1 };
    let report = run(0, &[Append(1), Sync, Wait, Vouch(1)], Some(rot));
    assert_eq!((report.outcome, report.faults[0].effect), (Outcome::Unknown, 1), "{report}");
}
