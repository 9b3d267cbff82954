//! A second, minimal implementation of the read checks, compared with the collector.

use std::collections::BTreeMap;

use cluster_sim::check::Change;
use cluster_sim::{Invariant, Seed, Verdict, World};
use cluster_sim_edge_cache::EdgeFact;
use serde_json::{Value, json};

use crate::random;

/// Checks every read as EDGE-D01 to EDGE-D05 state, with plain maps.
#[derive(Debug, Default)]
struct Oracle {
    /// The instants of commits by key, in nanoseconds.
    commits: BTreeMap<u32, Vec<u64>>,
    /// The highest observed version by client and key.
    seen: BTreeMap<(u32, u32), u32>,
    stale: u64,
    unacknowledged: u64,
    /// The distance of each violation in versions and milliseconds.
    rollbacks: Vec<(u32, u64)>,
}

impl Oracle {
    fn committed_at(&self, key: u32, version: u32) -> u64 {
        version.checked_sub(1).map_or(0, |index| self.commits[&key][index as usize])
    }

    fn count(&self, which: impl Fn(u32, u64) -> bool) -> usize {
        self.rollbacks.iter().filter(|(versions, milliseconds)| which(*versions, *milliseconds)).count()
    }
}

impl Invariant for Oracle {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact() {
            Some(EdgeFact::Committed { key, .. }) => {
                self.commits.entry(*key).or_default().push(world.now().as_nanoseconds());
            }
            Some(EdgeFact::Served { key, version, .. }) => {
                self.stale += u64::from((*version as usize) < self.commits.get(key).map_or(0, Vec::len));
            }
            Some(EdgeFact::Observed { key, version, acked, .. }) => {
                self.unacknowledged += u64::from(version < acked);
                let before = self.seen.get(&(change.node().0, *key)).copied().unwrap_or(0);
                if *version < before {
                    let gap = self.committed_at(*key, before) - self.committed_at(*key, *version);
                    self.rollbacks.push((before - version, gap / 1_000_000));
                }
                self.seen.insert((change.node().0, *key), before.max(*version));
            }
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        json!({
            "stale_reads": self.stale,
            "read_your_writes_violations": self.unacknowledged,
            "monotonic_violations": self.rollbacks.len(),
            "inversion_distance": {
                "micro_inversions": self.count(|versions, milliseconds| versions < 5 && milliseconds < 20),
                "temporal_buckets": {
                    "lt_5ms": self.count(|_, milliseconds| milliseconds < 5),
                    "ms5_20": self.count(|_, milliseconds| (5..=20).contains(&milliseconds)),
                    "ms21_100": self.count(|_, milliseconds| (21..=100).contains(&milliseconds)),
                    "gt_100ms": self.count(|_, milliseconds| milliseconds > 100),
                },
                "version_buckets": {
                    "v1": self.count(|versions, _| versions == 1),
                    "v2_5": self.count(|versions, _| (2..=5).contains(&versions)),
                    "v6_20": self.count(|versions, _| (6..=20).contains(&versions)),
                    "v21_plus": self.count(|versions, _| versions >= 21),
                },
            },
        })
    }
}

#[test]
fn edge_d01_to_d05_07_a_second_implementation_counts_alike() {
    let mut violations = 0;
    for number in 0..200 {
        let prepared = random::file(number).prepare().expect("a random file is a scenario");
        let scenario = prepared.scenario().clone().observe("oracle", Oracle::default);
        let report = scenario.run(Seed(number));
        let (collected, judged) = (&report.measured["edge-cache"], &report.measured["oracle"]);
        for (name, value) in judged.as_object().expect("an object") {
            assert_eq!(&collected[name], value, "{name} in run {number}");
        }
        violations += judged["monotonic_violations"].as_u64().expect("a number");
    }
    assert!(violations > 1_000, "{violations}");
}
