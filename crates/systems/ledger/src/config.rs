//! The times, the load and the recovery of a ledger, and its planted bug.

use std::time::Duration;

use cluster_sim_node::NodeId;

use crate::bug::Bug;

/// The number of stores; they are the first nodes that a scenario declares.
pub const STORES: u32 = 3;

/// The stores that together decide: any two of the three.
pub(crate) const MAJORITY: usize = 2;

/// Whether a store believes a disk that it read, and found nothing wrong with.
///
/// It reads its disk at boot, and again after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recovery {
    /// It takes part at once: a sync that succeeded is believed.
    ///
    /// Survives any number of crashes at once. Of three disks one may lose or damage what it has, if checksums show it.
    #[default]
    OwnDisk,
    /// It has no vote until both others have told it what they have.
    ///
    /// Survives one disk of three that lies: that confirms syncs and writes that it loses, or goes back in time. In return a store
    /// that restarts has to wait for both others.
    BothOthers,
}

/// The times and the load of a ledger, and a bug to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The requests that a client makes in one life, one at a time; each second one is a read.
    pub requests: u64,
    /// The time between an answer and the next request.
    pub pause: Duration,
    /// The time a client waits for an answer before it asks the next store.
    pub answer_timeout: Duration,
    /// The time after which a client gives a request up; it stays open then whether a deposit takes effect.
    pub deadline: Duration,
    /// The time between two heartbeats of a primary, and between two attempts of all that stores repeat.
    pub heartbeat: Duration,
    /// How long a primary may answer reads by itself after it sent a heartbeat that a backup answered.
    ///
    /// Zero for never: then a backup must answer a heartbeat for each read, and no clock has a part in it.
    pub lease: Duration,
    /// The shortest time without word from a primary after which a store asks to be the next.
    ///
    /// The longest is twice that.
    ///
    /// Longer than [`promise`](Self::promise).
    pub election: Duration,
    /// Whether a store believes its disk.
    pub recovery: Recovery,
    /// The planted bug; `None` for a correct system.
    pub bug: Option<Bug>,
}

impl Default for Config {
    /// Twelve requests 20 ms apart, for links of 1 to 10 ms.
    fn default() -> Self {
        Self {
            requests: 12,
            pause: Duration::from_millis(20),
            answer_timeout: Duration::from_millis(60),
            deadline: Duration::from_secs(10),
            heartbeat: Duration::from_millis(20),
            lease: Duration::from_millis(80),
            election: Duration::from_millis(120),
            recovery: Recovery::default(),
            bug: None,
        }
    }
}

impl Config {
    /// Returns how long a store makes no new promise after it answered a heartbeat, or booted.
    ///
    /// Longer than the lease by a quarter: then clocks that run 10 percent too fast or too slow end no promise before its lease, as
    /// 1.1 / 0.9 < 1.25.
    pub fn promise(&self) -> Duration {
        self.lease + self.lease / 4
    }
}

/// Returns the store that leads an epoch.
pub fn primary_of(epoch: u64) -> NodeId {
    NodeId((epoch % u64::from(STORES)) as u32)
}

/// Returns the first epoch after `epoch` that a store leads.
pub(crate) fn next_epoch_of(store: NodeId, epoch: u64) -> u64 {
    let stores = u64::from(STORES);
    let ahead = (u64::from(store.0) + stores - epoch % stores) % stores;
    epoch + if ahead == 0 { stores } else { ahead }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_epoch_of_a_store_is_the_first_that_it_leads() {
        for (store, epoch) in (0..STORES).flat_map(|store| (0..9).map(move |epoch| (NodeId(store), epoch))) {
            let next = next_epoch_of(store, epoch);
            assert!(next > epoch && next <= epoch + u64::from(STORES) && primary_of(next) == store, "{store} {epoch} {next}");
        }
    }

    #[test]
    fn a_promise_outlasts_its_lease_on_clocks_that_drift_by_ten_percent() {
        let config = Config::default();
        assert!(config.promise() * 9 > config.lease * 11 && config.election > config.promise());
    }
}
