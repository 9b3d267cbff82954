//! The end of a life on its disk.

use cluster_sim_runtime::{Address, Choice, Kernel, LifeEnd, Record, RecordKind, Roll, Site, Stream};
use cluster_sim_types::{Change, Incarnation, NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

use super::device::Disks;
use super::in_flight::{Owner, State};
use super::node_disk::{NodeDisk, key_of};
use crate::operation::DiskOp;

/// The stream of the rolls of a choice of a crash.
fn stream(choice: Choice) -> Stream {
    match choice {
        Choice::CrashNames => const { Stream::named("crash names") },
        Choice::CrashName => const { Stream::named("crash name") },
        Choice::CrashFile => const { Stream::named("crash file") },
        Choice::CrashSector => const { Stream::named("crash sector") },
        _ => const { Stream::named("crash length") },
    }
}

impl Disks {
    /// Ends a life: what was submitted takes effect in the cache, and a crash decides what of the cache is left.
    pub(super) fn end_life(&mut self, kernel: &mut Kernel, node: NodeId, life: Incarnation, end: LifeEnd) {
        self.held.retain(|(held, _)| *held != node);
        let in_flight = self.take_in_flight(node);
        let Some(disk) = self.disks.get_mut(node.index()).and_then(Option::as_mut) else { return };
        in_flight.iter().for_each(|op| disk.submitted(op));
        disk.end_life();
        if !matches!(end, LifeEnd::Returned | LifeEnd::Stopped) {
            crash(disk, kernel, (node, life), &mut self.subjects, &mut self.lengths);
        }
        kernel.change(Change::Disk(node));
    }

    /// Takes the operations of a node that were submitted and not executed, in order.
    fn take_in_flight(&mut self, node: NodeId) -> Vec<DiskOp> {
        let mut ops = Vec::new();
        self.pending.retain(|_, pending| {
            if pending.node != node {
                return true;
            }
            pending.owner = Owner::Dropped;
            if let State::Submitted(op) = std::mem::replace(&mut pending.state, State::Over) {
                ops.push((pending.generation, op));
            }
            pending.is_scheduled
        });
        ops.sort_by_key(|(generation, _)| *generation);
        ops.into_iter().map(|(_, op)| op).collect()
    }
}

impl NodeDisk {
    /// Applies an operation that was submitted when its life ended: to the cache, since a sync that was not answered promised
    /// nothing.
    fn submitted(&mut self, op: &DiskOp) {
        if !matches!(op, DiskOp::Sync { .. } | DiskOp::SyncDir { .. }) {
            // No task waits for its answer.
            drop(self.execute(op));
        }
    }
}

/// Decides what is left of a disk whose node lost its power.
///
/// Its records say how many sectors are left, and `lengths` how long the files were and are.
fn crash(
    disk: &mut NodeDisk,
    kernel: &mut Kernel,
    (node, life): (NodeId, Incarnation),
    subjects: &mut FxHashMap<u64, String>,
    lengths: &mut FxHashMap<(NodeId, u64), (VirtualInstant, [u64; 2])>,
) {
    let of_life = kernel.address(node).number(u64::from(life.0));
    let mut decide = |choice: Choice, address: Address, subject: (&str, Option<u64>), read: &dyn Fn(Roll) -> u64| {
        let site = Site { choice, stream: stream(choice), address, node, peer: node };
        let value = kernel.choose(site, read);
        if !kernel.is_free() && value != read(Roll(0)) {
            let (path, byte) = subject;
            let subject = byte.map_or_else(|| path.to_owned(), |byte| format!("{path} at byte {byte}"));
            subjects.insert(site.key(), subject);
        }
        value
    };
    let report = disk.tree.crash(of_life, &mut decide);
    let now = kernel.now();
    if report.names > 0 {
        let (detail, length) = (report.names, report.names_kept);
        kernel.record(Record { detail, length, ..Record::of(now, RecordKind::DiskNames, node) });
    }
    for ((path, outcome), of_file) in report.files.into_iter().zip(report.lengths) {
        lengths.insert((node, key_of(&path)), (now, of_file));
        let (label, detail, length) = (key_of(&path), outcome.unsynced, outcome.kept);
        let payload = u64::from(outcome.torn) << 32 | u64::from(outcome.garbage);
        kernel.record(Record { label, detail, length, payload, ..Record::of(now, RecordKind::DiskCrash, node) });
    }
}
