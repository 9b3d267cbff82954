//! foca, an implementation of SWIM: 100 nodes agree on who is alive, as machines and as async nodes.

mod entropy;
mod glue;
mod member;
mod mistakes;
mod rules;

use std::num::{NonZeroU8, NonZeroUsize};

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::units::{milliseconds, seconds};
use foca::{Config, PeriodicParams};
use rstest::rstest;

use self::glue::{Membership, Setup, Swim, run};
use self::rules::{DownIsForever, LivesAreTold, NothingRefused, all_have_the_live_set, members_are_told_apart};

fn periodic(frequency: Duration, members: usize) -> Option<PeriodicParams> {
    Some(PeriodicParams { frequency, num_members: NonZeroUsize::new(members).expect("a number of members") })
}

/// A local network of 100 nodes, in the manner of `Config::new_lan`.
///
/// That takes the logarithm of the number of nodes as a float, whose last digit a platform may round in its own way.
fn config() -> Config {
    Config {
        probe_period: seconds(1),
        probe_rtt: milliseconds(300),
        max_transmissions: NonZeroU8::new(8).expect("four times the logarithm of 100"),
        suspect_to_down_after: seconds(4),
        notify_down_members: true,
        periodic_announce: periodic(seconds(5), 1),
        periodic_announce_to_down_members: periodic(seconds(5), 2),
        periodic_gossip: periodic(milliseconds(200), 3),
        ..Config::simple()
    }
}

fn setup() -> Setup {
    Setup {
        config: config(),
        seeds: (0..3).map(NodeId).collect(),
        rejoin_after: Some(seconds(1)),
        first_generation: |life| u64::from(life.0) << 32,
    }
}

/// Faults that are often longer than a suspicion lasts.
///
/// Of clocks too, but for those of the wall clock alone: foca does not read it.
fn profile() -> FaultProfile {
    FaultProfile { mean_duration: seconds(3), ..FaultProfile::default() }
        .also(FaultKind::OF_CLOCKS)
        .without([FaultKind::ClockStep, FaultKind::ClockStrobe])
}

/// A cluster of machines for 20 s.
fn swim(nodes: u32, setup: Setup) -> Scenario {
    ruled(Scenario::new("swim").machines("node", nodes, move |boot: &Boot| Swim::boot(boot, &setup, boot.rng("foca", 0))))
}

/// A cluster of async nodes for 20 s.
fn swim_async(nodes: u32, setup: Setup) -> Scenario {
    ruled(Scenario::new("swim async").nodes("node", nodes, move |node| run(node, setup.clone())))
}

fn ruled(scenario: Scenario) -> Scenario {
    scenario
        .default_links(LinkModel { loss: Ratio::percent(1), ..LinkModel::constant(milliseconds(2)) })
        .observe("a member that is down stays down", DownIsForever::default)
        .observe("no two lives share an identity", LivesAreTold::default)
        .observe("foca refuses nothing", NothingRefused::default)
        .always_each("members are told apart", members_are_told_apart)
        .eventually("every node has the live set", all_have_the_live_set)
        .sometimes("a node that lives is given up and returns", |world| {
            world.changed::<Membership>().any(|(_, membership)| membership.own.is_some_and(|own| own.renewals() > 0))
        })
        .chaos(profile())
        .duration(seconds(20))
        .recovery_timeout(seconds(60))
}

/// A cluster of 24 nodes in four zones under every kind of fault that it can meet: it has no disks, and no tasks to cancel.
fn under_every_fault(cluster: fn(u32, Setup) -> Scenario) -> Scenario {
    let faults =
        profile().also(FaultKind::OF_PROCESSES).without([FaultKind::CancelTasks, FaultKind::CrashInIo, FaultKind::RandomCrashInIo]);
    cluster(24, setup()).zones("node", ["a", "b", "c", "d"]).chaos(faults)
}

/// The kinds of faults that the seeds apply.
const KINDS: [&str; 19] = [
    "clock drift",
    "clock freeze",
    "coalesced timers",
    "coarse clock",
    "crash",
    "crash all",
    "cut",
    "equal random",
    "graceful stop",
    "impair",
    "impair links",
    "late timers",
    "loss",
    "pause",
    "periodic drift",
    "poison message",
    "random drift",
    "rolling restart",
    "slow",
];

#[rstest]
#[case::machines(swim)]
#[case::async_nodes(swim_async)]
fn a_cluster_agrees_on_who_is_alive_under_every_fault(#[case] cluster: fn(u32, Setup) -> Scenario) {
    let sweep = under_every_fault(cluster).campaign(0..250).require_coverage().run();
    sweep.assert_ok();
    let coverage = sweep.coverage().expect("it was asked for");
    assert_eq!(coverage.faults.keys().collect::<Vec<_>>(), KINDS);
    assert!(coverage.faults.values().all(|count| count.effective > 0), "{coverage}");
}

#[rstest]
#[case::machines(swim)]
#[case::async_nodes(swim_async)]
fn a_hundred_nodes_agree_on_who_is_alive(#[case] cluster: fn(u32, Setup) -> Scenario) {
    cluster(100, setup()).campaign(0..12).require_coverage().run().assert_ok();
}

#[rstest]
#[case::machines(swim)]
#[case::async_nodes(swim_async)]
fn soak_a_hundred_nodes_agree_on_who_is_alive(#[case] cluster: fn(u32, Setup) -> Scenario) {
    // An indirect probe travels four links: where copies add up, each makes as many copies of the next.
    let budget = Budget { messages_in_flight: Some(2_000_000), ..Budget::default() };
    cluster(100, setup()).budget(budget).campaign(0..500).require_coverage().run().assert_ok();
}
