//! Correct but odd behaviour of the store that no rule may report. Each trap asserts that the odd thing did happen.
//!
//! The numbers are rows of the catalogue of must-not-fire traps: T02, T03, T05, T10, T11.

use cluster_sim::check::history::aggregates::{SetFull, Translated};
use cluster_sim::check::history::models::{RegisterAnswer, RegisterOp, SetAnswer, SetOp};
use cluster_sim::check::{Change, Invariant};
use cluster_sim::prelude::*;
use cluster_sim_kv::{Client, Config, KvAnswer, KvModel, KvOp, KvReplicaView, REPLICAS, Replica, all_is_settled, client, replica};
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_testkit::faults::{crash, cut};
use cluster_sim_testkit::oddities::{ODD, Oddities, measured, sum};
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;
use serde_json::{Value, json};

const SEEDS: u64 = 8;
const KEPT: &str = "a key that was written stays written";

/// Clients without patience: they ask once, and each operation is over after 30 ms.
fn impatient() -> Config {
    Config { operations: 150, pause: milliseconds(5), answer_timeout: milliseconds(30), attempts: 1, ..Config::default() }
}

/// Three replicas and three clients, whose histories must be linearizable.
fn store(style: NodeStyle, config: Config) -> Scenario {
    let nodes = match style {
        NodeStyle::Machine => Scenario::new("store")
            .machines("replica", REPLICAS, move |node: &Boot| Replica::boot(config, node))
            .machines("client", 3, move |node: &Boot| Client::boot(config, node)),
        NodeStyle::Async => {
            Scenario::new("store")
                .nodes("replica", REPLICAS, move |node| replica(node, config))
                .nodes("client", 3, move |node| client(node, config))
        }
    };
    nodes
        .linearizable::<KvModel>("the store answers as one register per key")
        .eventually("all is settled", all_is_settled)
        .duration(Duration::from_secs(3))
}

/// Counts what the history of each of a few seeds shows, in which everything must hold.
fn oddities(scenario: Scenario, longest_wait: Duration) -> Vec<Value> {
    measured(&judged(scenario, longest_wait), SEEDS)
}

fn judged(scenario: Scenario, longest_wait: Duration) -> Scenario {
    scenario.history::<KvOp, KvAnswer, _>(ODD, move || Oddities { longest_wait })
}

/// Links hold requests back for longer than a client waits, and it calls for nothing else before they arrive.
#[rstest]
fn t02_a_write_that_timed_out_may_surface_later(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let config = Config { operations: 30, keys: 1, pause: milliseconds(300), moves: Ratio::ZERO, ..impatient() };
    let window = milliseconds(200);
    let holding = LinkModel { reorder: Ratio::percent(30), reorder_window: window, ..LinkModel::default() };
    let judged = judged(store(style, config).default_links(holding), milliseconds(30));
    // A client must read in the short time between: one seed in some tens shows it.
    let counts = measured(&judged, 100);
    assert!(sum(&counts, "later") > 0, "{counts:?}");
}

/// A primary that is cut off appends writes that a later one replaces.
#[rstest]
fn t02_a_write_that_timed_out_may_never_surface(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let plan = FaultPlan::new().at(milliseconds(300), cut(["replica/0", "client/0"], ["*"], milliseconds(800)));
    let counts = oddities(store(style, impatient()).faults(plan), milliseconds(30));
    assert!(sum(&counts, "never") > 0, "{counts:?}");
}

#[rstest]
fn t05_a_read_beside_a_write_may_show_either_value(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let config = Config { attempts: 12, ..impatient() };
    let counts = oddities(store(style, config), milliseconds(360));
    assert!(sum(&counts, "new") > 0 && sum(&counts, "old") > 0, "{counts:?}");
}

/// Keeps the largest numbers of entries without an effect of their own.
#[derive(Debug, Default)]
struct Repeats {
    repeated: u64,
    of_ended_lives: u64,
}

impl Invariant for Repeats {
    fn observe(&mut self, _: &Change, world: &World<'_>) -> Verdict {
        for (_, view) in world.views::<KvReplicaView>() {
            self.repeated = self.repeated.max(view.repeated);
            self.of_ended_lives = self.of_ended_lives.max(view.of_ended_lives);
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        json!({ "repeated": self.repeated, "of_ended_lives": self.of_ended_lives })
    }
}

#[rstest]
fn t03_a_request_that_arrives_twice_has_one_effect(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let copying = LinkModel { duplicate: Ratio::percent(50), ..LinkModel::default() };
    let config = Config { attempts: 12, ..impatient() };
    let counts = measured(&store(style, config).default_links(copying).observe(ODD, Repeats::default), SEEDS);
    // A quarter of all requests at least: half of them arrive twice.
    assert!(counts.iter().all(|count| count["repeated"].as_u64() > Some(100)), "{counts:?}");
}

/// Requests of an earlier life are held back by the links, and come when the client has begun another one.
#[rstest]
fn t10_a_request_of_an_ended_session_may_be_committed_anew(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let (half, window) = (Ratio::percent(50), milliseconds(200));
    let holding = LinkModel { duplicate: half, reorder: half, reorder_window: window, ..LinkModel::default() };
    let often = (1..20).map(|number| milliseconds(100 * number));
    let plan = often.fold(FaultPlan::new(), |plan, at| plan.at(at, crash("client/0", milliseconds(2))));
    let config = Config { operations: 40, attempts: 12, ..impatient() };
    let counts = measured(&store(style, config).default_links(holding).faults(plan).observe(ODD, Repeats::default), SEEDS);
    assert!(sum(&counts, "of_ended_lives") > 0, "{counts:?}");
}

/// A key as an element of a set: writes add it, and reads ask for it. No key is ever empty again.
fn as_element((key, op): &KvOp) -> Option<SetOp<u64>> {
    match op {
        RegisterOp::Write(_) => Some(SetOp::Add(key.0)),
        RegisterOp::Read => Some(SetOp::Contains(key.0)),
        RegisterOp::CompareAndSet(..) => None,
    }
}

fn as_membership(_: &KvOp, answer: &KvAnswer) -> SetAnswer<u64> {
    match answer {
        RegisterAnswer::Value(value) => SetAnswer::Contains(value.is_some()),
        RegisterAnswer::Written | RegisterAnswer::Mismatch => SetAnswer::Done,
    }
}

#[rstest]
fn t11_a_key_that_is_never_read_again_is_unknown_not_lost(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let config = Config { keys: 200, attempts: 12, ..impatient() };
    let kept = || Translated::new(SetFull::default().linearizable(), as_element, as_membership);
    let scenario = store(style, config).history::<KvOp, KvAnswer, _>(KEPT, kept);
    for seed in 0..SEEDS {
        let report = scenario.run(Seed(seed));
        assert_eq!((report.outcome, report.violations.len()), (Outcome::Unknown, 0), "{report}");
        let figures = &report.measured[KEPT];
        assert!(figures["never_read"].as_u64() > Some(0) && figures["stable"].as_u64() > Some(0), "{figures}");
        assert_eq!(figures["lost"], 0);
    }
}
