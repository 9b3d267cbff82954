//! The rule that nobody forgets, and how fast news spreads.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Invariant, NodeId, Verdict, VirtualInstant, World};
use cluster_sim_metrics::{Counter, Histogram};
use serde::Serialize;
use serde_json::{Value, json};

use crate::rumour::Newest;

/// Holds what a node knows against what it knew, and measures how long news takes to reach it.
#[derive(Debug, Default)]
pub struct Memory {
    /// The newest that each living node knew when it was last looked at.
    known: BTreeMap<NodeId, Newest>,
    /// When anybody knew of a piece of news first.
    news: BTreeMap<Newest, VirtualInstant>,
    learned: Counter,
    spread: Histogram,
}

/// What a [`Memory`] measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Pieces of news that anybody knew of.
    pub news: Counter,
    /// How often a node heard of something newer than it knew.
    pub learned: Counter,
    /// From the first node that knew to another one that heard of it, in milliseconds.
    pub spread_ms: Spread,
}

/// How long news took, in milliseconds; nothing where nobody heard of any.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    /// Half of the times it took no longer.
    pub p50_ms: Option<f64>,
    /// Ninety-nine times in a hundred it took no longer.
    pub p99_ms: Option<f64>,
    /// It never took longer.
    pub max_ms: Option<f64>,
}

impl Memory {
    fn look(&mut self, node: NodeId, newest: Newest, world: &World<'_>) -> Verdict {
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

impl Invariant for Memory {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        // A crash takes what a node knows, and the next life begins anew.
        if let Change::Health(_, Health::Down | Health::Killed, _) = change {
            self.known.remove(&node);
            return Verdict::Holds;
        }
        match world.view::<Newest>(node) {
            Some(newest) => self.look(node, *newest, world),
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
