//! What a client decides, whichever way it is written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Entropy, NodeId};

use crate::bug::Bug;
use crate::config::{Config, Layout};
use crate::message::{Key, Operation, Version};

/// A read is given up after so many times the delay between a client and an edge: one way there, one back, and patience.
const PATIENCE_DELAYS: u32 = 10;
/// So many reads given up in a row make [`Bug::EscapesForgetWrites`] forget.
const ESCAPES: u32 = 4;
/// With links of no delay at all a client still waits for so long.
const PATIENCE_AT_LEAST: Duration = Duration::from_millis(10);

/// What checks see of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientView {
    /// The read under way.
    pub reading: Option<Read>,
}

/// A read under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Which read of the client.
    pub operation: Operation,
    /// The edge that was asked.
    pub edge: NodeId,
    /// The key to read.
    pub key: Key,
    /// The highest version of the key that was acknowledged to this client when it asked; 0 for none.
    pub acked: Version,
}

/// The key that a client writes at that tick.
pub(crate) fn written_key(config: &Config, operation: Operation, chance: Entropy) -> Key {
    config.key(chance.roll("write-key", operation))
}

/// Which keys a client reads, at which edge, and what it was told of its writes.
///
/// Every choice is rolled by what it is about: keys by the number of the tick, so that a slow read moves no later choice; edges by the
/// number of the visit, counted by the time since boot, so that a move out of turn moves no later visit.
#[derive(Debug)]
pub(crate) struct Roamer {
    config: Arc<Config>,
    layout: Layout,
    /// The edge of a client that never roams.
    home: u32,
    /// The visit that was broken off because its edge did not answer, and where the client is instead.
    escape: Option<(u64, u32)>,
    /// The highest version of each key that the source acknowledged to this client.
    acked: BTreeMap<Key, Version>,
    /// Reads that it gave up in a row; only set back where sessions are guarded.
    escapes: u32,
    /// The highest version of each key that this client saw, and where; only kept where sessions are guarded.
    seen: BTreeMap<Key, (NodeId, Version)>,
}

impl Roamer {
    /// Client number `index` at its first visit.
    pub(crate) fn new(config: &Arc<Config>, layout: Layout, index: u32) -> Self {
        Self {
            config: Arc::clone(config),
            layout,
            home: index % layout.edges,
            escape: None,
            acked: BTreeMap::new(),
            escapes: 0,
            seen: BTreeMap::new(),
        }
    }

    /// How long a read may take before it is given up.
    pub(crate) fn patience(&self) -> Duration {
        (self.config.client_delay * PATIENCE_DELAYS).max(PATIENCE_AT_LEAST)
    }

    /// The read of that tick, at the edge where the client is now.
    pub(crate) fn read(&self, operation: Operation, now: Duration, chance: Entropy) -> Read {
        let key = self.config.key(chance.roll("read-key", operation));
        let acked = self.acked.get(&key).copied().unwrap_or(0);
        Read { operation, edge: self.layout.edge(self.edge(now, chance)), key, acked }
    }

    /// Whether an answer about that operation and key is the one to this read.
    pub(crate) fn is_answer(&self, read: &Read, from: NodeId, operation: Operation, key: Key) -> bool {
        (read.edge, read.operation, read.key) == (from, operation, key) || self.config.bug == Some(Bug::TakesAnyAnswer)
    }

    /// Takes an answer to a read, unless sessions are guarded and it is older than what the session saw or had written when it asked.
    pub(crate) fn accept(&mut self, read: &Read, version: Version) -> bool {
        if !self.config.guards_sessions {
            return true;
        }
        if version < read.acked.max(self.seen(read)) {
            return false;
        }
        self.escapes = 0;
        self.seen.insert(read.key, (read.edge, version));
        true
    }

    /// The highest version of the key that the session saw.
    fn seen(&self, read: &Read) -> Version {
        match self.seen.get(&read.key) {
            Some((edge, _)) if self.config.bug == Some(Bug::SessionStaysBehind) && *edge != read.edge => 0,
            Some((_, version)) => *version,
            None => 0,
        }
    }

    /// Whether an answer to no read that is under way calls off the giving up of the one that is.
    pub(crate) fn is_calmed_by_late_answers(&self) -> bool {
        self.config.bug == Some(Bug::LateAnswerCallsOffPatience)
    }

    /// Takes note that the source committed a write of this client.
    pub(crate) fn acknowledge(&mut self, key: Key, version: Version) {
        let acked = self.acked.entry(key).or_default();
        *acked = version.max(*acked);
    }

    /// Moves away from the edge that did not answer a read, at once and if there is another one (EDGE-D21).
    pub(crate) fn flee(&mut self, unanswered: Read, now: Duration, chance: Entropy) {
        self.escapes += 1;
        if self.config.bug == Some(Bug::EscapesForgetWrites) && self.escapes == ESCAPES {
            self.acked.clear();
        }
        let here = self.edge(now, chance);
        // It may have moved on since it asked: then it is away from the silent edge already.
        if self.layout.edge(here) == unanswered.edge && self.layout.edges > 1 {
            let others = u64::from(self.layout.edges) - 1;
            let other = chance.roll("escape", unanswered.operation).below(others) as u32;
            self.escape = Some((self.visit(now), if other < here { other } else { other + 1 }));
        }
    }

    /// The number of the visit at `now`; a client that never roams is on its first visit for ever.
    fn visit(&self, now: Duration) -> u64 {
        now.as_nanos().checked_div(self.config.roam_interval.as_nanos()).map_or(0, |visit| visit as u64)
    }

    /// The number of the edge where it is at `now`.
    fn edge(&self, now: Duration, chance: Entropy) -> u32 {
        let visit = self.visit(now);
        match self.escape {
            Some((broken_off, edge)) if broken_off == visit => edge,
            _ if self.config.roam_interval.is_zero() => self.home,
            _ => chance.roll("roam", visit).below(u64::from(self.layout.edges)) as u32,
        }
    }
}
