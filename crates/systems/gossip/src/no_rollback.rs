//! The rule that a node never goes back to an older value, and how fast values spread.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Invariant, NodeId, Verdict, VirtualInstant, World};
use cluster_sim_metrics::{Counter, Histogram};
use serde::Serialize;
use serde_json::{Value, json};

use crate::message::Newest;

/// Checks that the newest value of a node never decreases within a life, and measures its spread.
///
/// Right for every gossip system, whatever happens to its nodes and links. Holds one entry per node and one per value.
/// `times_checked` counts how often a node learned a newer value.
#[derive(Debug, Default)]
pub struct NoRollback {
    /// The newest value of each live node at its last change.
    known: BTreeMap<NodeId, Newest>,
    /// The instant at which the first node knew a value.
    news: BTreeMap<Newest, VirtualInstant>,
    learned: Counter,
    spread: Histogram,
}

/// The measurements of [`NoRollback`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Values that any node knew.
    pub news: Counter,
    /// How often a node learned a value newer than its own.
    pub learned: Counter,
    /// The time from the first node that knew a value to each other node that learned it.
    pub spread_ms: Spread,
}

/// The distribution of spread times in milliseconds; `None` if no value spread.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    /// The median.
    pub p50_ms: Option<f64>,
    /// The 99th percentile.
    pub p99_ms: Option<f64>,
    /// The maximum.
    pub max_ms: Option<f64>,
}

impl NoRollback {
    fn check(&mut self, node: NodeId, newest: Newest, world: &World<'_>) -> Verdict {
        let before = self.known.insert(node, newest);
        match before {
            Some(before) if newest < before => {
                let name = world.name(node);
                Verdict::violated(
                    [node],
                    format!("{name} knew of {:#x}, and knows of nothing newer than {:#x}", before.0, newest.0),
                )
            }
            Some(before) if newest == before => Verdict::Holds,
            _ => {
                self.learn(newest, world.now());
                Verdict::Holds
            }
        }
    }

    fn learn(&mut self, newest: Newest, now: VirtualInstant) {
        self.learned.increment();
        match self.news.get(&newest) {
            Some(first) => self.spread.record(now - *first),
            None => drop(self.news.insert(newest, now)),
        }
    }

    fn measurements(&self) -> Measured {
        let milliseconds = |time: Option<Duration>| time.map(|time| time.as_nanos() as f64 / 1e6);
        let mut news = Counter::new();
        news.add(self.news.len() as u64);
        Measured {
            news,
            learned: self.learned,
            spread_ms: Spread {
                p50_ms: milliseconds(self.spread.percentile(50.0)),
                p99_ms: milliseconds(self.spread.percentile(99.0)),
                max_ms: milliseconds(self.spread.max()),
            },
        }
    }
}

impl Invariant for NoRollback {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        // A crash erases the memory of a node, so its next life starts over.
        if let Change::Health(_, Health::Down | Health::Killed, _) = change {
            self.known.remove(&node);
            return Verdict::Holds;
        }
        match world.view::<Newest>(node) {
            Some(newest) => self.check(node, *newest, world),
            None => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.learned.get()
    }

    fn measured(&self) -> Value {
        json!(self.measurements())
    }
}
