//! The edge cache for planted bugs, with its strictest promises: gated edges, guarded sessions.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim::net::{Distribution, StaleDelivery};
use cluster_sim::{Boot, LinkModel, Scenario, VirtualInstant, World};
use cluster_sim_edge_cache::rules::{
    Acknowledgements, Answers, BoundedWaits, MonotonicReads, NoRollback, OnlyCommitted, OwnVersions, PromptCommits, ReadYourWrites,
    RecoveryPace, ServesHeld,
};
use cluster_sim_edge_cache::{
    ApplyMode, Bug, Client, Config, Edge, EdgeView, KeyDistribution, KeyTable, LagPolicy, Layout, Router, Source, SourceView,
    client,
};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};

use crate::smoke::planted_profile;

use super::groups::{CLIENT, EDGE, INVALIDATIONS, ROUTER, SOURCE};

pub(super) const ANSWERS: &str = "a client reads what an edge served to it";
pub(super) const ROLLBACKS: &str = "an edge never goes back";
pub(super) const ACKNOWLEDGEMENTS: &str = "a write is acknowledged with what it became";
pub(super) const MONOTONIC_READS: &str = "reads never go back in a session";
pub(super) const READ_YOUR_WRITES: &str = "a session reads what it wrote";
pub(super) const BOUNDED_WAITS: &str = "no read waits for ever";
pub(super) const ONLY_COMMITTED: &str = "an edge holds only what was committed";
pub(super) const SERVES_HELD: &str = "an edge serves what it holds";
pub(super) const OWN_VERSIONS: &str = "each acknowledged write is a version of its own";
pub(super) const PROMPT_COMMITS: &str = "in the recovery phase a commit is soon at every edge";
pub(super) const RECOVERY_PACE: &str = "in the recovery phase a client reads and writes at its pace";
pub(super) const CONVERGENCE: &str = "every edge comes to hold what the source holds";

const LAYOUT: Layout = Layout { edges: 2, clients: 2 };
/// A client waits ten times this for an answer; over links of up to 10 ms one takes at most 20 ms.
const CLIENT_DELAY: Duration = Duration::from_millis(3);

/// The length of the fault phase.
const FAULT_PHASE: Duration = Duration::from_secs(5);

/// The time to judge begins when messages of the fault phase have arrived, and ends before the run does.
const RECOVERED_FROM: VirtualInstant = VirtualInstant::from_nanoseconds(5_100_000_000);
const RECOVERED_WINDOW: Duration = Duration::from_millis(1_500);
/// How long the router stalls once a second.
const STALL: Duration = Duration::from_millis(150);
/// The messages that wait for a stalled router before the oldest are skipped; on average 2.7 come.
const FANOUT_CAPACITY: usize = 2;
/// A fetch takes at most this, which is longer than the time between two writes of a key.
const FETCH: Duration = Duration::from_millis(200);
/// A stall, two messages of 10 ms at most, a fetch, and slack.
const PROMPT: Duration = Duration::from_millis(400);

/// The link classes.
const LINKS: &[&str] =
    &["default", "feed", INVALIDATIONS, "refetches", "refetched", "reads", "answers", "writes", "acknowledgements"];

/// The rates of writes and reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Workload {
    /// Writes per second that the source makes by itself.
    pub mutations_per_sec: f64,
    /// Reads per second of each client.
    pub reads_per_sec: f64,
    /// Writes per second of each client.
    pub writes_per_sec: f64,
}

impl Default for Workload {
    /// 10 writes per second of the source, 40 reads and 4 writes per second of each client.
    fn default() -> Self {
        Self { mutations_per_sec: 10.0, reads_per_sec: 40.0, writes_per_sec: 4.0 }
    }
}

/// A source without faults, a router, two edges and two clients, over three keys.
///
/// Clients move to another edge every 250 ms. The router stalls once a second, and if it then skips messages the edges fetch
/// snapshots.
pub fn cluster(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    cluster_with_workload(Workload::default(), style, bug)
}

/// The edge cache under another workload.
///
/// Without reads or writes some rules have nothing to judge and are unknown; a stale entry that no write follows may stay stale.
pub fn cluster_with_workload(workload: Workload, style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Arc::new(config(workload, bug));
    let [for_source, for_router, for_edge, for_client, for_rules] = [&config; 5].map(Arc::clone);
    let scenario = Scenario::new(match style {
        NodeStyle::Machine => "hunt-edge-cache",
        NodeStyle::Async => "hunt-edge-cache-async",
    });
    let servers = scenario
        .machines(SOURCE, 1, move |node: &Boot| Source::boot(&for_source, LAYOUT, node))
        .machines(ROUTER, 1, move |node: &Boot| Router::boot(&for_router, LAYOUT, node))
        .machines(EDGE, LAYOUT.edges, move |node: &Boot| Edge::boot(&for_edge, LAYOUT, node));
    let nodes = match style {
        NodeStyle::Machine => servers.machines(CLIENT, LAYOUT.clients, move |node: &Boot| Client::boot(&for_client, LAYOUT, node)),
        NodeStyle::Async => servers.nodes(CLIENT, LAYOUT.clients, move |node| client(node, Arc::clone(&for_client), LAYOUT)),
    };
    let cluster =
        with_rules(with_links(nodes), for_rules).may_shrink(CLIENT).duration(FAULT_PHASE).stable_for(Duration::from_millis(10));
    // The source keeps committed writes in memory only, so the system does not claim to survive a crash of it.
    let profile = planted_profile().sparing([SOURCE]).never_cutting([SOURCE]);
    BugHunt { cluster, profile, links: LINKS }
}

fn config(workload: Workload, bug: Option<Bug>) -> Config {
    Config {
        key_count: 3,
        key_distribution: KeyDistribution::Uniform,
        mutation_rate_per_sec: workload.mutations_per_sec,
        rate_changes: Vec::new(),
        source_fanout_capacity: FANOUT_CAPACITY,
        source_lag_policy: LagPolicy::ResyncFromSource,
        burst_lag: Some(STALL),
        apply_mode: ApplyMode::VersionGated,
        reads_per_client_per_sec: workload.reads_per_sec,
        writes_per_client_per_sec: workload.writes_per_sec,
        roam_interval: Duration::from_millis(250),
        client_delay: CLIENT_DELAY,
        guards_sessions: true,
        bug,
        key_table: KeyTable::default(),
    }
}

/// Links that let messages overtake each other.
fn with_links(nodes: Scenario) -> Scenario {
    let link = LinkModel::default();
    // As over a connection: a message to an earlier incarnation does not reach the next one.
    let connection = LinkModel { stale: StaleDelivery::Drop, ..LinkModel::default() };
    nodes
        .links(SOURCE, ROUTER, "feed", LinkModel::instant())
        .links(ROUTER, EDGE, INVALIDATIONS, link.clone())
        .links(EDGE, SOURCE, "refetches", link.clone())
        // The origin is slow: a fetched value may be old when it arrives.
        .links(
            SOURCE,
            EDGE,
            "refetched",
            LinkModel { delay: Distribution::uniform(Duration::from_millis(1), FETCH), ..link.clone() },
        )
        .links(CLIENT, EDGE, "reads", link.clone())
        .links(EDGE, CLIENT, "answers", connection.clone())
        .links(CLIENT, SOURCE, "writes", link)
        .links(SOURCE, CLIENT, "acknowledgements", connection)
}

fn with_rules(cluster: Scenario, config: Arc<Config>) -> Scenario {
    let converged = |world: &World<'_>| {
        let source = world.view::<SourceView>(Layout::SOURCE);
        // Some time without faults, so that every rule has something to judge.
        let worked = world.now() > RECOVERED_FROM + RECOVERED_WINDOW + PROMPT;
        worked && source.is_some_and(|source| world.views::<EdgeView>().all(|(_, edge)| edge.versions == source.versions))
    };
    cluster
        .observe(ANSWERS, Answers::default)
        .observe(ROLLBACKS, NoRollback::default)
        .observe(ACKNOWLEDGEMENTS, Acknowledgements::default)
        .observe(MONOTONIC_READS, MonotonicReads::default)
        .observe(READ_YOUR_WRITES, ReadYourWrites::default)
        .observe(BOUNDED_WAITS, || BoundedWaits::new(CLIENT_DELAY * 20))
        .observe(ONLY_COMMITTED, OnlyCommitted::default)
        .observe(SERVES_HELD, ServesHeld::default)
        .observe(OWN_VERSIONS, OwnVersions::default)
        .observe(PROMPT_COMMITS, || PromptCommits::new(LAYOUT, RECOVERED_FROM, PROMPT))
        .observe(RECOVERY_PACE, move || RecoveryPace::new(&config, LAYOUT, RECOVERED_FROM, RECOVERED_WINDOW))
        .eventually(CONVERGENCE, converged)
}

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::FillOverwritesInvalidation => Expected::new(ROLLBACKS, 200, [0, 3]),
        Bug::SessionStaysBehind => Expected::new(MONOTONIC_READS, 200, [0, 3]),
        Bug::EscapesForgetWrites => Expected::new(READ_YOUR_WRITES, 2_000, [1, 0]),
        Bug::TakesAnyAnswer => Expected::new(ANSWERS, 200, [1, 1]),
        Bug::LateAnswerCallsOffPatience => Expected::new(BOUNDED_WAITS, 2_000, [3, 1]),
        Bug::RefetchesOnce => Expected::new(PROMPT_COMMITS, 2_000, [2, 2]),
        Bug::RestartsLeaveOutEdge => Expected::new(PROMPT_COMMITS, 2_000, [3, 0]),
        Bug::AcknowledgesEarlierLife => Expected::new(ACKNOWLEDGEMENTS, 200, [1, 0]),
        Bug::FillsLatestGap => Expected::new(ONLY_COMMITTED, 200, [1, 3]),
        Bug::ServesAnnounced => Expected::new(SERVES_HELD, 200, [0, 0]),
        Bug::SnapshotOverwrites => Expected::new(ROLLBACKS, 200, [0, 0]),
        Bug::SnapshotByPosition => Expected::new(ONLY_COMMITTED, 2_000, [0, 0]),
        Bug::FetchesOneKey => Expected::new(PROMPT_COMMITS, 2_000, [4, 4]),
        Bug::ResyncsOnce => Expected::new(PROMPT_COMMITS, 200, [0, 0]),
        Bug::SkipsQuickPublishes => Expected::new(PROMPT_COMMITS, 200, [0, 1]),
        Bug::CoalescesWrites => Expected::new(OWN_VERSIONS, 20, [1, 2]),
        Bug::GivesUpReading => Expected::new(RECOVERY_PACE, 200, [1, 0]),
        Bug::SlowsDown => Expected::new(RECOVERY_PACE, 20, [0, 0]),
    }
}
