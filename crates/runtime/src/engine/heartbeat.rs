//! Progress of a run, readable from another thread.

use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_types::VirtualInstant;
use parking_lot::Mutex;

use crate::executor::TaskName;

/// Progress of a run: runs and steps begun, the virtual instant, and optionally the current position.
///
/// The run writes it and never reads it back, so it cannot influence a decision.
#[derive(Debug, Default)]
pub struct Heartbeat {
    runs: AtomicU64,
    steps: AtomicU64,
    /// The instant of the last step, in nanoseconds.
    at: AtomicU64,
    /// Optional: naming node and task costs allocations and a lock at every step.
    position: Option<Mutex<Option<Position>>>,
}

/// The code that a run executes at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The virtual instant.
    pub at: VirtualInstant,
    /// The declared name of the node.
    pub node: String,
    /// The task, on an async node.
    pub task: Option<TaskName>,
}

impl Heartbeat {
    /// Creates a heartbeat that also names node and task of every step, which slows the run.
    pub fn with_names() -> Self {
        Self { position: Some(Mutex::new(None)), ..Self::default() }
    }

    /// Returns the runs begun so far, and the steps begun in the last one.
    pub fn progress(&self) -> (u64, u64) {
        (self.runs.load(Ordering::Relaxed), self.steps.load(Ordering::Relaxed))
    }

    /// Returns the position of the last step, if names are kept.
    pub fn position(&self) -> Option<Position> {
        self.position.as_ref()?.lock().clone()
    }

    /// Returns the virtual instant of the last step begun.
    pub fn at(&self) -> VirtualInstant {
        VirtualInstant::from_nanoseconds(self.at.load(Ordering::Relaxed))
    }

    pub(crate) fn begin_run(&self) {
        self.runs.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn begin_step(&self, steps: u64, at: VirtualInstant, position: impl FnOnce() -> Position) {
        self.steps.store(steps, Ordering::Relaxed);
        self.at.store(at.as_nanoseconds(), Ordering::Relaxed);
        if let Some(current) = &self.position {
            *current.lock() = Some(position());
        }
    }
}
