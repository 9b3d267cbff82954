use std::thread;

use cluster_sim::Seed;

use crate::{named, ready};

#[test]
fn edge_d09_a_report_is_equal_byte_for_byte_in_every_thread() {
    for (name, prepared) in ready() {
        let here = prepared.run().to_json();
        assert_eq!(named(&name).run().to_json(), here, "{name}");
        let there = thread::scope(|scope| scope.spawn(|| prepared.run().to_json()).join().expect("the run does not panic"));
        assert_eq!(there, here, "{name}");
    }
}

#[test]
fn edge_d09_another_seed_gives_another_report() {
    for (name, prepared) in ready() {
        let seed = Seed(prepared.seed().0 + 1);
        let (one, other) = (prepared.run(), prepared.with_seed(seed).run());
        assert_ne!(one.digest, other.digest, "{name}");
        let is_measured = !one.metrics_snapshot.is_null();
        assert_eq!(one.metrics_snapshot != other.metrics_snapshot, is_measured, "{name}");
        assert_ne!(one.signature, other.signature, "{name}");
        assert_ne!(one.to_json(), other.to_json(), "{name}");
    }
}

#[test]
fn edge_d09_consecutive_seeds_have_different_digests() {
    let mut digests: Vec<_> = (0..16).map(|seed| named("edge-cache-control").with_seed(Seed(seed)).run().digest).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 16);
}
