//! The disk faults that profiles draw: of all files of a node.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_storage::DiskErrorKind;

use super::{DiskFault, root};
use crate::fault::draw::{Draw, Drawn};
use crate::fault::{Fault, FaultKind};

const fn drawn(number: u64, kind: FaultKind, fault: fn(&Draw<'_>) -> Option<Fault>) -> Drawn {
    Drawn { number, kind, percent: 25, fault }
}

/// The kinds that profiles draw.
pub(super) const DRAWN: &[Drawn] = &[
    drawn(60, FaultKind::DiskError, |draw| Some(error(draw).into())),
    // Small systems write little while a fault lasts.
    drawn(61, FaultKind::DiskFull, |draw| Some(DiskFault::full(draw.node(), draw.bytes() >> 4, draw.length).into())),
    drawn(62, FaultKind::SyncError, |draw| {
        let (node, duration) = (draw.node(), Some(draw.length));
        Some(DiskFault::FailSync { node, path: root(), share: draw.ratio(), duration }.into())
    }),
    drawn(63, FaultKind::SlowDisk, |draw| {
        let (node, duration) = (draw.node(), Some(draw.length));
        let slow = |factor, extra| DiskFault::Slow { node, factor, extra, duration };
        Some(if draw.coin() { slow(1, draw.delay()) } else { slow(2 << (draw.low() % 7), Duration::ZERO) }.into())
    }),
    drawn(64, FaultKind::DiskStall, |draw| Some(DiskFault::Stall { node: draw.node(), duration: Some(draw.length) }.into())),
    drawn(65, FaultKind::DiskLimit, |draw| {
        let (operations, bytes) = if draw.coin() { (Some(1 << (4 + draw.low() % 8)), None) } else { (None, Some(draw.bytes())) };
        let (node, duration) = (draw.node(), Some(draw.length));
        Some(DiskFault::Limit { node, operations_per_second: operations, bytes_per_second: bytes, duration }.into())
    }),
    drawn(66, FaultKind::LyingSync, |draw| {
        Some(DiskFault::LyingSync { node: draw.node(), path: root(), duration: Some(draw.length) }.into())
    }),
    drawn(67, FaultKind::BitRot, |draw| {
        let (bits, burst) = rot(draw);
        Some(DiskFault::BitRot { node: draw.node(), path: root(), share: draw.ratio(), bits, burst }.into())
    }),
    drawn(68, FaultKind::RotOnRead, |draw| {
        let ((bits, burst), node, share) = (rot(draw), draw.node(), draw.ratio());
        Some(DiskFault::RotOnRead { node, path: root(), share, bits, burst, duration: Some(draw.length) }.into())
    }),
    drawn(69, FaultKind::Misdirect, |draw| {
        let (node, share, duration) = (draw.node(), draw.ratio(), Some(draw.length));
        Some(DiskFault::Misdirect { node, path: root(), share, duration }.into())
    }),
    drawn(70, FaultKind::LostWrite, |draw| {
        let (node, share, duration) = (draw.node(), draw.ratio(), Some(draw.length));
        Some(DiskFault::LostWrite { node, path: root(), share, duration }.into())
    }),
    drawn(71, FaultKind::StaleRead, |draw| {
        let (node, share, duration) = (draw.node(), draw.ratio(), Some(draw.length));
        Some(DiskFault::StaleRead { node, path: root(), share, duration }.into())
    }),
    drawn(72, FaultKind::Rollback, |draw| Some(DiskFault::Rollback { node: draw.node(), duration: Some(draw.length) }.into())),
    drawn(73, FaultKind::Reformat, |draw| Some(DiskFault::Reformat { node: draw.node(), down_for: Some(draw.length) }.into())),
];

/// EIO, or in a quarter of all cases each of the others; sticky in half of them.
fn error(draw: &Draw<'_>) -> DiskFault {
    let errors = [DiskErrorKind::Io, DiskErrorKind::StorageFull, DiskErrorKind::TooManyOpenFiles, DiskErrorKind::NotPermitted];
    let error = errors[(draw.low() % 4) as usize];
    let (node, share, duration) = (draw.node(), draw.ratio(), Some(draw.length));
    DiskFault::Fail { node, operations: BTreeSet::new(), path: root(), share, error, sticky: draw.coin(), duration }
}

/// One to eight bits within as many bytes.
fn rot(draw: &Draw<'_>) -> (u32, u32) {
    let bits = 1 + (draw.low() % 8) as u32;
    (bits, bits)
}
