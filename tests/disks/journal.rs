//! Journals of nodes: what was synced is there after crashes, as a machine and as an async node.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::fault::FaultKind;
use cluster_sim::node::{Journal, JournalEvent, JournalOptions, MachineJournal};
use cluster_sim::prelude::*;

/// A number that a node has promised to remember.
#[derive(Debug)]
struct Promised(u64);

/// The numbers that a node found when it booted.
#[derive(Debug)]
struct Found(u64);

fn options() -> JournalOptions {
    JournalOptions::default().segment_bytes(2_000)
}

fn payload(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(1 + number as usize % 60)
}

/// Appends numbers, two at a time, and promises them once they are synced.
struct Appender {
    journal: MachineJournal,
    count: u64,
}

impl Appender {
    fn boot(boot: &Boot) -> Self {
        let (journal, recovered) = MachineJournal::recover(boot.disk(), "data/wal", options()).expect("a crash corrupts nothing");
        (1..).zip(&recovered.records).for_each(|(number, record)| assert_eq!(record.payload, payload(number)));
        Self { journal, count: recovered.records.len() as u64 }
    }

    fn append_two(&mut self, effects: &mut Effects<()>) {
        for _ in 0..2 {
            let next = self.journal.next();
            self.journal.append(effects, payload(next)).expect("the disk is sound");
        }
        self.journal.sync(effects).expect("the disk is sound");
    }
}

impl Machine for Appender {
    type Message = ();
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        match input {
            Input::Start => {
                effects.emit(Found(self.count));
                self.journal.start(effects);
            }
            Input::Disk(tag, result) => match self.journal.on_disk(effects, tag, &result).expect("the disk is sound") {
                Some(JournalEvent::Opened | JournalEvent::Synced { .. }) => {
                    self.count = self.journal.synced();
                    effects.emit(Promised(self.count));
                    self.append_two(effects);
                }
                Some(JournalEvent::Appended { .. }) | None => {}
                Some(other) => panic!("it was not asked for: {other:?}"),
            },
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.count
    }
}

async fn appender(node: Node) {
    let opened = Journal::open(&node.disk(), "data/wal", options()).await;
    let (mut journal, recovered) = opened.expect("a crash corrupts nothing");
    (1..).zip(&recovered.records).for_each(|(number, record)| assert_eq!(record.payload, payload(number)));
    node.emit(Found(recovered.records.len() as u64));
    loop {
        for _ in 0..2 {
            let next = journal.next();
            assert_eq!(journal.append(payload(next)).await, Ok(next));
        }
        let synced = journal.sync().await.expect("the disk is sound");
        node.emit(Promised(synced));
        node.publish(|view: &mut u64| *view = synced);
        let number = 1 + node.roll("read", synced).below(synced);
        assert_eq!(journal.read(number).await, Ok(payload(number)));
    }
}

/// No promise is forgotten.
#[derive(Default)]
struct Remembers {
    promised: BTreeMap<NodeId, u64>,
    boots: u64,
}

impl Invariant for Remembers {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        let Change::Fact(node, fact) = change else { return Verdict::Holds };
        let promised = self.promised.entry(*node).or_default();
        if let Some(Promised(number)) = (**fact).as_any().downcast_ref() {
            *promised = (*promised).max(*number);
        }
        if let Some(Found(number)) = (**fact).as_any().downcast_ref() {
            self.boots += 1;
            if *number < *promised {
                return Verdict::violated([*node], format!("{promised} numbers were promised, and {number} found"));
            }
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.boots
    }
}

fn with_crashes(scenario: Scenario) -> Scenario {
    let crashes = FaultProfile { mean_interval: Duration::from_millis(50), ..FaultProfile::default() }
        .only([FaultKind::Crash])
        .at_most_down(3);
    let crashes = FaultProfile { mean_duration: Duration::from_millis(5), ..crashes };
    scenario.chaos(crashes).observe("no promise is forgotten", Remembers::default).duration(Duration::from_millis(1_000))
}

#[test]
fn a_journal_keeps_its_promises_after_every_crash() {
    let machines = with_crashes(Scenario::new("machines").machines("appender", 3, Appender::boot));
    let nodes = with_crashes(Scenario::new("nodes").nodes("appender", 3, appender));
    for scenario in [machines, nodes] {
        let mut boots = 0;
        for seed in 0..60 {
            let report = scenario.run(Seed(seed));
            report.assert_ok();
            boots += report.checks.iter().map(|check| check.times_checked).sum::<u64>();
        }
        assert!(boots > 400, "{boots} boots are checked");
    }
}
