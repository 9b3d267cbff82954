//! Builds the scenario that a file describes.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim::{Boot, FaultPlan, LinkModel, Ratio, Scenario, Seed};
use cluster_sim_edge_cache as system;
use cluster_sim_edge_cache::{Client, Collector, Config, Edge, Layout, MetricsSnapshot, Router, Source, client};
use cluster_sim_registry::{NodeStyle, Prepared, ScenarioError};
use serde_json::json;

use super::check::check;
use super::file::{ApplyMode, EdgeCacheFile, SourceLagPolicy};
use super::groups::{CLIENT, EDGE, INVALIDATIONS, ROUTER, SOURCE};
use super::keys::Keys;
use super::plan::Plan;

/// The observer that measures the report's snapshot.
pub(super) const OBSERVER: &str = "edge-cache";

/// The priorities at one instant: an edge applies the router's messages, then fetched values, and only then answers reads (EDGE-D23).
const FORWARDED_PRIORITY: u8 = 0;
const FETCHED_PRIORITY: u8 = 1;
const CLIENT_PRIORITY: u8 = 200;

/// The metrics of the signature, in its order.
const SIGNATURE_METRICS: &[&str] = &[
    "writes_total",
    "reads_total",
    "reads_unavailable",
    "stale_reads",
    "read_your_writes_violations",
    "monotonic_violations",
    "inversion_distance.micro_inversions",
    "rolled_back",
    "source_messages_skipped",
    "refetches",
    "resyncs",
    "time_to_consistency_ms.p99_ms",
    "time_to_consistency_ms.unresolved",
];

impl EdgeCacheFile {
    /// Prepares the scenario of this file for a run.
    ///
    /// # Errors
    /// The first invalid value, if the file was built or changed in code.
    pub fn prepare(&self) -> Result<Prepared, ScenarioError> {
        check(self, "scenario")?;
        let file = self.clone().filled();
        let plan = Plan::of(&file);
        let layout = Layout { edges: file.edge_count, clients: file.client_count };
        let config = Arc::new(file.config(&plan));
        let faults = plan.faults.into_iter().fold(FaultPlan::new(), |faults, (at, fault)| faults.at(at, fault));
        let scenario = scenario(&file, faults, config, layout);
        let empty_snapshot = json!(MetricsSnapshot::default());
        Ok(Prepared::new(scenario, Seed(file.seed), json!(file))
            .with_observer(OBSERVER, empty_snapshot, SIGNATURE_METRICS)
            .with_timeline(plan.timeline)
            .with_expected_messages(file.expected_messages()))
    }

    /// About how many messages a run sends: a question and an answer for each operation of a client, and each version to each edge.
    fn expected_messages(&self) -> u64 {
        let clients = f64::from(self.client_count);
        let operations = clients * (self.reads_per_client_per_sec + self.writes_per_client_per_sec);
        let versions = self.mutation_rate_per_sec + clients * self.writes_per_client_per_sec;
        let per_second = 2.0 * operations + versions * f64::from(self.edge_count);
        (per_second * self.duration_secs.0) as u64
    }

    /// The configuration of the machines.
    fn config(&self, plan: &Plan) -> Config {
        Config {
            key_count: self.key_count,
            key_distribution: match self.key_distribution {
                Keys::Uniform => system::KeyDistribution::Uniform,
                Keys::Zipf(exponent) => system::KeyDistribution::Zipf(exponent),
            },
            mutation_rate_per_sec: self.mutation_rate_per_sec,
            rate_changes: plan.rate_changes.clone(),
            source_fanout_capacity: self.source_fanout_capacity as usize,
            source_lag_policy: match self.chaos.source_lag_policy {
                SourceLagPolicy::ObserveAndContinue => system::LagPolicy::ObserveAndContinue,
                SourceLagPolicy::ResyncFromSource => system::LagPolicy::ResyncFromSource,
                SourceLagPolicy::FailRun => system::LagPolicy::FailRun,
            },
            burst_lag: self.chaos.burst_lag_ms.map(Duration::from_millis),
            apply_mode: match self.apply_mode {
                ApplyMode::LastArrival => system::ApplyMode::LastArrival,
                ApplyMode::VersionGated => system::ApplyMode::VersionGated,
            },
            reads_per_client_per_sec: self.reads_per_client_per_sec,
            writes_per_client_per_sec: self.writes_per_client_per_sec,
            roam_interval: Duration::from_millis(self.roam_interval_ms),
            client_delay: Duration::from_millis(self.client_delay_ms),
            guards_sessions: false,
            bug: None,
            key_table: system::KeyTable::default(),
        }
    }

    /// The model of the links from the router to the edges.
    fn chaos_model(&self) -> LinkModel {
        let delay = Duration::from_millis(self.chaos.delay_ms);
        let rate = |rate| Ratio::new(rate).expect("the file was checked: a rate is from 0 to 1");
        LinkModel {
            loss: rate(self.chaos.loss_rate),
            // The window is twice the delay: without a delay nothing can be reordered.
            reorder: if delay.is_zero() { Ratio::ZERO } else { rate(self.chaos.reorder_rate) },
            reorder_window: delay * 2,
            priority: FORWARDED_PRIORITY,
            ..LinkModel::constant(delay)
        }
    }
}

fn scenario(file: &EdgeCacheFile, faults: FaultPlan, config: Arc<Config>, layout: Layout) -> Scenario {
    let near = Duration::from_millis(file.client_delay_ms);
    let client_link = LinkModel { priority: CLIENT_PRIORITY, ..LinkModel::constant(near) };
    let fetch_link = LinkModel { priority: FETCHED_PRIORITY, ..LinkModel::constant(near) };
    let feed_link = LinkModel { priority: FORWARDED_PRIORITY, ..LinkModel::instant() };
    let [for_source, for_router, for_edge, for_collector] = [&config; 4].map(Arc::clone);
    let scenario = Scenario::new("edge-cache")
        .duration(file.duration_secs.duration())
        .recovery_timeout(Duration::ZERO)
        // Clocks of nodes count from their boot; booting at 0 makes them agree with the times of the file.
        .start_together()
        .machines(SOURCE, 1, move |node: &Boot| Source::boot(&for_source, layout, node))
        .machines(ROUTER, 1, move |node: &Boot| Router::boot(&for_router, layout, node))
        .machines(EDGE, layout.edges, move |node: &Boot| Edge::boot(&for_edge, layout, node));
    with_clients(scenario, file.client, config, layout)
        .links(SOURCE, ROUTER, "feed", feed_link)
        .links(ROUTER, EDGE, INVALIDATIONS, file.chaos_model())
        .links(EDGE, SOURCE, "refetches", fetch_link.clone())
        .links(SOURCE, EDGE, "refetched", fetch_link)
        .links(CLIENT, EDGE, "reads", client_link.clone())
        .links(EDGE, CLIENT, "answers", client_link.clone())
        .links(CLIENT, SOURCE, "writes", client_link.clone())
        .links(SOURCE, CLIENT, "acknowledgements", client_link)
        .observe(OBSERVER, move || Collector::new(&for_collector, layout))
        .faults(faults)
}

fn with_clients(scenario: Scenario, style: NodeStyle, config: Arc<Config>, layout: Layout) -> Scenario {
    match style {
        NodeStyle::Machine => scenario.machines(CLIENT, layout.clients, move |node: &Boot| Client::boot(&config, layout, node)),
        NodeStyle::Async => scenario.nodes(CLIENT, layout.clients, move |node| client(node, Arc::clone(&config), layout)),
    }
}
