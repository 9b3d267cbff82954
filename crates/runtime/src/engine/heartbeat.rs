//! Progress of a run, readable from another thread.

use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_types::VirtualInstant;
use parking_lot::Mutex;

use crate::executor::TaskName;

/// Progress of a run: runs and steps begun, the virtual instant, and optionally the current position.
///
/// The run reads one thing back: that it is to [end](Self::end_run), which ends it as exhausted. So nothing here can influence a
/// decision.
#[derive(Debug, Default)]
pub struct Heartbeat {
    runs: AtomicU64,
    steps: AtomicU64,
    /// The instant of the last step, in nanoseconds.
    at: AtomicU64,
    /// The number of the first run of the present seed.
    first: AtomicU64,
    /// The number of the run that is to end; 0 for none.
    ends: AtomicU64,
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

    /// Says that the next run is the first one of a seed.
    pub fn begin_seed(&self) {
        self.first.store(self.runs.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Returns the number of the present run if it is the first one of its seed.
    ///
    /// Later ones confirm a failure.
    pub fn first_run(&self) -> Option<u64> {
        let run = self.runs.load(Ordering::Relaxed);
        (run > 0 && run == self.first.load(Ordering::Relaxed)).then_some(run)
    }

    /// Ends the run with that number at its next step, unless it is over.
    pub fn end_run(&self, run: u64) {
        self.ends.store(run, Ordering::Relaxed);
    }

    /// Whether the present run is to end.
    #[inline]
    pub(crate) fn is_ending(&self) -> bool {
        self.ends.load(Ordering::Relaxed) == self.runs.load(Ordering::Relaxed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_run_ends_and_the_first_of_a_seed_is_limited() {
        let heartbeat = Heartbeat::default();
        assert_eq!(heartbeat.first_run(), None);
        heartbeat.begin_seed();
        heartbeat.begin_run();
        assert_eq!((heartbeat.first_run(), heartbeat.is_ending()), (Some(1), false));
        heartbeat.begin_run();
        assert_eq!(heartbeat.first_run(), None, "a run that confirms the first");
        heartbeat.end_run(1);
        assert!(!heartbeat.is_ending(), "it is over already");
        heartbeat.begin_seed();
        heartbeat.begin_run();
        assert_eq!(heartbeat.first_run(), Some(3));
        heartbeat.end_run(3);
        assert!(heartbeat.is_ending());
    }
}
