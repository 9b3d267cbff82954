//! foca, an implementation of SWIM: 100 nodes agree on who is alive.

mod entropy;
mod glue;
mod mistakes;
mod rules;

use std::num::{NonZeroU8, NonZeroUsize};

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::units::{milliseconds, seconds};
use foca::{Config, PeriodicParams};

use self::glue::{Membership, Setup, Swim};
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
        first_generation: |boot| u64::from(boot.incarnation().0) << 32,
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

/// A cluster for 20 s.
fn swim(nodes: u32, setup: Setup) -> Scenario {
    Scenario::new("swim")
        .machines("node", nodes, move |boot: &Boot| Swim::boot(boot, &setup, boot.rng("foca", 0)))
        .default_links(LinkModel { loss: Ratio::percent(1), ..LinkModel::constant(milliseconds(2)) })
        .observe("a member that is down stays down", DownIsForever::default)
        .observe("no two lives share an identity", LivesAreTold::default)
        .observe("foca refuses nothing", NothingRefused::default)
        .always_each("members are told apart", members_are_told_apart)
        .eventually("every node has the live set", all_have_the_live_set)
        .sometimes("a node that lives is given up and returns", |world| {
            world.changed::<Membership>().any(|(_, membership)| membership.identity().renewals() > 0)
        })
        .chaos(profile())
        .duration(seconds(20))
        .recovery_timeout(seconds(60))
}

#[test]
fn a_hundred_nodes_agree_on_who_is_alive() {
    swim(100, setup()).campaign(0..40).require_coverage().run().assert_ok();
}

#[test]
fn soak_a_hundred_nodes_agree_on_who_is_alive() {
    // An indirect probe travels four links: where copies add up, each makes as many copies of the next.
    let budget = Budget { messages_in_flight: Some(2_000_000), ..Budget::default() };
    swim(100, setup()).budget(budget).campaign(0..1_000).require_coverage().run().assert_ok();
}
