//! A collector driven from the test: what raises each counter, and what does not.

mod reads;
mod writes;

use std::time::Duration;

use cluster_sim_invariants::Incarnation;

use super::*;
use crate::fixture::{Cluster, LAYOUT, config, milliseconds};

const ROUTER: NodeId = Layout::ROUTER;
const SOURCE: NodeId = Layout::SOURCE;

/// A collector and its clock.
struct Run {
    collector: Collector,
    now: Duration,
}

impl Run {
    fn new() -> Self {
        Self::with(&config())
    }

    fn with(config: &Config) -> Self {
        Self { collector: Collector::new(config, LAYOUT), now: Duration::ZERO }
    }

    fn at(&mut self, at: u64) -> &mut Self {
        self.now = milliseconds(at);
        self
    }

    fn observe_change(&mut self, change: &Change) -> Verdict {
        let cluster = Cluster::at(self.now);
        self.collector.observe(change, &World::new(&cluster))
    }

    fn verdict(&mut self, node: NodeId, fact: EdgeFact) -> Verdict {
        self.observe_change(&Change::Fact(node, Box::new(fact)))
    }

    /// Reports a fact that violates nothing.
    fn report(&mut self, node: NodeId, fact: EdgeFact) -> &mut Self {
        assert_eq!(self.verdict(node, fact), Verdict::Holds);
        self
    }

    fn commit(&mut self, key: Key, version: Version) -> &mut Self {
        self.report(SOURCE, EdgeFact::Committed { key, version })
    }

    fn apply(&mut self, edge: u32, version: Version, previous: Version) -> &mut Self {
        self.report(LAYOUT.edge(edge), EdgeFact::Applied { key: 0, version, previous })
    }

    fn serve(&mut self, edge: u32, key: Key, version: Version) -> &mut Self {
        self.report(LAYOUT.edge(edge), EdgeFact::Served { client: LAYOUT.client(0), operation: 0, key, version })
    }

    fn observe(&mut self, client: u32, key: Key, version: Version, acked: Version) -> &mut Self {
        let edge = LAYOUT.edge(1);
        self.report(LAYOUT.client(client), EdgeFact::Observed { operation: 5, edge, key, version, acked })
    }

    fn health(&mut self, edge: u32, health: Health) -> &mut Self {
        assert_eq!(self.observe_change(&Change::Health(LAYOUT.edge(edge), health, Incarnation(0))), Verdict::Holds);
        self
    }

    fn finish(&mut self) -> Verdict {
        let cluster = Cluster::at(self.now);
        self.collector.finish(&World::new(&cluster))
    }

    /// Returns a counter by its dotted path.
    fn counter(&self, path: &str) -> f64 {
        let counters = self.collector.snapshot().counters();
        counters.into_iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("no counter {path}")).1
    }
}

/// Commits `versions` of key 0, one every millisecond from 1 ms on.
fn committed(versions: Version) -> Run {
    let mut run = Run::new();
    for version in 1..=versions {
        run.at(u64::from(version)).commit(0, version);
    }
    run
}
