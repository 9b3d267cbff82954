//! Mistakes in the code around raft: each is found within the seeds granted to it in advance.

use cluster_sim::explore::{Case, ShrinkBounds};
use cluster_sim::fault::FaultKind;
use cluster_sim::node::{DiskImage, EntryLog, JournalRecord, Recovered};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;
use raft::Ready;

use super::facts::{Compacted, Installed, Written, Wrote};
use super::rules::LogMatching;
use super::snapshots::SnapshotsAdvance;
use super::status::Status;
use super::store::LOG;
use super::{REPLICAS, on_any_disk, protocol, raft};

/// A mistake in the code around raft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Raft draws election timeouts from the generator of the thread, as it does by itself.
    DrawsFromTheThread,
    /// A replica forgets for whom it voted.
    ForgetsItsVote,
    /// A replica applies an entry once it is written, committed or not.
    AppliesTheWritten,
    /// A replica sends its promises before they are synced.
    SendsBeforeTheSync,
    /// A replica waits for the sync of entries only, not for that of term and vote.
    SyncsEntriesAlone,
    /// A replica goes on from what it found when it booted, before that is durable.
    GoesOnAtOnce,
    /// A replica takes a snapshot, and forgets the entries behind it.
    SnapshotsWithoutTheRest,
    /// A replica takes the log of a snapshot, and not its state.
    KeepsItsState,
    /// A replica believes the bytes behind the last whole record of its journal, as if there were no checksums.
    BelievesTheTornTail,
}

impl Flaw {
    /// Whether the messages of this ready are sent before it is durable.
    pub(crate) fn sends_early(self, ready: &Ready) -> bool {
        match self {
            Self::SendsBeforeTheSync => true,
            Self::SyncsEntriesAlone => ready.entries().is_empty(),
            _ => false,
        }
    }

    /// Reads the first record behind the last whole one, if the replica believes in it.
    pub(crate) fn read_torn_record(self, disk: &DiskImage) {
        let files = disk.list(LOG).filter_map(|path| Some((path.to_owned(), disk.read(path)?)));
        let recovered = Recovered::of(LOG, files).ok().filter(|_| self == Self::BelievesTheTornTail);
        let Some(Recovered { mut records, torn: Some(torn), .. }) = recovered else { return };
        let bytes = disk.read(&torn.segment).expect("it was read").split_off(torn.offset as usize);
        // Length, checksum, sequence number and watermark come before the payload.
        let Some((header, payload)) = bytes.split_at_checked(24) else { return };
        let length = u32::from_le_bytes(*header.first_chunk().expect("it has 24 bytes")) as usize;
        let payload = payload.iter().copied().take(length).collect();
        records.push(JournalRecord { sequence: 0, payload });
        _ = Status::of(&EntryLog::read(&records).expect("the record is whole"));
    }
}

const SEEDS: u64 = 40;
/// A crash must hit a write that is not synced.
const TORN_SEEDS: u64 = 200;

/// Asserts that a seed breaks this rule first, and that few faults show it.
#[track_caller]
fn assert_found(scenario: &Scenario, rule: &str) {
    let reports = (0..SEEDS).map(|seed| scenario.run(Seed(seed)));
    let is_broken = |report: &Report| report.violations.first().is_some_and(|violation| violation.rule == rule);
    let report = reports.into_iter().find(is_broken).expect("a seed breaks the rule");
    let minimized = scenario.shrink(&report).expect("it broke a rule");
    assert!(minimized.faults.1 <= 4, "{minimized}");
}

#[test]
fn a_replica_that_forgets_its_vote_elects_two_leaders() {
    let cuts = FaultProfile::default().only([FaultKind::Cut]).sparing(["client"]);
    assert_found(&protocol(Some(Flaw::ForgetsItsVote)).chaos(cuts), "at most one leader a term");
}

#[test]
fn a_replica_that_forgets_its_vote_regresses_on_its_disk() {
    assert_found(&raft(Some(Flaw::ForgetsItsVote)), "term, vote and commit never regress");
}

#[test]
fn entries_applied_before_their_commit_differ() {
    assert_found(&raft(Some(Flaw::AppliesTheWritten)), "replicas apply equal entries");
}

#[test]
fn an_entry_applied_before_its_commit_is_missing_in_a_leader() {
    assert_found(&raft(Some(Flaw::AppliesTheWritten)), "a leader has what was applied");
}

#[test]
fn a_promise_sent_before_its_sync_is_found_at_its_step() {
    assert_found(&raft(Some(Flaw::SendsBeforeTheSync)), "what a replica promised is durable");
}

#[test]
fn a_vote_sent_before_its_sync_is_found_at_its_step() {
    assert_found(&raft(Some(Flaw::SyncsEntriesAlone)), "what a replica promised is durable");
}

/// Stops one replica after the other, and crashes each just after it is back: the stop leaves unsynced what the crash loses.
fn stops_and_crashes(seed: Seed) -> FaultPlan {
    (0..u64::from(REPLICAS)).fold(FaultPlan::new(), |plan, index| {
        let (node, at, down_for) = (format!("replica/{index}"), milliseconds(1_000 * (index + 1) + seed.0), Some(milliseconds(20)));
        let stop = ProcessFault::GracefulStop { node: node.clone(), deadline: Duration::ZERO, down_for };
        plan.at(at, stop).at(at + milliseconds(25), NodeFault::Crash { node, down_for })
    })
}

#[test]
fn a_replica_that_does_not_wait_for_its_journal_regresses() {
    let stopped = |flaw| on_any_disk(flaw).chaos(FaultProfile::none()).faults_from(stops_and_crashes);
    assert_found(&stopped(Some(Flaw::GoesOnAtOnce)), "term, vote and commit never regress");
    stopped(None).sweep(0..SEEDS).assert_ok();
}

/// Asserts that a replica panics with this text in one of these seeds, and that few faults show it.
#[track_caller]
fn assert_panics(scenario: &Scenario, seeds: u64, text: &str) {
    let reports = (0..seeds).map(|seed| scenario.run(Seed(seed)));
    let panics = |report: &Report| report.panic.as_ref().is_some_and(|panic| panic.message.contains(text));
    let report = reports.into_iter().find(panics).expect("a replica panics with this text");
    let bounds = ShrinkBounds { runs: 250, time: Duration::MAX };
    let minimized = scenario.shrink_within(Case::of(&report), &report, bounds, |_| {}).expect("a replica panicked");
    assert!(minimized.faults.1 <= 8, "{minimized}");
}

#[test]
fn a_replica_that_believes_a_torn_tail_panics() {
    assert_panics(&raft(Some(Flaw::BelievesTheTornTail)), TORN_SEEDS, "the record is whole");
}

#[test]
fn a_snapshot_that_drops_the_entries_behind_it_leaves_a_gap() {
    assert_panics(&raft(Some(Flaw::SnapshotsWithoutTheRest)), SEEDS, "is out of range");
}

#[test]
fn a_replica_that_keeps_its_state_at_a_snapshot_differs() {
    assert_found(&raft(Some(Flaw::KeepsItsState)), "replicas that applied the same have equal states");
}

/// Takes a snapshot beyond what it applied.
async fn compact(node: Node) {
    node.emit(Compacted { last: Written { index: 2, ..Written::default() }, applied: 1 });
}

/// Installs a snapshot of what it has already.
async fn install(node: Node) {
    node.emit(Installed { before: 2, last: Written { index: 1, ..Written::default() } });
}

#[test]
fn snapshots_beyond_the_applied_or_before_it_break_their_rule() {
    let compacts = Scenario::new("compact").nodes("node", 1, compact).observe("snapshots", SnapshotsAdvance::default);
    assert_eq!(compacts.run(Seed(7)).violations[0].message, "its snapshot ends at 2, and it applied 1");
    let installs = Scenario::new("install").nodes("node", 1, install).observe("snapshots", SnapshotsAdvance::default);
    assert_eq!(installs.run(Seed(7)).violations[0].message, "a snapshot set it back from 2 to 1");
}

/// Writes an entry that depends on the node, in one term.
async fn write(node: Node) {
    node.emit(Wrote(Written { index: 1, term: 1, hash: u64::from(node.id()) }));
}

#[test]
fn equal_entries_in_unequal_logs_break_their_rule() {
    let report = Scenario::new("write").nodes("node", 2, write).observe("log", LogMatching::default).run(Seed(7));
    assert_eq!(report.violations[0].message, "their logs differ up to entry 1 of term 1");
}
