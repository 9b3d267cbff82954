use cluster_sim::Outcome;
use cluster_sim_scenarios::edge_cache::{ApplyMode, EdgeCacheFile, SourceLagPolicy};
use rstest::rstest;

use crate::measured::{changed, metric, run};

/// A router that stalls for 400 ms in each second, and a source with 200 writes a second.
fn stalling(source_fanout_capacity: u32, source_lag_policy: SourceLagPolicy) -> EdgeCacheFile {
    changed(|file| {
        (file.mutation_rate_per_sec, file.source_fanout_capacity) = (200.0, source_fanout_capacity);
        (file.chaos.burst_lag_ms, file.chaos.source_lag_policy) = (Some(400), source_lag_policy);
    })
}

#[test]
fn edge_40_d13_a_subscription_overflows_if_a_stall_exceeds_it() {
    let skipped = |capacity| metric(&run(&stalling(capacity, SourceLagPolicy::ObserveAndContinue)), "source_messages_skipped");
    assert_eq!(skipped(1_024), 0.0);
    assert!(skipped(64) > 0.0 && skipped(8) > skipped(64), "{} and {}", skipped(8), skipped(64));
}

#[test]
fn edge_d12_fail_run_ends_a_lagging_run_with_exit_code_1() {
    let artifact = run(&stalling(8, SourceLagPolicy::FailRun));
    assert_eq!((artifact.outcome, artifact.outcome.exit_code()), (Outcome::Violated, 1));
    let messages: Vec<&str> = artifact.violations.iter().map(|violation| violation.message.as_str()).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].starts_with("source_lag_policy is FailRun, and "), "{}", messages[0]);
    // The run ends with the first stall that overflowed.
    assert!(artifact.ended_at_ns < 1_400_000_000, "{}", artifact.ended_at_ns);
    assert_eq!(metric(&artifact, "source_lags"), 1.0);
    assert!(!artifact.last_events.is_empty());
}

#[test]
fn edge_d12_fail_run_has_no_effect_without_lag() {
    let artifact = run(&stalling(1_024, SourceLagPolicy::FailRun));
    assert_eq!((artifact.outcome, artifact.ended_at_ns), (Outcome::Held, 10_000_000_000));
}

#[test]
fn edge_d12_resync_from_source_recovers_skipped_messages() {
    let observed = run(&stalling(8, SourceLagPolicy::ObserveAndContinue));
    let resynced = run(&stalling(8, SourceLagPolicy::ResyncFromSource));
    for name in ["source_lags", "source_messages_skipped", "writes_total"] {
        assert_eq!(metric(&observed, name), metric(&resynced, name), "{name}");
    }
    assert_eq!(metric(&observed, "resyncs"), 0.0);
    assert_eq!(metric(&resynced, "resyncs"), 3.0 * metric(&resynced, "source_lags"));
    for name in ["stale_reads", "staleness.age_ms.max", "time_to_consistency_ms.unresolved"] {
        assert!(metric(&resynced, name) < metric(&observed, name), "{name}");
    }
}

fn reordered(apply_mode: ApplyMode) -> EdgeCacheFile {
    changed(|file| {
        (file.chaos.delay_ms, file.chaos.reorder_rate, file.chaos.loss_rate) = (50, 0.3, 0.1);
        (file.key_count, file.mutation_rate_per_sec, file.apply_mode) = (4, 100.0, apply_mode);
    })
}

#[rstest]
fn edge_d16_version_gated_edges_roll_back_in_no_seed(#[values(1, 2, 3)] seed: u64) {
    let gated = run(&EdgeCacheFile { seed, ..reordered(ApplyMode::VersionGated) });
    assert_eq!(metric(&gated, "rolled_back"), 0.0);
    assert!(metric(&gated, "refetches") > 0.0);
    // Without roaming, only a rollback can show a client an older version.
    assert_eq!(metric(&gated, "monotonic_violations"), 0.0);
}

#[test]
fn edge_d16_last_arrival_edges_roll_back_and_never_refetch() {
    let overwritten = run(&reordered(ApplyMode::LastArrival));
    assert!(metric(&overwritten, "rolled_back") > 0.0 && metric(&overwritten, "monotonic_violations") > 0.0);
    assert_eq!(metric(&overwritten, "refetches"), 0.0);
    assert_eq!(overwritten.scenario["apply_mode"], "last_arrival");
}
