//! Checkpoints: whole or absent, and one with the log beside them.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::fault::FaultKind;
use cluster_sim::node::{DiskErrorKind, OpenOptions};
use cluster_sim::prelude::*;
use cluster_sim_stream_queue::format::Draft;
use cluster_sim_stream_queue::partition::{Checkpoint, Command, Outcome, PartitionState, read_checkpoint, write_checkpoint};
use cluster_sim_stream_queue::wal::{Expectation, WalError, WalWriter};
use cluster_sim_stream_queue::{Bug, ProducerId};

use super::{CONFIG, log_of, ms, place, run, run_sound};

/// The entry of a replication log with that number, from 1.
fn command(index: u64) -> Command {
    if index.is_multiple_of(5) {
        return Command::CommitOffset { group: "g".to_owned(), offset: index / 5 };
    }
    let (producer, sequence) = (index % 5, index / 5 + 1);
    let records = (0..1 + index % 3).map(|part| Draft { value: vec![part as u8; 20].into(), ..Draft::default() }).collect();
    Command::Append { producer: ProducerId(producer), sequence, timestamp_ms: index, records }
}

/// The state after the first entries.
fn state_after(index: u64) -> PartitionState {
    let mut state = PartitionState::default();
    (1..=index).for_each(|index| drop(state.apply(command(index)).expect("it is sound")));
    state
}

fn checkpoint_at(index: u64) -> Checkpoint {
    Checkpoint { index, state: state_after(index) }
}

#[test]
fn a_checkpoint_reads_back_and_the_next_one_replaces_it() {
    run_sound(async |node| {
        assert_eq!(read_checkpoint(&node.disk(), &place()).await, Ok(None), "there is no directory yet");
        log_of(&node, 3).await;
        assert_eq!(read_checkpoint(&node.disk(), &place()).await, Ok(None));
        for index in [0, 7, 23, 4] {
            write_checkpoint(&node.disk(), &place(), &checkpoint_at(index)).await.unwrap();
            assert_eq!(read_checkpoint(&node.disk(), &place()).await, Ok(Some(checkpoint_at(index))));
        }
    });
}

#[test]
fn any_changed_byte_of_a_checkpoint_is_an_error() {
    run_sound(async |node| {
        log_of(&node, 3).await;
        write_checkpoint(&node.disk(), &place(), &checkpoint_at(23)).await.unwrap();
        let path = place().path("checkpoint");
        let whole = node.disk().read(&path).await.unwrap();
        let file = node.disk().open(&path, OpenOptions::write()).await.unwrap();
        for (at, byte) in (0..).zip(&whole) {
            file.write_at(at, [byte ^ 0x20]).await.unwrap();
            let error = read_checkpoint(&node.disk(), &place()).await.expect_err("it is damaged");
            assert!(
                matches!(&error, WalError::Checkpoint { path, .. } if path == "data/orders/3/checkpoint"),
                "byte {at}: {error}"
            );
            file.write_at(at, [*byte]).await.unwrap();
        }
        for length in (0..whole.len()).rev() {
            file.set_len(length as u64).await.unwrap();
            assert!(read_checkpoint(&node.disk(), &place()).await.is_err(), "{length} bytes");
        }
    });
}

#[test]
fn a_checkpoint_that_cannot_be_written_leaves_the_one_before() {
    for free in (0..150).step_by(10) {
        run(FaultPlan::new().at(ms(100), DiskFault::full("a/0", free, ms(100))), move |node| async move {
            log_of(&node, 3).await;
            write_checkpoint(&node.disk(), &place(), &checkpoint_at(7)).await.unwrap();
            node.sleep_until(LocalInstant::default() + ms(110)).await;
            let error = write_checkpoint(&node.disk(), &place(), &checkpoint_at(23)).await.expect_err("the disk is full");
            assert!(matches!(&error, WalError::Disk(error) if error.kind == DiskErrorKind::StorageFull), "{free}: {error}");
            assert_eq!(read_checkpoint(&node.disk(), &place()).await, Ok(Some(checkpoint_at(7))), "{free} bytes free");
            node.sleep_until(LocalInstant::default() + ms(210)).await;
            write_checkpoint(&node.disk(), &place(), &checkpoint_at(23)).await.unwrap();
            assert_eq!(read_checkpoint(&node.disk(), &place()).await, Ok(Some(checkpoint_at(23))), "{free} bytes free");
        });
    }
}

/// The entry of the last checkpoint that was written.
#[derive(Debug)]
struct Written(u64);

/// The checkpoint that a life found.
#[derive(Debug)]
struct Found(Checkpoint);

/// Applies entries, writes their records, and a checkpoint now and then; begins each life from the last one.
async fn replica(node: Node, bug: Option<Bug>) {
    let disk = node.disk();
    let checkpoint = read_checkpoint(&disk, &place()).await.expect("a crash damages none").unwrap_or_default();
    node.emit(Found(checkpoint.clone()));
    let Checkpoint { mut index, mut state } = checkpoint;
    let expected = Expectation { start_max: 0, durable_end: state.end() };
    let (mut wal, _) = WalWriter::recover(&disk, &place(), CONFIG, expected).await.expect("a crash corrupts nothing");
    wal.cut_to(state.end()).await.expect("the disk is sound");
    loop {
        let earlier = state.clone();
        let applied = index + 1 + node.roll("applied", index).below(9);
        while index < applied {
            index += 1;
            if let Ok(Outcome::Appended { records, .. }) = state.apply(command(index)) {
                wal.append(&records).await.expect("the disk is sound");
            }
        }
        if node.roll("checkpoint", index).below(4) == 0 {
            let checkpoint = Checkpoint::capture(&state, applied, Some(&earlier), bug);
            wal.sync().await.expect("the disk is sound");
            write_checkpoint(&disk, &place(), &checkpoint).await.expect("the disk is sound");
            node.emit(Written(checkpoint.index));
        }
    }
}

/// L8: each life begins with a state that the entries up to its index lead to, and no older one than was written.
#[derive(Default)]
struct RecoversFromCheckpoint {
    written: BTreeMap<NodeId, u64>,
    boots: u64,
}

impl Invariant for RecoversFromCheckpoint {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(Written(index)) = change.fact() {
            self.written.insert(node, *index);
        }
        let Some(Found(checkpoint)) = change.fact() else { return Verdict::Holds };
        self.boots += 1;
        let expected = state_after(checkpoint.index).hash();
        if checkpoint.state.hash() != expected || Some(&checkpoint.index) < self.written.get(&node) {
            let (found, index) = (checkpoint.state.hash(), checkpoint.index);
            return Verdict::violated([node], format!("the state of entry {index} has hash {found:x} and not {expected:x}"));
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.boots
    }
}

fn with_crashes(bug: Option<Bug>) -> Scenario {
    let crashes = FaultProfile { mean_interval: ms(50), mean_duration: ms(5), ..FaultProfile::default() };
    Scenario::new("replicas")
        .nodes("replica", 3, move |node| replica(node, bug))
        .chaos(crashes.only([FaultKind::Crash]).at_most_down(3))
        .observe("a checkpoint is at one position of the log", RecoversFromCheckpoint::default)
        .duration(ms(1_000))
}

#[test]
fn l8_every_crash_leaves_a_checkpoint_at_one_position_of_the_log() {
    let mut boots = 0;
    for seed in 0..60 {
        let report = with_crashes(None).run(Seed(seed));
        report.assert_ok();
        boots += report.checks.iter().map(|check| check.times_checked).sum::<u64>();
    }
    assert!(boots > 400, "{boots} boots are checked");
}

#[test]
fn w07_a_fuzzy_checkpoint_is_found_by_the_first_crashes() {
    let report = with_crashes(Some(Bug::FuzzyCheckpoint)).run(Seed(0));
    let text = report.to_string();
    assert!(text.contains("the state of entry"), "{text}");
}
