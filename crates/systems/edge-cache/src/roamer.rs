//! The decisions of a client, shared by both styles.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Entropy, NodeId};

use crate::bug::Bug;
use crate::config::{Config, Layout};
use crate::message::{CacheOperation, Key, Version};

/// The read timeout in units of the delay between a client and an edge: a round trip and slack.
const READ_TIMEOUT_DELAYS: u32 = 10;
/// Reads given up in a row after which [`Bug::EscapesForgetWrites`] forgets.
const ESCAPES_MAX: u32 = 4;
/// Reads given up in a row after which [`Bug::GivesUpReading`] reads no more.
const ATTEMPTS_MAX: u32 = 12;
/// How often [`Bug::SlowsDown`] doubles the time between reads.
const DOUBLINGS_MAX: u32 = 4;
/// The least read timeout, for links without delay.
const READ_TIMEOUT_MIN: Duration = Duration::from_millis(10);

/// The view of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientView {
    /// The read in progress.
    pub reading: Option<Read>,
}

/// A read that is not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The number of the read.
    pub operation: CacheOperation,
    /// The edge that was asked.
    pub edge: NodeId,
    /// The key.
    pub key: Key,
    /// The highest version of the key that was acknowledged to this client before the read; 0 for none.
    pub acked: Version,
}

/// Returns the key of a client's write.
pub(crate) fn written_key(config: &Config, operation: CacheOperation, entropy: Entropy) -> Key {
    config.key(entropy.roll("write-key", operation))
}

/// Chooses keys and edges, and keeps the versions that the client has read and written.
///
/// Each choice is rolled by its subject: keys by the number of the tick, so a slow read shifts no later key; edges by the number
/// of the visit, which follows from the time since boot, so an unplanned move shifts no later visit.
#[derive(Debug)]
pub(crate) struct Roamer {
    config: Arc<Config>,
    layout: Layout,
    /// The edge of a client that never roams.
    home: u32,
    /// The visit that was cut short because its edge did not answer, and the edge visited instead.
    escape: Option<(u64, u32)>,
    /// The highest version of each key that the source acknowledged to this client.
    acked: BTreeMap<Key, Version>,
    /// Reads given up in a row; reset only if sessions are guarded.
    escapes: u32,
    /// Reads given up in this life.
    given_up: u32,
    /// The highest version of each key that this client read, and its edge; kept if sessions are guarded.
    seen: BTreeMap<Key, (NodeId, Version)>,
}

impl Roamer {
    /// Creates client number `index` at its first visit.
    pub(crate) fn new(config: &Arc<Config>, layout: Layout, index: u32) -> Self {
        Self {
            config: Arc::clone(config),
            layout,
            home: index % layout.edges,
            escape: None,
            acked: BTreeMap::new(),
            escapes: 0,
            given_up: 0,
            seen: BTreeMap::new(),
        }
    }

    /// Returns the time after which an unanswered read is given up.
    pub(crate) fn read_timeout(&self) -> Duration {
        (self.config.client_delay * READ_TIMEOUT_DELAYS).max(READ_TIMEOUT_MIN)
    }

    /// Returns whether the read of tick `operation` is left out.
    pub(crate) fn skips(&self, operation: CacheOperation) -> bool {
        match self.config.bug {
            Some(Bug::GivesUpReading) => self.escapes >= ATTEMPTS_MAX,
            Some(Bug::SlowsDown) => !operation.is_multiple_of(1 << self.given_up.min(DOUBLINGS_MAX)),
            _ => false,
        }
    }

    /// Starts the read of tick `operation` at the current edge.
    pub(crate) fn read(&self, operation: CacheOperation, now: Duration, entropy: Entropy) -> Read {
        let key = self.config.key(entropy.roll("read-key", operation));
        let acked = self.acked.get(&key).copied().unwrap_or(0);
        Read { operation, edge: self.layout.edge(self.edge(now, entropy)), key, acked }
    }

    /// Returns whether an answer from `from` about `operation` and `key` answers this read.
    pub(crate) fn is_answer(&self, read: &Read, from: NodeId, operation: CacheOperation, key: Key) -> bool {
        (read.edge, read.operation, read.key) == (from, operation, key) || self.config.bug == Some(Bug::TakesAnyAnswer)
    }

    /// Accepts the version of an answer; returns false if it must be rejected.
    ///
    /// Only guarded sessions reject: an answer older than what the session had read, or written before the read.
    pub(crate) fn accept(&mut self, read: &Read, version: Version) -> bool {
        if !self.config.guards_sessions {
            return true;
        }
        if version < read.acked.max(self.max_seen(read)) {
            return false;
        }
        self.escapes = 0;
        self.seen.insert(read.key, (read.edge, version));
        true
    }

    /// Returns the highest version of the key that the session has read.
    fn max_seen(&self, read: &Read) -> Version {
        match self.seen.get(&read.key) {
            Some((edge, _)) if self.config.bug == Some(Bug::SessionStaysBehind) && *edge != read.edge => 0,
            Some((_, version)) => *version,
            None => 0,
        }
    }

    /// Returns whether a late answer cancels the timeout of the read in progress.
    pub(crate) fn late_answers_cancel_timeout(&self) -> bool {
        self.config.bug == Some(Bug::LateAnswerCallsOffPatience)
    }

    /// Records the acknowledgement of a write.
    pub(crate) fn acknowledge(&mut self, key: Key, version: Version) {
        let acked = self.acked.entry(key).or_default();
        *acked = version.max(*acked);
    }

    /// Leaves the edge of an unanswered read at once, if there is another edge (EDGE-D21).
    pub(crate) fn escape(&mut self, unanswered: Read, now: Duration, entropy: Entropy) {
        self.escapes += 1;
        self.given_up += 1;
        if self.config.bug == Some(Bug::EscapesForgetWrites) && self.escapes == ESCAPES_MAX {
            self.acked.clear();
        }
        let current = self.edge(now, entropy);
        // If the client has roamed since the read, it has left the silent edge already.
        if self.layout.edge(current) == unanswered.edge && self.layout.edges > 1 {
            let others = u64::from(self.layout.edges) - 1;
            let other = entropy.roll("escape", unanswered.operation).below(others) as u32;
            self.escape = Some((self.visit(now), if other < current { other } else { other + 1 }));
        }
    }

    /// Returns the number of the visit at `now`; always 0 for a client that never roams.
    fn visit(&self, now: Duration) -> u64 {
        now.as_nanos().checked_div(self.config.roam_interval.as_nanos()).map_or(0, |visit| visit as u64)
    }

    /// Returns the number of the edge visited at `now`.
    fn edge(&self, now: Duration, entropy: Entropy) -> u32 {
        let visit = self.visit(now);
        match self.escape {
            Some((cut_short, edge)) if cut_short == visit => edge,
            _ if self.config.roam_interval.is_zero() => self.home,
            _ => entropy.roll("roam", visit).below(u64::from(self.layout.edges)) as u32,
        }
    }
}
