//! After any crash a journal holds a prefix of what was appended that has all that was synced.

use proptest::prelude::*;

use crate::model::{ModelDisk, Numbers};
use crate::writer::Writer;

#[derive(Debug, Clone)]
enum Action {
    Append(usize),
    Sync,
    /// Truncates to a share of 256 of the records.
    Truncate(u8),
    /// Removes segments before a share of 256 of the records.
    Remove(u8),
    /// Loses power after some operations of what is asked.
    Crash(u8),
    /// Ends the life, and keeps the cache.
    Stop(u8),
    /// The next sync fails, and leaves the sectors clean.
    FailSync,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (0..700_usize).prop_map(Action::Append),
        3 => Just(Action::Sync),
        1 => any::<u8>().prop_map(Action::Truncate),
        1 => any::<u8>().prop_map(Action::Remove),
        2 => (0..12_u8).prop_map(Action::Crash),
        1 => (0..12_u8).prop_map(Action::Stop),
        1 => Just(Action::FailSync),
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
}

impl Expected {
    /// Checks what was recovered, which is durable from then on.
    fn check(&mut self, writer: &Writer, records: &[cluster_sim_storage::JournalRecord]) {
        let (first, last) = (writer.engine.first(), writer.engine.next() - 1);
        assert!(first <= self.removed.max(1), "{first} is beyond what was removed");
        assert!(self.synced <= last && last <= self.payloads.len() as u64, "{} <= {last} <= {}", self.synced, self.payloads.len());
        assert_eq!(records.iter().map(|record| record.sequence).collect::<Vec<_>>(), (first..=last).collect::<Vec<_>>());
        for record in records {
            assert_eq!(record.payload, self.payloads[record.sequence as usize - 1], "record {}", record.sequence);
        }
        self.payloads.truncate(last as usize);
        self.synced = last;
    }
}

fn run(actions: Vec<Action>, seed: u64) {
    let mut numbers = Numbers(seed);
    let (mut writer, mut expected) = (Writer::new(), Expected::default());
    for (step, action) in actions.into_iter().enumerate() {
        let last = writer.engine.next() - 1;
        // An event that was missed because of a crash is no promise.
        match action {
            Action::Append(length) => {
                let payload = vec![step as u8; length];
                if writer.engine.append(payload.clone()).is_ok() {
                    expected.payloads.push(payload);
                }
            }
            Action::Sync => drop(writer.engine.sync()),
            Action::Truncate(share) => {
                let (first, last) = (writer.engine.first(), last);
                let after = first - 1 + (last + 1 - first) * u64::from(share) / 255;
                // Only when nothing else is in work: else both the old and the new record of a number would be allowed.
                finish(&mut writer, &mut expected);
                if writer.engine.truncate_after(after).is_ok() {
                    expected.synced = expected.synced.min(after);
                    let operations = numbers.below(20);
                    if (0..operations).any(|_| writer.run_one().is_none()) {
                        expected.payloads.truncate(after as usize);
                        expected.synced = after;
                    } else {
                        reopen(&mut writer, &mut expected, &mut numbers, true);
                    }
                }
            }
            Action::Remove(share) => {
                let before = (last + 1) * u64::from(share) / 255;
                if writer.engine.remove_before(before).is_ok() {
                    expected.removed = expected.removed.max(before);
                }
            }
            Action::Crash(operations) => {
                (0..operations).for_each(|_| note(writer.run_one(), &mut expected));
                reopen(&mut writer, &mut expected, &mut numbers, true);
            }
            Action::Stop(operations) => {
                (0..operations).for_each(|_| note(writer.run_one(), &mut expected));
                reopen(&mut writer, &mut expected, &mut numbers, false);
            }
            Action::FailSync => {
                writer.disk.fail = Some(("sync", cluster_sim_storage::DiskErrorKind::Io));
                finish(&mut writer, &mut expected);
                writer.disk.fail = None;
            }
        }
    }
    finish(&mut writer, &mut expected);
    reopen(&mut writer, &mut expected, &mut numbers, true);
}

fn note(event: Option<Option<cluster_sim_storage::JournalEvent>>, expected: &mut Expected) {
    if let Some(Some(cluster_sim_storage::JournalEvent::Synced { up_to })) = event {
        expected.synced = up_to;
    }
}

fn finish(writer: &mut Writer, expected: &mut Expected) {
    while let Some(event) = writer.run_one() {
        note(Some(event), expected);
    }
}

fn reopen(writer: &mut Writer, expected: &mut Expected, numbers: &mut Numbers, is_power_lost: bool) {
    let mut disk: ModelDisk = std::mem::take(&mut writer.disk);
    disk.fail = None;
    if is_power_lost {
        disk.crash(numbers)
    } else {
        disk.stop()
    }
    let (reopened, recovered) = Writer::open(disk).unwrap_or_else(|error| panic!("a crash corrupts nothing: {error}"));
    *writer = reopened;
    expected.check(writer, &recovered.records);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_crash_leaves_a_prefix_with_all_that_was_synced(actions in prop::collection::vec(action(), 1..60), seed in any::<u64>()) {
        run(actions, seed);
    }
}
