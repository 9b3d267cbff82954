//! After any crash and any error of the disk a journal holds a prefix of what was appended that has all that was synced.

use cluster_sim_storage::{JournalEvent, JournalRecord};
use proptest::prelude::*;

use crate::model::ModelDisk;
use crate::names::Numbers;
use crate::reader::Watch;
use crate::writer::{Writer, recover};

#[derive(Debug, Clone)]
enum Action {
    Append(usize),
    Sync,
    /// Truncates to a share of 256 of the records.
    Truncate(u8),
    /// Removes segments before a share of 256 of the records.
    Remove(u8),
    /// Runs some operations of what is asked.
    Run(u8),
    /// Loses power.
    Crash,
    /// Ends the life, and keeps the cache.
    Stop,
    /// The operation after that many others fails; a sync that fails leaves its sectors and names clean.
    Fail(u8),
    /// The disk has room for eight times that many bytes more, until it is opened again.
    Fill(u8),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (0..700_usize).prop_map(Action::Append),
        3 => Just(Action::Sync),
        2 => any::<u8>().prop_map(Action::Truncate),
        1 => any::<u8>().prop_map(Action::Remove),
        3 => (0..30_u8).prop_map(Action::Run),
        1 => Just(Action::Crash),
        1 => Just(Action::Stop),
        2 => (0..20_u8).prop_map(Action::Fail),
        1 => any::<u8>().prop_map(Action::Fill),
    ]
}

/// The records that a journal may have after the next crash, and must have.
#[derive(Debug, Default)]
struct Expected {
    /// From number 1 on.
    payloads: Vec<Vec<u8>>,
    /// The last record that must be there.
    synced: u64,
    /// The largest number that was named to `remove_before`.
    removed: u64,
    /// The last record that the truncation in work keeps.
    kept: Option<u64>,
    /// The first record after the removals that were acknowledged.
    first: u64,
}

impl Expected {
    /// Checks what was recovered, which is durable from then on.
    fn check(&mut self, writer: &Writer, records: &[JournalRecord]) {
        let (first, last) = (writer.engine.first(), writer.engine.next() - 1);
        assert!(self.first <= first && first <= self.removed.max(1), "{} <= {first} <= {}", self.first, self.removed);
        assert!(self.synced <= last && last <= self.payloads.len() as u64, "{} <= {last} <= {}", self.synced, self.payloads.len());
        assert_eq!(records.iter().map(|record| record.sequence).collect::<Vec<_>>(), (first..=last).collect::<Vec<_>>());
        for record in records {
            assert_eq!(record.payload, self.payloads[record.sequence as usize - 1], "record {}", record.sequence);
        }
        self.cut(last);
        (self.synced, self.first) = (last, first);
    }

    /// The records after this one are gone.
    fn cut(&mut self, last: u64) {
        self.kept = None;
        self.payloads.truncate(last as usize);
        self.synced = self.synced.min(last);
    }

    fn note(&mut self, event: Option<JournalEvent>) {
        match event {
            Some(JournalEvent::Synced { up_to }) => self.synced = self.kept.map_or(up_to, |kept| kept.min(up_to)),
            Some(JournalEvent::Truncated { after }) => {
                self.cut(after);
                self.synced = after;
            }
            Some(JournalEvent::Removed { first }) => self.first = first,
            Some(JournalEvent::Refused { next, .. }) => self.cut(next - 1),
            _ => {}
        }
    }
}

/// A journal, what is known of it, and the numbers that decide about its disk.
struct Run {
    writer: Writer,
    expected: Expected,
    numbers: Numbers,
}

impl Run {
    fn act(&mut self, step: u8, action: &Action) {
        let (first, last) = (self.writer.engine.first(), self.writer.engine.next() - 1);
        match *action {
            Action::Append(length) => {
                let payload = vec![step; length];
                if self.writer.engine.append(payload.clone()).is_ok() {
                    self.expected.payloads.push(payload);
                }
            }
            Action::Sync => drop(self.writer.engine.sync()),
            Action::Truncate(share) => self.truncate(share),
            Action::Remove(share) => {
                let before = (last + 1) * u64::from(share) / 255;
                if self.writer.engine.remove_before(before).is_ok() {
                    self.expected.removed = self.expected.removed.max(before);
                }
            }
            Action::Run(operations) => drop(self.run(operations.into())),
            Action::Crash => self.reopen(true),
            Action::Stop => self.reopen(false),
            Action::Fail(after) => self.writer.disk.fail_after = Some(after.into()),
            Action::Fill(room) => self.writer.disk.capacity = Some(self.writer.disk.used() + 8 * usize::from(room)),
        }
        assert!(first <= self.writer.engine.first() || !matches!(action, Action::Run(_)), "records came back");
    }

    /// Truncates when nothing else is in work: else both the old and the new record of a number would be allowed.
    fn truncate(&mut self, share: u8) {
        self.run(u64::MAX);
        let (first, next) = (self.writer.engine.first(), self.writer.engine.next());
        let after = first - 1 + (next - first) * u64::from(share) / 255;
        if self.writer.engine.truncate_after(after).is_ok() {
            self.expected.kept = Some(after);
            self.expected.synced = self.expected.synced.min(after);
            let operations = self.numbers.below(40);
            if self.run(operations) {
                self.reopen(true);
            }
        }
    }

    /// Runs some operations; returns whether there are more.
    fn run(&mut self, operations: u64) -> bool {
        for _ in 0..operations {
            let Some(event) = self.writer.run_one() else { return false };
            self.expected.note(event);
        }
        true
    }

    /// Ends the life, and begins others until one opens the journal. Any of their operations may fail, and any may be the last.
    fn reopen(&mut self, is_power_lost: bool) {
        let mut is_power_lost = is_power_lost;
        self.writer.disk.capacity = None;
        for life in 0.. {
            if is_power_lost {
                self.writer.disk.crash(&mut self.numbers)
            } else {
                self.writer.disk.stop()
            }
            let (engine, recovered) =
                recover(self.writer.disk.contents()).unwrap_or_else(|error| panic!("a crash corrupts nothing: {error}"));
            self.writer.engine = engine;
            let operations = if life < 5 && self.numbers.below(3) == 0 { self.numbers.below(20) } else { u64::MAX };
            for _ in 0..operations {
                match self.writer.run_one() {
                    Some(Some(JournalEvent::Opened)) => return self.expected.check(&self.writer, &recovered.records),
                    Some(Some(JournalEvent::Failed { .. })) => break,
                    Some(None) => {}
                    other => panic!("{other:?} before the journal is open"),
                }
            }
            is_power_lost = self.numbers.below(2) == 0;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn crashes_and_errors_leave_a_prefix_with_all_that_was_synced(
        actions in prop::collection::vec(action(), 1..60),
        seed in any::<u64>(),
    ) {
        let mut run = Run { writer: Writer { engine: recover(Vec::new()).unwrap().0, disk: ModelDisk::default() }, expected: Expected::default(), numbers: Numbers(seed) };
        run.reopen(false);
        let mut watch = Watch::default();
        for (step, action) in (0..).zip(&actions) {
            run.act(step, action);
            watch.look(run.writer.disk.contents());
        }
        run.run(u64::MAX);
        run.reopen(true);
    }
}
