//! A replica takes the state of another in place of its own.

use cluster_sim_replicated_log::LogEvent;

use super::catch_up::Missing;
use super::{Group, tell_opened};
use crate::partition::PartitionState;

impl Group {
    /// Takes a snapshot of another replica, which the replication log received in place of entries.
    pub(super) fn on_snapshot(&mut self, index: u64, state: &[u8]) {
        match PartitionState::from_snapshot(state) {
            Ok(state) => self.to_install = Some((index, state)),
            Err(error) => self.view.error = Some(format!("the snapshot of another broker: {error}")),
        }
        self.view.is_catching_up = true;
    }

    /// Returns what is to be fetched for a snapshot that waits.
    pub(super) fn missing(&mut self) -> Option<Box<Missing>> {
        let (index, state) = self.to_install.take()?;
        // Entries from before the snapshot are part of it.
        self.committed.retain(|entry| entry.position.index > index);
        let id = self.broker.node.id();
        let peers = self.broker.config.brokers.iter().copied().filter(|peer| *peer != id).collect();
        let archive = self.archive();
        Some(Box::new(Missing { index, state, partition: self.partition, peers, archive, node: self.broker.node.clone() }))
    }

    /// Goes on with the state of a snapshot.
    pub(super) fn on_installed(&mut self, missing: Missing) {
        let Missing { index, state, .. } = missing;
        self.state = state;
        self.checkpoint_index = index;
        self.checkpoint_shipped = self.state.shipped();
        self.view.applied = index;
        self.view.is_catching_up = self.to_install.is_some();
        let end = self.view.end;
        tell_opened(&self.broker, self.partition, end, &self.state);
        self.handle(LogEvent::Installed { index });
    }
}
