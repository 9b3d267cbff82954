//! Random scenario files that cover every option of the format.

use cluster_sim::node::Entropy;
use cluster_sim_scenarios::edge_cache::{ApplyMode, Chaos, EdgeCacheFile, Keys, Seconds, SourceLagPolicy, Step, TimedStep};

/// Rolls by name.
struct Choices(Entropy);

impl Choices {
    /// A whole number from `least` to `most`.
    fn whole(&self, name: &str, least: u64, most: u64) -> u64 {
        least + self.0.roll(name, 0).below(most - least + 1)
    }

    /// A number from 0 to `most`; 0 in one case of four, `most` in another.
    fn edged(&self, name: &str, most: f64) -> f64 {
        match self.0.roll(name, 0).below(4) {
            0 => 0.0,
            1 => most,
            _ => most * self.0.roll(name, 1).share(),
        }
    }

    fn one_of<T: Copy>(&self, name: &str, choices: &[T]) -> T {
        *self.0.roll(name, 0).pick(choices).expect("there is a choice")
    }

    /// Step number `index`, at a multiple of half a second, so that some share their instant.
    fn step(&self, index: u64, edges: u64, duration: u64) -> TimedStep {
        let roll = |name: &str| self.0.roll(name, index);
        let edge_id = roll("step-edge").below(edges) as u32;
        let step = match roll("step").below(4) {
            0 => Step::IncreaseMutationRate { rate_per_sec: 200.0 * roll("step-rate").share() },
            1 => Step::DropInvalidationsPercent { percent: 100.0 * roll("step-percent").share() },
            2 => {
                let duration_ms = 1 + roll("step-lasting").below(2_000);
                Step::PartitionEdge { edge_id, duration_ms: (duration_ms % 3 > 0).then_some(duration_ms) }
            }
            _ => Step::KillEdgeNode { edge_id },
        };
        TimedStep { at_secs: Seconds(roll("step-at").below(2 * duration + 1) as f64 / 2.0), step }
    }
}

/// The file with this number.
pub(crate) fn file(number: u64) -> EdgeCacheFile {
    let choices = Choices(Entropy::from_key(number));
    let (edges, duration) = (choices.whole("edges", 1, 6), choices.whole("duration", 1, 3));
    let steps = choices.whole("steps", 0, 4);
    EdgeCacheFile {
        seed: number,
        duration_secs: Seconds(duration as f64),
        edge_count: edges as u32,
        client_count: choices.whole("clients", 1, 12) as u32,
        mutation_rate_per_sec: 5.0 + choices.edged("mutation", 195.0),
        chaos: Chaos {
            delay_ms: choices.one_of("delay", &[0, 1, 10, 50, 200]),
            loss_rate: choices.edged("loss", 1.0),
            reorder_rate: choices.edged("reorder", 1.0),
            partition_duration_ms: choices.whole("partition", 1, 1_500),
            burst_lag_ms: choices.one_of("burst", &[None, None, Some(50), Some(700), Some(2_500)]),
            source_lag_policy: choices.one_of(
                "policy",
                &[SourceLagPolicy::ObserveAndContinue, SourceLagPolicy::ResyncFromSource, SourceLagPolicy::FailRun],
            ),
        },
        steps: (0..steps).map(|index| choices.step(index, edges, duration)).collect(),
        source_fanout_capacity: choices.one_of("capacity", &[1, 16, 1_024]),
        key_count: choices.one_of("keys", &[1, 8, 128]),
        key_distribution: choices.one_of("distribution", &[Keys::Uniform, Keys::Zipf(0.99)]),
        reads_per_client_per_sec: choices.edged("reads", 100.0),
        writes_per_client_per_sec: choices.edged("writes", 10.0),
        roam_interval_ms: choices.one_of("roam", &[0, 20, 250]),
        client_delay_ms: choices.one_of("near", &[0, 1, 30]),
        apply_mode: choices.one_of("mode", &[ApplyMode::LastArrival, ApplyMode::VersionGated]),
        ..EdgeCacheFile::example()
    }
}
