//! What the small scenarios are put through.

use std::time::Duration;

use cluster_sim::{FaultProfile, LinkModel, Ratio, Scenario, Seed};

/// From this seed a rough second has everything in it that its scenarios say of themselves: crashes, pauses, cuts, losses and a copy.
pub(crate) const SEED: Seed = Seed(279);

/// This scenario, in which each seed draws faults of its own for one second, a fault of each kind twice on average, and in which one message
/// in a hundred is lost and one arrives twice, to the end.
pub(crate) fn smoke_second(scenario: Scenario) -> Scenario {
    let hundredth = Ratio::new(0.01).expect("a hundredth is a ratio");
    let profile = FaultProfile {
        mean_interval: Duration::from_millis(500),
        mean_duration: Duration::from_millis(150),
        ..FaultProfile::default()
    };
    scenario
        .default_links(LinkModel { loss: hundredth, duplicate: hundredth, ..LinkModel::default() })
        .chaos(profile)
        .duration(Duration::from_secs(1))
        .stable_for(Duration::from_millis(200))
}
