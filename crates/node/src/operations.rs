//! The operations of clients, by number, so that minimization can leave out some.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use cluster_sim_types::NodeId;

/// The operations that a client does: all of them, except in a minimized case.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    /// Those that it does; absent for all.
    only: Option<Arc<BTreeSet<u64>>>,
    log: Option<Arc<OperationLog>>,
}

/// How far the clients of a run came.
#[derive(Debug, Default)]
pub struct OperationLog(Mutex<BTreeMap<NodeId, u64>>);

impl Operations {
    /// Notes in `log` how far the client comes; does only the operations `only`, or all.
    pub fn new(only: Option<BTreeSet<u64>>, log: &Arc<OperationLog>) -> Self {
        Self { only: only.map(Arc::new), log: Some(Arc::clone(log)) }
    }

    /// Iterates over those of `numbers` that the client does.
    pub(crate) fn among<I: IntoIterator<Item = u64>>(&self, node: NodeId, numbers: I) -> impl Iterator<Item = u64> + use<I> {
        let Self { only, log } = self.clone();
        let is_done = move |number: &u64| {
            if let Some(log) = &log {
                log.note(node, *number);
            }
            only.as_ref().is_none_or(|only| only.contains(number))
        };
        numbers.into_iter().filter(is_done)
    }
}

impl OperationLog {
    /// Returns how far each client came that asked for its operations.
    ///
    /// One more than the highest number that it came to in any life.
    pub fn reached(&self) -> BTreeMap<NodeId, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, node: NodeId, number: u64) {
        let mut reached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = reached.entry(node).or_default();
        *most = number.saturating_add(1).max(*most);
    }
}
