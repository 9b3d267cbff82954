//! Faults that crash a node at a share of the operations of its disk.

use std::time::Duration;

use cluster_sim_types::{NodeId, Ratio};

use super::Kernel;
use crate::engine::decisions::{Choice, Site};
use crate::random::{Address, Stream};

const CRASH: Stream = Stream::named("crash in io");

/// The number of a fault that crashes a node at operations of its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoCrashId(u64);

/// A fault that crashes a node at operations of its disk.
#[derive(Debug)]
pub(super) struct IoCrash {
    id: IoCrashId,
    node: NodeId,
    share: Ratio,
    down_for: Option<Duration>,
    crashes: u64,
    has_ended: bool,
}

impl Kernel {
    /// Crashes a node at a share of the operations that it submits to its disk, in any life.
    ///
    /// Of several such faults of one node the one with the largest share decides.
    pub fn crash_in_operations(&mut self, node: NodeId, share: Ratio, down_for: Option<Duration>) -> IoCrashId {
        let id = IoCrashId(self.io_crashes.len() as u64);
        self.io_crashes.push(IoCrash { id, node, share, down_for, crashes: 0, has_ended: false });
        self.failpoints.aim_beyond_points();
        id
    }

    /// Ends such a fault.
    pub fn end_io_crashes(&mut self, id: IoCrashId) {
        self.io_crashes[id.0 as usize].has_ended = true;
    }

    /// Returns how often a fault crashed its node.
    pub fn io_crashes(&self, id: IoCrashId) -> u64 {
        self.io_crashes[id.0 as usize].crashes
    }

    /// Decides whether a node crashes at the operation of that address. Returns how long it is down then.
    pub(super) fn io_crash(&mut self, node: NodeId, address: Address) -> Option<Option<Duration>> {
        let of_node = self.io_crashes.iter().filter(|crash| crash.node == node && !crash.has_ended);
        // Of equal shares the first one decides.
        let (share, id) = of_node.rev().map(|crash| (crash.share, crash.id)).max_by_key(|(share, _)| *share)?;
        let site = Site { choice: Choice::CrashInIo, stream: CRASH, address, node, peer: node };
        if self.choose(site, |roll| u64::from(roll.holds(share))) == 0 {
            return None;
        }
        let crash = &mut self.io_crashes[id.0 as usize];
        crash.crashes += 1;
        Some(crash.down_for)
    }
}
