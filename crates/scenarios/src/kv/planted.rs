//! The key-value store for planted bugs.

use std::time::Duration;

use cluster_sim::fault::FaultKind;
use cluster_sim::{FaultProfile, LinkModel, Ratio};
use cluster_sim_kv::{Bug, Config};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};

/// The rule on what clients hear.
pub(super) const LINEARIZABLE: &str = "the store answers as one register per key";
/// The rule on the end of a run.
pub(super) const SETTLED: &str = "in the end all replicas have one log and all clients their answers";

/// Three replicas and three clients with more operations than the fault phase has time for.
///
/// Links lose a hundredth of all messages, copy another and hold a third back, so that a request can come long after its retry.
pub fn cluster(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config {
        operations: 150,
        pause: Duration::from_millis(10),
        answer_timeout: Duration::from_millis(30),
        attempts: 8,
        election: Duration::from_millis(60),
        bug,
        ..Config::default()
    };
    let hundredth = Ratio::percent(1);
    let reorder_window = Duration::from_millis(200);
    let links = LinkModel { loss: hundredth, duplicate: hundredth, reorder: hundredth, reorder_window, ..LinkModel::default() };
    let name = if style == NodeStyle::Async { "hunt-kv-async" } else { "hunt-kv" };
    let cluster = super::cluster(name, style, super::CLIENTS, config)
        .may_shrink("client")
        .default_links(links)
        .duration(Duration::from_secs(5))
        .stable_for(Duration::from_millis(200));
    BugHunt { cluster, profile: profile(), links: &["default"] }
}

/// Cuts, crashes, pauses and loss, each kind once a second on average, with no more than one replica down at once.
fn profile() -> FaultProfile {
    let kinds = [FaultKind::Cut, FaultKind::Crash, FaultKind::Pause, FaultKind::Loss];
    FaultProfile { mean_interval: Duration::from_secs(1), ..FaultProfile::default() }.only(kinds)
}

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::ReadsAsDeposedPrimary => Expected::new(LINEARIZABLE, 200, [2, 5]).operations(4),
        Bug::ReadsFromBackup => Expected::new(LINEARIZABLE, 20, [0, 0]).operations(13),
        Bug::ForgetsRequests => Expected::new(LINEARIZABLE, 200, [2, 13]).operations(14),
        Bug::JudgesTooEarly => Expected::new(LINEARIZABLE, 20, [0, 0]).operations(11),
        Bug::RemembersLastRequestOnly => Expected::new(LINEARIZABLE, 200, [0, 3]).operations(5),
    }
}
