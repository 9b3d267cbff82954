use cluster_sim::check::Change;
use cluster_sim::{Invariant, Seed, Verdict, World};
use cluster_sim_edge_cache::EdgeFact;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// Records commits of the source, and reads with the version that edges served; in nanoseconds.
#[derive(Default)]
struct CommitsAndReads {
    committed: Vec<u64>,
    served: Vec<(u64, u32)>,
}

impl Invariant for CommitsAndReads {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let now = world.now().as_nanoseconds();
        match change.fact() {
            Some(EdgeFact::Committed { .. }) => self.committed.push(now),
            Some(EdgeFact::Served { version, .. }) => self.served.push((now, *version)),
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.served.len() as u64
    }

    fn measured(&self) -> Value {
        json!([self.committed, self.served])
    }
}

fn commits_and_reads(file: &EdgeCacheFile) -> (Vec<u64>, Vec<(u64, u32)>) {
    let observed = file.prepare().unwrap().scenario().clone().observe("commits and reads", CommitsAndReads::default);
    serde_json::from_value(observed.run(Seed(42)).measured["commits and reads"].clone()).unwrap()
}

#[rstest]
#[case::of_a_write_of_that_instant(0)]
#[case::of_an_earlier_write(50)]
fn edge_d23_at_one_instant_a_delivery_comes_before_a_read(#[case] delay_ms: u64) {
    // One client, one edge, one key, no writes.
    let mut file = EdgeCacheFile::example();
    (file.edge_count, file.client_count, file.key_count, file.duration_secs) = (1, 1, 1, Seconds(5.0));
    (file.mutation_rate_per_sec, file.writes_per_client_per_sec) = (0.0, 0.0);
    file.chaos = Chaos { delay_ms, loss_rate: 0.0, reorder_rate: 0.0, ..file.chaos };
    file.steps = Vec::new();
    let (_, served) = commits_and_reads(&file);
    let (read_at, _) = *served.iter().find(|(at, _)| *at > 2_000_000_000).unwrap();

    // Run again with a write that reaches the edge at the instant of that read: one write per second, from a second earlier on.
    let committed_at = read_at - delay_ms * 1_000_000;
    let at_secs = Seconds((committed_at - 1_000_000_000) as f64 / 1e9);
    file.steps = vec![TimedStep { at_secs, step: Step::IncreaseMutationRate { rate_per_sec: 1.0 } }];
    let (committed, served) = commits_and_reads(&file);

    assert_eq!(committed[0], committed_at, "the write is at the planned instant");
    assert!(served.contains(&(read_at, 1)), "the read at {read_at} ns saw the write: {served:?}");
    assert!(served.iter().all(|(at, version)| *at >= read_at || *version == 0), "no earlier read saw it");
}
