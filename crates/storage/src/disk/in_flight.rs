//! Operations that were submitted and not answered.

use cluster_sim_runtime::{Address, Waiter};
use cluster_sim_types::NodeId;

use crate::operation::{DiskOp, DiskResult};

/// Names an operation of a task that was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpKey {
    pub(super) slot: u32,
    /// Tells it from later ones in the same slot.
    pub(super) generation: u64,
}

/// The answer to an operation of a host.
#[derive(Debug)]
pub struct HostDone {
    /// The number that the host gave the operation.
    pub tag: u64,
    /// The answer.
    pub result: DiskResult,
}

/// The receiver of the answer.
#[derive(Debug)]
pub(super) enum Owner {
    /// The host of the node, under its number.
    Host(u64),
    /// A task, once it waits.
    Task(Option<Waiter>),
    /// None: the task stopped waiting, or the life ended.
    Dropped,
}

/// An operation that was submitted and not answered.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) node: NodeId,
    pub(super) generation: u64,
    pub(super) owner: Owner,
    /// Names it among all operations of the run.
    pub(super) address: Address,
    pub(super) state: State,
    /// Whether an event of the queue names its slot, which is then not free.
    pub(super) is_scheduled: bool,
}

impl Pending {
    /// The operation, until it has taken effect.
    pub(super) fn op(&self) -> Option<&DiskOp> {
        match &self.state {
            State::Submitted(op) => Some(op),
            State::Done(_) | State::Over => None,
        }
    }
}

#[derive(Debug)]
pub(super) enum State {
    /// Its event is scheduled.
    Submitted(DiskOp),
    /// It took effect.
    Done(DiskResult),
    /// Its life ended, and its event is still scheduled.
    Over,
}
