use cluster_sim::Outcome;
use cluster_sim_scenarios::edge_cache::{ApplyMode, EdgeCacheFile};
use rstest::rstest;

use crate::measured::{VIOLATIONS, changed, metric, quiet, run};

#[rstest]
fn edge_d22_without_chaos_and_roaming_no_seed_violates_anything(
    #[values(ApplyMode::LastArrival, ApplyMode::VersionGated)] apply_mode: ApplyMode,
) {
    for seed in 0..20 {
        let artifact = run(&EdgeCacheFile { seed, apply_mode, ..quiet() });
        assert_eq!(artifact.outcome, Outcome::Held, "seed {seed}");
        for name in VIOLATIONS {
            assert_eq!(metric(&artifact, name), 0.0, "{name} at seed {seed}");
        }
        assert_eq!(artifact.metrics_snapshot["first_violations"], serde_json::json!([]), "seed {seed}");
        // The control needs enough writes and reads that could have gone wrong.
        assert!(metric(&artifact, "reads_observed") >= 3_000.0 && metric(&artifact, "writes_total") >= 170.0, "seed {seed}");
        assert_eq!((artifact.traffic.lost(), metric(&artifact, "time_to_consistency_ms.unresolved")), (0, 0.0), "seed {seed}");
    }
}

#[test]
fn edge_d22_roaming_alone_violates_nothing() {
    for seed in 0..20 {
        let artifact = run(&changed(|file| (file.seed, file.roam_interval_ms) = (seed, 250)));
        for name in VIOLATIONS {
            assert_eq!(metric(&artifact, name), 0.0, "{name} at seed {seed}");
        }
    }
}
