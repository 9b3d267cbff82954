//! The faults and links of the small scenarios.

use std::time::Duration;

use cluster_sim::fault::FaultKind;
use cluster_sim::{FaultProfile, LinkModel, Ratio, Scenario, Seed};

/// A seed from which one second has all that the scenarios promise and a profile draws, and a copied message.
pub(crate) const SEED: Seed = Seed(2558);

/// Lets each seed draw faults for one second, each kind twice on average; 1 percent of messages are lost and 1 percent copied, to the end.
pub(crate) fn smoke_second(scenario: Scenario) -> Scenario {
    let hundredth = Ratio::percent(1);
    scenario
        .default_links(LinkModel { loss: hundredth, duplicate: hundredth, ..LinkModel::default() })
        .chaos(profile())
        .duration(Duration::from_secs(1))
        .stable_for(Duration::from_millis(200))
}

/// The faults of one second: each kind twice on average.
pub(crate) fn profile() -> FaultProfile {
    FaultProfile { mean_interval: Duration::from_millis(500), mean_duration: Duration::from_millis(150), ..FaultProfile::default() }
}

/// The faults of the clusters with planted bugs: crashes, pauses, cuts and loss, on any number of nodes at once.
///
/// The seeds within which each bug must be found were fixed under these.
pub(crate) fn planted_profile() -> FaultProfile {
    let kinds = [FaultKind::Cut, FaultKind::Crash, FaultKind::Pause, FaultKind::Loss];
    FaultProfile::default().only(kinds).at_most_down(u32::MAX)
}
