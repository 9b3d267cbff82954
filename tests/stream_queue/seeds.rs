//! S01–S12 from other seeds than the fixed ones: ten fresh ones for each revision of the code, and a thousand in the soak profile.

use std::process::Command;

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::numbered;
use rstest::rstest;

/// The first seed of this revision: the first 15 digits of its hash; 0 outside of a repository.
fn of_revision() -> u64 {
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("git").args(["-C", folder, "rev-parse", "HEAD"]).output();
    let hash = output.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    hash.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

#[rstest]
fn ten_fresh_seeds_of_this_revision_hold(
    #[values("s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11", "s12")] name: &str,
) {
    let first = of_revision();
    println!("{name}: ten seeds from {}", Seed(first));
    numbered(name).sweep(first..first + 10).assert_ok();
}

#[rstest]
fn soak_a_thousand_seeds_hold(
    #[values("s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11", "s12")] name: &str,
) {
    numbered(name).sweep(0..1_000).assert_ok();
}
