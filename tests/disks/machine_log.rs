//! Logs of machines: after a crash they are those of a change not before the last one that was promised.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::fault::FaultKind;
use cluster_sim::node::{DiskImage, EntryLog, JournalError, JournalOptions, MachineLog};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::{milliseconds, seconds};

/// The fact that all changes up to this one are durable.
#[derive(Debug)]
struct Promised(u64);

/// The change whose log a machine found when it booted.
#[derive(Debug)]
struct Found(u64);

/// Every eighth change is a snapshot of all but the last entry.
fn is_snapshot(change: u64) -> bool {
    change > 0 && change.is_multiple_of(8)
}

/// The index from which a change replaces entries: that of the last one, or the next.
fn first(log: &EntryLog, change: u64) -> u64 {
    (log.last() + change % 2).max(log.base() + 1)
}

fn payload(change: u64) -> Vec<u8> {
    change.to_le_bytes().repeat(25)
}

/// The log after this change.
fn model(changes: u64) -> EntryLog {
    (1..=changes).fold(EntryLog::default(), |mut log, change| {
        let changed = match is_snapshot(change) {
            true => log.compact(log.last() - 1, payload(change)),
            false => log.append(change.to_le_bytes().to_vec(), first(&log, change), [payload(change)]),
        };
        changed.map(|_| log).expect("the log reaches to it")
    })
}

struct Writer {
    log: MachineLog<u64>,
    change: u64,
}

impl Writer {
    fn boot(boot: &Boot) -> Self {
        let options = JournalOptions::default().segment_bytes(2_000);
        let mut log = MachineLog::recover(boot.disk(), "log", options).expect("a crash corrupts nothing");
        // A snapshot leaves the state as it was.
        let state = log.log().state().first_chunk().map_or(0, |state| u64::from_le_bytes(*state));
        let is_at = |change: &u64| *log.log() == model(*change);
        let change = [state, state + 1].into_iter().find(is_at).expect("it is the log after a change");
        log.keep_until_synced(change);
        Self { log, change }
    }

    fn write(&mut self, effects: &mut Effects<()>) {
        self.change += 1;
        let (change, last, first) = (self.change, self.log.log().last(), first(self.log.log(), self.change));
        let written = match is_snapshot(change) {
            true => self.log.compact(effects, last - 1, payload(change)),
            false => self.log.append(effects, change.to_le_bytes().to_vec(), first, [payload(change)]),
        };
        written.expect("the disk is sound");
        self.log.keep_until_synced(change);
    }
}

impl Machine for Writer {
    type Message = ();
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        match input {
            Input::Start => {
                effects.emit(Found(self.change));
                self.log.start(effects);
                effects.set_timer(Timer(0), milliseconds(10));
            }
            Input::Timer(_) => {
                self.write(effects);
                effects.set_timer(Timer(0), milliseconds(10));
            }
            Input::Disk(tag, result) => self.log.on_disk(effects, tag, &result).expect("the disk is sound"),
            _ => {}
        }
        while let Some(change) = self.log.take_synced() {
            effects.emit(Promised(change));
        }
    }

    fn view(&self) -> &u64 {
        &self.change
    }
}

/// A machine finds all that it promised.
#[derive(Default)]
struct Remembers {
    promised: BTreeMap<NodeId, u64>,
    found: u64,
}

impl Invariant for Remembers {
    fn observe(&mut self, change: &Change, _world: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(Promised(change)) = change.fact() {
            self.promised.insert(node, *change);
        }
        let (Some(Found(found)), Some(promised)) = (change.fact(), self.promised.get(&node)) else { return Verdict::Holds };
        self.found += 1;
        if found < promised {
            return Verdict::violated([node], format!("it promised change {promised} and found {found}"));
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.found
    }
}

#[test]
fn a_log_keeps_what_was_synced_and_drops_what_a_snapshot_has() {
    let sweep = Scenario::new("log")
        .machines("writer", 2, |boot: &Boot| Writer::boot(boot))
        .observe("what was promised is found", Remembers::default)
        .always("old records are removed", |world: &World<'_>| {
            world.nodes().all(|node| world.disk(node).is_none_or(|disk| disk.durable_paths().len() <= 6))
        })
        .eventually("both go on", |world| world.views::<u64>().all(|(_, change)| *change > 100))
        .chaos(FaultProfile::default().only([FaultKind::Crash, FaultKind::QuickRestart]))
        .duration(seconds(4))
        .sweep(0..40);
    sweep.assert_ok();
}

#[test]
fn a_log_refuses_a_gap_and_stays_as_it_is() {
    let mut log = MachineLog::<()>::recover(&DiskImage::default(), "log", JournalOptions::default()).expect("it is empty");
    let mut effects = Effects::<()>::new(cluster_sim::node::Entropy::from_key(7));
    log.start(&mut effects);
    log.append(&mut effects, "", 1, ["a"]).expect("it is the first");
    let gap = JournalError::NoSuchEntry { index: 3, base: 0, last: 1 };
    assert_eq!(log.append(&mut effects, "", 3, ["c"]), Err(gap.clone()));
    assert_eq!(log.compact(&mut effects, 3, "abc"), Err(gap));
    assert_eq!((log.log().last(), log.log().base()), (1, 0));
}
