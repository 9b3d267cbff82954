//! The hunt in an edge cache that promises all it can: gated edges, guarded sessions.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim::{Distribution, FaultProfile, LinkModel, NodeInfo, Scenario, StaleDelivery, VirtualInstant, World};
use cluster_sim_edge_cache::rules::{Acknowledgements, Answers, MonotonicReads, NoRollback, Patience, ReadYourWrites};
use cluster_sim_edge_cache::{
    ApplyMode, Bug, Client, Config, Edge, EdgeView, KeyDistribution, KeyTable, LagPolicy, Layout, Router, Source, SourceView,
    client,
};

use super::BugHunt;
use crate::edge_cache::groups::{CLIENT, EDGE, INVALIDATIONS, ROUTER, SOURCE};
use crate::node_style::NodeStyle;

pub(super) const ANSWERS: &str = "a client reads what an edge served to it";
pub(super) const ROLLBACKS: &str = "an edge never goes back";
pub(super) const ACKNOWLEDGEMENTS: &str = "a write is acknowledged with what it became";
pub(super) const MONOTONIC_READS: &str = "reads never go back in a session";
pub(super) const READ_YOUR_WRITES: &str = "a session reads what it wrote";
pub(super) const BOUNDED_WAITS: &str = "no read waits for ever";
pub(super) const CONVERGENCE: &str = "every edge comes to hold what the source holds";

const LAYOUT: Layout = Layout { edges: 2, clients: 2 };
/// A client is patient for ten times this; over links of up to 10 ms an answer takes at most 20 ms.
const CLIENT_DELAY: Duration = Duration::from_millis(3);

/// How long things go wrong.
const LASTING: Duration = Duration::from_secs(5);

/// The classes of links.
const LINKS: &[&str] =
    &["default", "feed", INVALIDATIONS, "refetches", "refetched", "reads", "answers", "writes", "acknowledgements"];

/// How much the cluster has to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Workload {
    /// Writes per second of the source's own.
    pub mutations_per_sec: f64,
    /// Reads per second of each client.
    pub reads_per_sec: f64,
    /// Writes per second of each client.
    pub writes_per_sec: f64,
}

impl Default for Workload {
    /// 10 writes a second of the source, and of each client 40 reads and 4 writes.
    fn default() -> Self {
        Self { mutations_per_sec: 10.0, reads_per_sec: 40.0, writes_per_sec: 4.0 }
    }
}

/// A source that is spared, a router, two edges and two clients that move every 250 ms, over three keys.
pub fn edge_cache(form: NodeStyle, bug: Option<Bug>) -> BugHunt {
    edge_cache_with_workload(Workload::default(), form, bug)
}

/// The same under another load. A rule that has nothing to look at is unknown, not held; and what no write follows may stay as it is.
pub fn edge_cache_with_workload(load: Workload, form: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Arc::new(config(load, bug));
    let [for_source, for_router, for_edge, for_client] = [&config; 4].map(Arc::clone);
    let scenario = Scenario::new(match form {
        NodeStyle::Machine => "hunt-edge-cache",
        NodeStyle::Async => "hunt-edge-cache-async",
    });
    let servers = scenario
        .machines(SOURCE, 1, move |seat: &NodeInfo| Source::boot(&for_source, LAYOUT, seat))
        .machines(ROUTER, 1, move |seat: &NodeInfo| Router::boot(&for_router, LAYOUT, seat))
        .machines(EDGE, LAYOUT.edges, move |seat: &NodeInfo| Edge::boot(&for_edge, LAYOUT, seat));
    let nodes = match form {
        NodeStyle::Machine => {
            servers.machines(CLIENT, LAYOUT.clients, move |seat: &NodeInfo| Client::boot(&for_client, LAYOUT, seat))
        }
        NodeStyle::Async => servers.nodes(CLIENT, LAYOUT.clients, move |node| client(node, Arc::clone(&for_client), LAYOUT)),
    };
    let cluster = with_rules(with_links(nodes)).duration(LASTING).stable_for(Duration::from_millis(10));
    // What the source committed lives in its memory only: a crash of it is no fault that the system claims to survive.
    let profile = FaultProfile { spared_groups: vec![SOURCE.to_owned()], ..FaultProfile::default() };
    BugHunt { cluster, profile, links: LINKS }
}

fn config(load: Workload, bug: Option<Bug>) -> Config {
    Config {
        key_count: 3,
        key_distribution: KeyDistribution::Uniform,
        mutation_rate_per_sec: load.mutations_per_sec,
        rate_changes: Vec::new(),
        source_fanout_capacity: 1024,
        source_lag_policy: LagPolicy::ObserveAndContinue,
        burst_lag: None,
        apply_mode: ApplyMode::VersionGated,
        reads_per_client_per_sec: load.reads_per_sec,
        writes_per_client_per_sec: load.writes_per_sec,
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
    // As over a connection: what was meant for an earlier life does not reach the next one.
    let connection = LinkModel { stale: StaleDelivery::Drop, ..LinkModel::default() };
    nodes
        .links(SOURCE, ROUTER, "feed", LinkModel::instant())
        .links(ROUTER, EDGE, INVALIDATIONS, link.clone())
        .links(EDGE, SOURCE, "refetches", link.clone())
        // The origin takes its time: what it read may be old when it arrives.
        .links(
            SOURCE,
            EDGE,
            "refetched",
            LinkModel { delay: Distribution::uniform(Duration::from_millis(1), Duration::from_millis(60)), ..link.clone() },
        )
        .links(CLIENT, EDGE, "reads", link.clone())
        .links(EDGE, CLIENT, "answers", connection.clone())
        .links(CLIENT, SOURCE, "writes", link)
        .links(SOURCE, CLIENT, "acknowledgements", connection)
}

fn with_rules(cluster: Scenario) -> Scenario {
    let converged = |world: &World<'_>| {
        let source = world.view::<SourceView>(Layout::SOURCE);
        // However rough a run was: in a second of peace every rule comes to judge something.
        let worked = world.now() >= VirtualInstant::ZERO + LASTING + Duration::from_secs(1);
        worked && source.is_some_and(|source| world.views::<EdgeView>().all(|(_, edge)| edge.versions == source.versions))
    };
    cluster
        .observe(ANSWERS, Answers::default)
        .observe(ROLLBACKS, NoRollback::default)
        .observe(ACKNOWLEDGEMENTS, Acknowledgements::default)
        .observe(MONOTONIC_READS, MonotonicReads::default)
        .observe(READ_YOUR_WRITES, ReadYourWrites::default)
        .observe(BOUNDED_WAITS, || Patience::new(CLIENT_DELAY * 20))
        .eventually(CONVERGENCE, converged)
}
