//! From a scenario file to a scenario.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim::{FaultPlan, LinkModel, NodeInfo, Ratio, Scenario, Seed};
use cluster_sim_edge_cache as system;
use cluster_sim_edge_cache::{Client, Collector, Config, Edge, Layout, MetricsSnapshot, Router, Source, client};
use serde_json::json;

use super::check::check;
use super::file::{ApplyMode, EdgeCacheFile, SourceLagPolicy};
use super::groups::{CLIENT, EDGE, INVALIDATIONS, ROUTER, SOURCE};
use super::keys::Keys;
use super::plan::Plan;
use crate::error::ScenarioError;
use crate::node_style::NodeStyle;
use crate::prepared::Prepared;

/// The observer whose measurements are the report's snapshot.
const OBSERVER: &str = "edge-cache";

/// At one instant an edge first takes what the router sent, then what it fetched, and only then answers reads (EDGE-D23).
const FORWARDED_PRIORITY: u8 = 0;
const FETCHED_PRECEDENCE: u8 = 1;
const CLIENT_PRECEDENCE: u8 = 200;

/// The numbers of the signature, in its order.
const SIGNED: &[&str] = &[
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
    /// Makes the scenario of this file ready to run.
    ///
    /// # Errors
    /// The first value that the format does not allow, if the file was made or changed by hand.
    pub fn prepare(&self) -> Result<Prepared, ScenarioError> {
        check(self, "scenario")?;
        let file = self.clone().filled();
        let plan = Plan::of(&file);
        let layout = Layout { edges: file.edge_count, clients: file.client_count };
        let config = Arc::new(file.config(&plan));
        let faults = plan.faults.into_iter().fold(FaultPlan::new(), |faults, (at, fault)| faults.at(at, fault));
        let scenario = scenario(&file, faults, config, layout);
        let unmeasured = json!(MetricsSnapshot::default());
        Ok(Prepared::new(scenario, Seed(file.seed), json!(file))
            .measured_by(OBSERVER, unmeasured, SIGNED)
            .with_timeline(plan.timeline))
    }

    /// What the machines need to know.
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

    /// What a link from the router to an edge does.
    fn chaos_model(&self) -> LinkModel {
        let delay = Duration::from_millis(self.chaos.delay_ms);
        let rate = |rate| Ratio::new(rate).expect("the file was checked: a rate is from 0 to 1");
        LinkModel {
            loss: rate(self.chaos.loss_rate),
            // Messages held back by up to twice no delay are not held back.
            reorder: if delay.is_zero() { Ratio::ZERO } else { rate(self.chaos.reorder_rate) },
            reorder_window: delay * 2,
            priority: FORWARDED_PRIORITY,
            ..LinkModel::constant(delay)
        }
    }
}

fn scenario(file: &EdgeCacheFile, faults: FaultPlan, config: Arc<Config>, layout: Layout) -> Scenario {
    let near = Duration::from_millis(file.client_delay_ms);
    let client_link = LinkModel { priority: CLIENT_PRECEDENCE, ..LinkModel::constant(near) };
    let fetch_link = LinkModel { priority: FETCHED_PRECEDENCE, ..LinkModel::constant(near) };
    let feed_link = LinkModel { priority: FORWARDED_PRIORITY, ..LinkModel::instant() };
    let [for_source, for_router, for_edge, for_collector] = [&config; 4].map(Arc::clone);
    let scenario = Scenario::new("edge-cache")
        .duration(file.duration_secs.duration())
        .recovery_timeout(Duration::ZERO)
        // Nodes count from their boot: this way their clocks say what the file says.
        .start_together()
        .machines(SOURCE, 1, move |seat: &NodeInfo| Source::boot(&for_source, layout, seat))
        .machines(ROUTER, 1, move |seat: &NodeInfo| Router::boot(&for_router, layout, seat))
        .machines(EDGE, layout.edges, move |seat: &NodeInfo| Edge::boot(&for_edge, layout, seat));
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

fn with_clients(scenario: Scenario, form: NodeStyle, config: Arc<Config>, layout: Layout) -> Scenario {
    match form {
        NodeStyle::Machine => scenario.machines(CLIENT, layout.clients, move |seat: &NodeInfo| Client::boot(&config, layout, seat)),
        NodeStyle::Async => scenario.nodes(CLIENT, layout.clients, move |node| client(node, Arc::clone(&config), layout)),
    }
}
