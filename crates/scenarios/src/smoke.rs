//! The faults and links of the small scenarios.

use std::time::Duration;

use cluster_sim::{FaultProfile, LinkModel, Ratio, Scenario, Seed};

/// A seed from which one second has all that the scenarios promise: crashes, pauses, cuts, losses and a copied message.
pub(crate) const SEED: Seed = Seed(279);

/// Lets each seed draw faults for one second, each kind twice on average; 1 percent of messages are lost and 1 percent copied, to the end.
pub(crate) fn smoke_second(scenario: Scenario) -> Scenario {
    let hundredth = Ratio::percent(1);
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
