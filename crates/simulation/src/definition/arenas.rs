//! Memory reused by the runs of a scenario and of its variations.

use cluster_sim_runtime::Arena;
use parking_lot::Mutex;

/// Memory left by finished runs: at most one arena for each run that ran concurrently.
///
/// Locked at the start and at the end of a run only.
#[derive(Debug, Default)]
pub(crate) struct Arenas(Mutex<Vec<Arena>>);

impl Arenas {
    /// Returns the arena of a finished run, or a new one.
    pub(crate) fn take(&self) -> Arena {
        self.0.lock().pop().unwrap_or_default()
    }

    /// Keeps an arena for the next run.
    pub(crate) fn keep(&self, arena: Arena) {
        self.0.lock().push(arena);
    }

    /// The number of arenas kept.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.0.lock().len()
    }
}
