//! Correct but odd behaviour that no rule may report. Each trap asserts that the odd thing did happen.
//!
//! The numbers are rows of the catalogue of must-not-fire traps: T02, T03, T05, T06, T09, T10, T11, and N19 and P3 for messages
//! to an earlier incarnation and for pauses.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::check::Change;
use cluster_sim::node::{Incarnation, Label};
use cluster_sim::prelude::*;
use cluster_sim_echo::{self as echo, AnswersMatchQuestions, EchoMessage};
use cluster_sim_edge_cache::{CacheOperation, ClientView, EdgeFact, EdgeView, Key, SourceView, Version};
use cluster_sim_gossip::Newest;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::edge_cache::planted::{self as edge_cache, Workload};
use cluster_sim_scenarios::{echo::planted as echo_cluster, gossip::planted as gossip_cluster};
use cluster_sim_testkit::faults;
use cluster_sim_testkit::oddities::{Counted, ODD, measured};
use cluster_sim_testkit::units::{milliseconds, ratio};
use rstest::rstest;

const SEEDS: u64 = 8;

/// Asserts that in a few seeds everything holds and something odd happens.
fn odd_but_right<F>(cluster: Scenario, count: impl Fn() -> F + Send + Sync + 'static)
where
    F: FnMut(&Change, &World<'_>) -> u64 + 'static,
{
    let counts = measured(&cluster.observe(ODD, move || Counted::by(count())), SEEDS);
    assert!(counts.iter().all(|count| count.as_u64() > Some(0)), "odd events of each seed: {counts:?}");
}

fn lossy(plan: FaultPlan, links: &str) -> FaultPlan {
    plan.at(Duration::ZERO, faults::loss(links, &format!("lost {links}"), ratio(0.5), None))
}

fn copying(plan: FaultPlan, links: &str) -> FaultPlan {
    let model = LinkModel { duplicate: ratio(0.5), ..LinkModel::default() };
    plan.at(Duration::ZERO, NetworkFault::Links { links: links.to_owned(), model })
}

/// An edge cache in which only clients write.
fn written_by_clients(style: NodeStyle) -> Scenario {
    edge_cache::cluster_with_workload(Workload { mutations_per_sec: 0.0, writes_per_sec: 20.0, ..Workload::default() }, style, None)
        .cluster
}

/// Counts reads of a version whose write was never acknowledged to a client.
fn unacknowledged() -> impl FnMut(&Change, &World<'_>) -> u64 {
    let mut acknowledged = BTreeSet::new();
    let mut committed_at = BTreeMap::new();
    move |change, world| {
        match change.fact() {
            Some(EdgeFact::Committed { key, version }) => drop(committed_at.insert((*key, *version), world.now())),
            Some(EdgeFact::WriteAcked { key, version, .. }) => drop(acknowledged.insert((*key, *version))),
            // Read so long after its commit that an acknowledgement would have arrived.
            Some(EdgeFact::Observed { key, version, .. }) => {
                let is_old = committed_at.get(&(*key, *version)).is_some_and(|at| world.now() - *at > milliseconds(100));
                return u64::from(is_old && !acknowledged.contains(&(*key, *version)));
            }
            None | Some(_) => {}
        }
        0
    }
}

#[rstest]
fn t02_an_unacknowledged_write_may_be_read(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let load = Workload { mutations_per_sec: 0.0, writes_per_sec: 2.0, ..Workload::default() };
    let cluster = edge_cache::cluster_with_workload(load, style, None).cluster;
    odd_but_right(cluster.faults(lossy(FaultPlan::new(), "acknowledgements")), unacknowledged);
}

#[rstest]
fn t02_an_unacknowledged_write_may_be_lost(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let report = written_by_clients(style).faults(lossy(FaultPlan::new(), "writes")).run(Seed(7));
    report.assert_ok();
    assert!(report.traffic.dropped["lost writes"] > 10, "{report}");
}

#[rstest]
fn t03_a_duplicated_message_has_one_effect(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let plan = ["invalidations", "refetches", "refetched", "reads"].into_iter().fold(FaultPlan::new(), copying);
    let applied_twice = || {
        let mut served = BTreeSet::new();
        move |change: &Change, _: &World<'_>| match change.fact() {
            // Asked once and answered twice; the client takes one answer, whatever the answers are.
            Some(EdgeFact::Served { client, operation, .. }) => u64::from(!served.insert((*client, *operation))),
            _ => 0,
        }
    };
    odd_but_right(edge_cache::cluster(style, None).cluster.faults(plan), applied_twice);
}

#[rstest]
fn t03_a_duplicated_question_is_answered_twice_and_counts_once(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let mut sim = echo_cluster::cluster(style, None).cluster.faults(copying(FaultPlan::new(), "default")).start(Seed(7));
    sim.run_for(sim.duration());
    let [answers, answered] = sim.inspect(|world| {
        let counted = world.views::<echo::ClientView>().map(|(_, client)| client.answered).sum();
        [world.views::<echo::ServerView>().map(|(_, server)| server.answered).sum::<u64>(), counted]
    });
    // Fewer than 3 times 400: the clients are not done.
    assert!(answered > 600 && answers > answered + 200, "{answers} answers to {answered} questions");
    sim.finish().assert_ok();
}

/// Counts reads concurrent with a write of their client to their key: those that showed less than the write, or those that did
/// not.
fn beside_a_write(showing_less: bool) -> impl FnMut(&Change, &World<'_>) -> u64 {
    let mut beside: BTreeMap<NodeId, (CacheOperation, Key, Version)> = BTreeMap::new();
    move |change, world| {
        let client = change.node();
        match change.fact() {
            Some(EdgeFact::WriteAcked { key, version, .. }) => {
                let reading = world.view::<ClientView>(client).and_then(|view| view.reading).filter(|read| read.key == *key);
                reading.map(|read| beside.insert(client, (read.operation, *key, *version)));
                0
            }
            Some(EdgeFact::Observed { operation, version, .. }) => match beside.get(&client) {
                Some((asked, _, acked)) if asked == operation => u64::from((version < acked) == showing_less),
                _ => 0,
            },
            _ => 0,
        }
    }
}

#[rstest]
fn t05_a_read_concurrent_with_a_write_may_show_either(
    #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
    #[values(false, true)] showing_less: bool,
) {
    odd_but_right(written_by_clients(style), move || beside_a_write(showing_less));
}

fn crash(node: &str) -> Fault {
    faults::crash(node, milliseconds(100))
}

#[rstest]
fn t06_every_cached_entry_may_be_lost_at_once(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let plan = FaultPlan::new().at(milliseconds(2_000), crash("edge/0")).at(milliseconds(2_000), crash("edge/1"));
    // Something was written, and no edge that is up has any of it.
    let is_lost = |_: &Change, world: &World<'_>| {
        let is_written = world.views::<SourceView>().any(|(_, source)| source.versions.iter().all(|version| *version > 3));
        u64::from(is_written && world.views::<EdgeView>().all(|(_, edge)| edge.versions.iter().all(|version| *version == 0)))
    };
    odd_but_right(edge_cache::cluster(style, None).cluster.faults(plan), move || is_lost);
}

#[rstest]
fn t06_all_gossip_may_be_lost_at_once(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let nodes = ["gossip/0", "gossip/1", "gossip/2"];
    let plan = nodes.into_iter().fold(FaultPlan::new(), |plan, node| plan.at(milliseconds(2_000), crash(node)));
    let goes_back = || {
        let mut most = Newest::default();
        move |_: &Change, world: &World<'_>| {
            let newest = world.views::<Newest>().map(|(_, newest)| *newest).max().unwrap_or_default();
            most = most.max(newest);
            u64::from(newest < most)
        }
    };
    odd_but_right(gossip_cluster::cluster(style, None).cluster.faults(plan), goes_back);
}

/// Cuts edges off for two seconds.
fn cut_off(edges: &[&str]) -> FaultPlan {
    let cut = faults::cut(["source/0", "router/0"], edges.iter().copied(), milliseconds(2_000));
    FaultPlan::new().at(milliseconds(2_000), cut)
}

#[rstest]
fn t09_a_read_may_be_stale_if_its_session_saw_nothing_newer(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let stale = || {
        let mut latest = BTreeMap::new();
        move |change: &Change, _: &World<'_>| match change.fact() {
            Some(EdgeFact::Committed { key, version }) => {
                latest.insert(*key, *version);
                0
            }
            // By three versions: more than are in flight.
            Some(EdgeFact::Observed { key, version, .. }) => u64::from(version + 3 <= latest.get(key).copied().unwrap_or(0)),
            _ => 0,
        }
    };
    odd_but_right(edge_cache::cluster(style, None).cluster.faults(cut_off(&["edge/0", "edge/1"])), stale);
}

#[rstest]
fn t09_an_answer_older_than_the_session_is_refused(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    // Nothing is lost between clients and edges: an unavailable read was answered and refused.
    let refused = |change: &Change, _: &World<'_>| u64::from(matches!(change.fact(), Some(EdgeFact::Unavailable { .. })));
    odd_but_right(edge_cache::cluster(style, None).cluster.faults(cut_off(&["edge/0"])), move || refused);
}

#[rstest]
fn t10_a_write_duplicated_by_the_network_is_committed_twice(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let repeated = || {
        let mut acknowledged = BTreeMap::new();
        move |change: &Change, _: &World<'_>| match change.fact() {
            Some(EdgeFact::WriteAcked { operation, key, version }) => {
                let before = acknowledged.insert((change.node(), *operation), (*key, *version));
                u64::from(before.is_some_and(|before| before != (*key, *version)))
            }
            _ => 0,
        }
    };
    odd_but_right(written_by_clients(style).faults(copying(FaultPlan::new(), "writes")), repeated);
}

#[rstest]
fn t11_an_unread_entry_is_unknown_not_held_or_violated(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let load = Workload { reads_per_sec: 0.0, ..Workload::default() };
    let report = edge_cache::cluster_with_workload(load, style, None).cluster.run(Seed(7));
    assert_eq!((report.outcome, report.violations.len()), (Outcome::Unknown, 0), "{report}");
    let unknown: Vec<&str> =
        report.checks.iter().filter(|check| check.unknown.is_some()).map(|check| check.name.as_str()).collect();
    let of_reads = [
        "a client reads what an edge served to it",
        "reads never go back in a session",
        "a session reads what it wrote",
        "no read waits for ever",
        "an edge serves what it holds",
    ];
    assert_eq!(unknown, of_reads);
}

/// A client of the echo that emits a fact at an answer to an earlier incarnation.
struct Attentive {
    client: echo::Client,
    incarnation: Incarnation,
}

/// The fact that an answer to an earlier incarnation arrived.
#[derive(Debug)]
struct Late;

impl Machine for Attentive {
    type Message = EchoMessage;
    type View = echo::ClientView;

    fn step(&mut self, now: LocalInstant, input: Input<EchoMessage>, effects: &mut Effects<EchoMessage>) {
        if let Input::Message { message: EchoMessage::Answer { question, .. }, .. } = &input
            && question.life < self.incarnation
        {
            effects.emit(Late);
        }
        self.client.step(now, input, effects);
    }

    fn view(&self) -> &echo::ClientView {
        self.client.view()
    }

    fn label(message: &EchoMessage) -> Label {
        echo::Client::label(message)
    }
}

#[test]
fn n19_an_answer_to_an_earlier_incarnation_is_ignored() {
    let config = echo::Config { questions: 50, pause: milliseconds(1), ..echo::Config::default() };
    let crash = faults::crash("client/0", milliseconds(1));
    let plan = (1..20).fold(FaultPlan::new(), |plan, times| plan.at(milliseconds(50 * times), crash.clone()));
    let attentive = move |node: &Boot| Attentive { client: echo::Client::boot(config, node), incarnation: node.incarnation() };
    let cluster = Scenario::new("attentive")
        .machines("server", 1, move |_| echo::Server::boot(config))
        .machines("client", 1, attentive)
        .observe("conversation", AnswersMatchQuestions::default)
        .eventually("all is answered", move |world| {
            world.views::<echo::ClientView>().all(|(_, client)| client.answered == config.questions)
        })
        .faults(plan)
        .duration(Duration::from_secs(1));
    odd_but_right(cluster, || |change: &Change, _: &World<'_>| u64::from(change.fact::<Late>().is_some()));
}

#[rstest]
fn p3_a_read_may_take_as_long_as_its_client_is_paused(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let pause = faults::pause("client/0", milliseconds(150));
    let plan = (1..10).fold(FaultPlan::new(), |plan, times| plan.at(milliseconds(407 * times), pause.clone()));
    let waited_long = || {
        let mut since: BTreeMap<NodeId, (CacheOperation, VirtualInstant)> = BTreeMap::new();
        move |change: &Change, world: &World<'_>| {
            let client = change.node();
            let Some(read) = world.view::<ClientView>(client).and_then(|view| view.reading) else { return 0 };
            let (operation, begun) = *since.entry(client).or_insert((read.operation, world.now()));
            if operation != read.operation {
                since.insert(client, (read.operation, world.now()));
                return 0;
            }
            u64::from(world.now() - begun > milliseconds(100))
        }
    };
    // Enough writes that one is acknowledged while its client is paused, and is received before the read times out.
    odd_but_right(written_by_clients(style).faults(plan), waited_long);
}
