use cluster_sim::{Change, Invariant, Seed, Verdict, World};
use cluster_sim_edge_cache::EdgeFact;
use serde_json::{Value, json};

use super::*;

/// Notes when edges answered reads, in nanoseconds.
#[derive(Default)]
struct Served(Vec<u64>);

impl Invariant for Served {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if matches!(change.fact(), Some(EdgeFact::Served { .. })) {
            self.0.push(world.now().as_nanoseconds());
        }
        Verdict::Holds
    }

    fn witnesses(&self) -> u64 {
        self.0.len() as u64
    }

    fn measured(&self) -> Value {
        json!(self.0)
    }
}

#[test]
fn edge_d23_at_one_instant_a_delivery_comes_before_a_read() {
    // One client, one edge, one key, and nothing written.
    let mut file = EdgeCacheFile::example();
    (file.edge_count, file.client_count, file.key_count, file.duration_secs) = (1, 1, 1, Seconds(5.0));
    (file.mutation_rate_per_sec, file.writes_per_client_per_sec) = (0.0, 0.0);
    file.chaos = Chaos { delay_ms: 0, loss_rate: 0.0, reorder_rate: 0.0, ..file.chaos };
    file.steps = Vec::new();
    let watched = file.prepare().unwrap().scenario().clone().observe("served", Served::default);
    let report = watched.run(Seed(42));
    let served: Vec<u64> = serde_json::from_value(report.measured["served"].clone()).unwrap();
    let read_at = *served.iter().find(|at| **at > 2_000_000_000).unwrap();

    // The same once more, with a write at the very instant of a read: one a second from a second earlier on.
    let at_secs = Seconds((read_at - 1_000_000_000) as f64 / 1e9);
    file.steps = vec![TimedStep { at_secs, step: Step::IncreaseMutationRate { rate_per_sec: 1.0 } }];
    let artifact = run(&file).unwrap();

    let metric = |asked: &str| artifact.metrics().into_iter().find(|(name, _)| name == asked).and_then(|(_, value)| value);
    assert!(metric("writes_total") > Some(0.0));
    assert_eq!(metric("stale_reads"), Some(0.0), "the read at {read_at} ns saw the write of that instant");
}
