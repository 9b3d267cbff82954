//! The states of one key over time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cluster_sim_types::{VirtualInstant, WallTime};

use super::Labels;

/// An object, or one version of it.
#[derive(Debug)]
pub(in crate::object) struct Object {
    pub(in crate::object) content: Bytes,
    pub(in crate::object) tag: String,
    /// The number of its write.
    pub(in crate::object) version: u64,
    pub(in crate::object) modified: WallTime,
    pub(in crate::object) labels: Labels,
}

/// The states of one key, oldest first; before the first there was no object.
#[derive(Debug, Default)]
pub(super) struct History(Vec<State>);

/// The object from an instant on, or its absence.
#[derive(Debug)]
struct State {
    from: VirtualInstant,
    object: Option<Arc<Object>>,
}

impl History {
    pub(super) fn present(&self) -> Option<&Arc<Object>> {
        self.0.last()?.object.as_ref()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The object as it was then; of states that are forgotten, the first that is not.
    pub(super) fn at(&self, then: VirtualInstant) -> Option<&Arc<Object>> {
        let after = self.0.partition_point(|state| state.from <= then);
        self.0.get(after.checked_sub(1)?)?.object.as_ref()
    }

    /// The version of that number.
    pub(super) fn version(&self, number: u64) -> Option<&Arc<Object>> {
        self.0.iter().filter_map(|state| state.object.as_ref()).find(|object| object.version == number)
    }

    pub(super) fn set(&mut self, from: VirtualInstant, object: Option<Arc<Object>>) {
        self.0.push(State { from, object });
    }

    /// Forgets the states that ended longer ago than `horizon`; whether nothing is left to know of the key.
    pub(super) fn forget(&mut self, now: VirtualInstant, horizon: Duration) -> bool {
        let oldest = VirtualInstant::ZERO + now.saturating_since(VirtualInstant::ZERO + horizon);
        // The last state that had begun by then was still in force.
        let first = self.0.partition_point(|state| state.from <= oldest).saturating_sub(1);
        self.0.drain(..first);
        matches!(&*self.0, [state] if state.object.is_none() && state.from <= oldest)
    }
}
