//! Random link models and random fault plans, for properties that hold under every fault. Nodes are named `node/0`, `node/1`, ….

use cluster_sim::fault::{Clocks, SignedDuration};
use cluster_sim::net::{Impairment, LinkOrder, StaleDelivery};
use cluster_sim::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::arbitrary_disks::any_disk_fault;
use crate::faults;
use crate::units::{milliseconds, ratio};

/// Tries a property on `count` random cases.
///
/// A failing case is printed whole, so none is written to a file.
pub fn cases(count: u32) -> Config {
    Config { cases: count, failure_persistence: None, ..Config::default() }
}

fn any_ratio() -> impl Strategy<Value = Ratio> {
    prop_oneof![Just(Ratio::ZERO), Just(Ratio::ONE), (0.0..0.5).prop_map(ratio)]
}

fn any_delay() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        (0_u64..40).prop_map(|delay| Distribution::constant(milliseconds(delay))),
        (0_u64..20, 0_u64..40).prop_map(|(from, more)| Distribution::uniform(milliseconds(from), milliseconds(from + more))),
        (1_u64..20).prop_map(|mean| Distribution::exponential(milliseconds(mean), milliseconds(mean * 8))),
    ]
}

prop_compose! {
    /// Any link model that loses less than 40 percent.
    pub fn any_link()(
        delay in any_delay(),
        loss in (0.0..0.4_f64).prop_map(ratio),
        duplicate in any_ratio(),
        reorder in any_ratio(),
        window in 1_u64..50,
        order in prop_oneof![Just(LinkOrder::Unordered), Just(LinkOrder::Fifo)],
        priority in any::<u8>(),
        stale in prop_oneof![Just(StaleDelivery::Deliver), Just(StaleDelivery::Drop)],
    ) -> LinkModel {
        LinkModel {
            delay, loss, duplicate, reorder, reorder_window: milliseconds(window), order, priority, stale, ..LinkModel::default()
        }
    }
}

prop_compose! {
    fn any_impairment()(
        loss in any_ratio(),
        delay in 1_u64..40,
        duplicate in any_ratio(),
        reorder in any_ratio(),
        window in 1_u64..50,
    ) -> Impairment {
        let [delay, reorder_window] = [delay, window].map(milliseconds);
        Impairment { loss, delay, duplicate, reorder, reorder_window }
    }
}

/// A duration below `longest`, or in one case of five none.
fn any_duration(longest: Duration) -> impl Strategy<Value = Option<Duration>> {
    prop::option::weighted(0.8, (0..longest.as_millis() as u64).prop_map(milliseconds))
}

fn any_clocks() -> impl Strategy<Value = Clocks> {
    prop_oneof![Just(Clocks::Wall), Just(Clocks::Monotonic), Just(Clocks::Both)]
}

/// Any fault of the clocks or timers of one of `nodes` nodes.
pub fn any_clock_fault(nodes: u32, longest: Duration) -> impl Strategy<Value = ClockFault> {
    let node = || (0..nodes).prop_map(|index| format!("node/{index}"));
    let by = || (-2_000_000_000_i64..=2_000_000_000).prop_map(SignedDuration::from_nanoseconds);
    let millis = |from: u64, to: u64| (from..to).prop_map(milliseconds);
    let nanos = |to: u64| (1..to).prop_map(Duration::from_nanos);
    let lasts = || any_duration(longest);
    prop_oneof![
        (node(), by()).prop_map(|(node, by)| ClockFault::Step { node, by }),
        (node(), by(), lasts()).prop_map(|(node, by, duration)| ClockFault::Offset { node, by, duration }),
        (node(), any_clocks(), -500_000_000_i64..=1_000_000_000, lasts())
            .prop_map(|(node, clocks, ppb, duration)| ClockFault::Drift { node, clocks, ppb, duration }),
        (node(), any_clocks(), -500_000_000_i64..=500_000_000, millis(16, 400), lasts())
            .prop_map(|(node, clocks, ppb, period, duration)| ClockFault::PeriodicDrift { node, clocks, ppb, period, duration }),
        (node(), any_clocks(), 0_u32..=500_000_000, any::<u32>(), millis(1, 50), lasts()).prop_map(
            |(node, clocks, most_ppb, step_ppb, every, duration)| {
                ClockFault::RandomDrift { node, clocks, most_ppb, step_ppb, every, duration }
            }
        ),
        (node(), any_clocks(), lasts()).prop_map(|(node, clocks, duration)| ClockFault::Freeze { node, clocks, duration }),
        (node(), by(), millis(2, 60), lasts()).prop_map(|(node, by, period, duration)| ClockFault::Strobe {
            node,
            by,
            period,
            duration
        }),
        (node(), nanos(50_000_000), lasts()).prop_map(|(node, resolution, duration)| ClockFault::CoarseClock {
            node,
            resolution,
            duration
        }),
        (node(), any_ratio(), nanos(50_000_000), lasts()).prop_map(|(node, share, up_to, duration)| ClockFault::LateTimers {
            node,
            share,
            up_to,
            duration
        }),
        (node(), nanos(50_000_000), lasts()).prop_map(|(node, window, duration)| ClockFault::CoalescedTimers {
            node,
            window,
            duration
        }),
    ]
}

/// Any fault of several nodes at once.
///
/// Node 0 is never killed, so that checks always have a node to read.
fn any_domain_fault(nodes: u32, longest: Duration) -> impl Strategy<Value = DomainFault> {
    let some = |first: u32| {
        prop::collection::vec(first..nodes, 1..=nodes as usize).prop_map(|indexes| {
            let names = indexes.into_iter().map(|index| format!("node/{index}"));
            names.collect::<Vec<String>>()
        })
    };
    prop_oneof![
        2 => (some(0), any_duration(longest)).prop_map(|(nodes, down_for)| DomainFault::CrashAll { nodes, down_for }),
        1 => some(1).prop_map(|nodes| DomainFault::KillAll { nodes }),
        2 => (some(0), any_duration(longest)).prop_map(|(nodes, duration)| DomainFault::PauseAll { nodes, duration }),
        2 => (some(0), 0_u64..40, 0_u64..40).prop_map(|(nodes, down_for, pause)| {
            DomainFault::RollingRestart { nodes, down_for: milliseconds(down_for), pause: milliseconds(pause) }
        }),
    ]
}

/// Any fault of the process on a node.
fn any_process_fault(nodes: u32, longest: Duration) -> impl Strategy<Value = ProcessFault> {
    let node = move || (0..nodes).prop_map(|index| format!("node/{index}"));
    let micros = |from: u64, to: Duration| (from..to.as_micros() as u64).prop_map(Duration::from_micros);
    let lasts = || any_duration(longest);
    prop_oneof![
        (node(), micros(0, longest), lasts()).prop_map(|(node, deadline, down_for)| ProcessFault::GracefulStop {
            node,
            deadline,
            down_for
        }),
        (node(), micros(1, milliseconds(20)), lasts()).prop_map(|(node, step_time, duration)| ProcessFault::Slow {
            node,
            step_time,
            duration
        }),
        (node(), 1_u32..=100, lasts())
            .prop_map(|(node, percent, duration)| { ProcessFault::CancelTasks { node, share: Ratio::percent(percent), duration } }),
        (prop::collection::vec(node(), 1..4), lasts()).prop_map(|(nodes, duration)| ProcessFault::EqualRandom { nodes, duration }),
        (node(), 1_u32..9, lasts(), lasts()).prop_map(|(node, message, down_for, duration)| ProcessFault::PoisonMessage {
            node,
            message,
            down_for,
            duration
        }),
        (node(), 1_u32..9, lasts(), lasts()).prop_map(|(node, operation, down_for, duration)| ProcessFault::CrashInIo {
            node,
            operation,
            down_for,
            duration
        }),
        (node(), 1_u32..=100, lasts(), lasts()).prop_map(|(node, percent, down_for, duration)| {
            ProcessFault::RandomCrashInIo { node, share: Ratio::percent(percent), down_for, duration }
        }),
    ]
}

/// Any fault of a cluster of `nodes` nodes, of every kind.
fn any_fault(nodes: u32, longest: Duration) -> impl Strategy<Value = Fault> {
    let name = |index: u32| format!("node/{index}");
    // Each node is on one side of a cut, on the other, or on none.
    let sides = prop::collection::vec(0..3, nodes as usize).prop_map(move |sides: Vec<i32>| {
        let on = |side| (0_u32..).zip(&sides).filter(move |(_, of)| **of == side).map(|(node, _)| name(node)).collect();
        let both: [Vec<String>; 2] = [on(0), on(1)];
        both
    });
    let node = (0..nodes).prop_map(name);
    // Of what is done again and again: how long it is bad at a time, and good in between.
    let turns = || (5_u64..200, 5_u64..200).prop_map(|(bad, good)| (milliseconds(bad), milliseconds(good)));
    prop_oneof![
        4 => (sides.clone(), any::<bool>(), any_duration(longest))
            .prop_map(|([from, to], both_ways, duration)| NetworkFault::Cut { from, to, both_ways, duration }.into()),
        2 => (sides.clone(), any::<bool>(), any_impairment(), any_duration(longest)).prop_map(
            |([from, to], both_ways, by, duration)| LinkFault::Impair { from, to, both_ways, by, duration }.into(),
        ),
        1 => (any_impairment(), any_duration(longest))
            .prop_map(|(by, duration)| LinkFault::ImpairLinks { links: "default".to_owned(), by, duration }.into()),
        2 => (sides.clone(), any::<bool>(), any_duration(longest))
            .prop_map(|([from, to], both_ways, duration)| LinkFault::Hold { from, to, both_ways, duration }.into()),
        1 => Just(LinkFault::ReleaseAll.into()),
        2 => sides.clone().prop_map(|[from, to]| LinkFault::ResetSessions { from, to }.into()),
        2 => (sides, any::<bool>(), turns(), any_duration(longest)).prop_map(
            |([from, to], both_ways, (cut_for, open_for), duration)| {
                NetworkFault::Flap { from, to, both_ways, cut_for, open_for, duration }.into()
            },
        ),
        1 => Just(NetworkFault::HealAll.into()),
        3 => (node.clone(), any_duration(longest)).prop_map(|(node, down_for)| NodeFault::Crash { node, down_for }.into()),
        2 => (node.clone(), turns(), any_duration(longest)).prop_map(|(node, (down_for, up_for), duration)| {
            NodeFault::CrashLoop { node, down_for, up_for, duration }.into()
        }),
        2 => node.clone().prop_map(|node| NodeFault::Restart { node }.into()),
        1 => node.clone().prop_map(|node| NodeFault::Resume { node }.into()),
        // Node 0 is never killed, so that checks always have a node to read.
        1 => (1..nodes).prop_map(move |index| NodeFault::Kill { node: name(index) }.into()),
        3 => (node, any_duration(longest)).prop_map(|(node, duration)| NodeFault::Pause { node, duration }.into()),
        2 => ("[ab]", any_ratio(), any_duration(longest))
            .prop_map(|(rule, ratio, duration)| faults::loss("default", &rule, ratio, duration)),
        3 => any_clock_fault(nodes, longest).prop_map(Fault::from),
        3 => any_disk_fault(nodes, longest).prop_map(Fault::from),
        3 => any_domain_fault(nodes, longest).prop_map(Fault::from),
        4 => any_process_fault(nodes, longest).prop_map(Fault::from),
        1 => any_link().prop_map(|model| NetworkFault::Links { links: "default".to_owned(), model }.into()),
    ]
}

prop_compose! {
    /// Up to 13 faults of a cluster of `nodes` nodes, each applied within `span`.
    ///
    /// Each lasts less than `longest`, or has no end.
    pub fn any_plan(nodes: u32, span: Duration, longest: Duration)(
        faults in prop::collection::vec((0..span.as_micros() as u64, any_fault(nodes, longest)), 0..14),
    ) -> FaultPlan {
        faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(Duration::from_micros(at), fault))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::arbitrary_objects::any_object_fault;

    #[test]
    fn every_kind_of_fault_is_drawn() {
        // An unknown kind is refused with the list of all.
        let refusal = serde_json::from_str::<Fault>("\"\"").expect_err("no kind has an empty name").to_string();
        let (_, known) = refusal.split_once("expected one of ").expect("the refusal lists the kinds");
        let known: BTreeSet<&str> = known.split('`').skip(1).step_by(2).collect();
        assert!(known.contains("cut") && known.contains("crash"), "{refusal}");
        let (mut runner, plans) = (TestRunner::deterministic(), any_plan(4, milliseconds(300), milliseconds(100)));
        let plan = |_| plans.new_tree(&mut runner).expect("nothing is filtered").current();
        let mut drawn: BTreeSet<String> = (0..200)
            .map(plan)
            .flat_map(|plan| plan.faults().iter().map(|scheduled| scheduled.fault.kind().replace(' ', "_")).collect::<Vec<_>>())
            .collect();
        // Those of object stores need a store, so they are drawn apart.
        let objects = any_object_fault("s3/0", milliseconds(100));
        let object = |_| Fault::from(objects.new_tree(&mut runner).expect("nothing is filtered").current());
        drawn.extend((0..400).map(object).map(|fault| fault.kind().replace(' ', "_")));
        // A crash at a failpoint needs a point that the scenario declares.
        let known = known.into_iter().filter(|kind| *kind != "crash_at");
        assert_eq!(drawn, known.map(str::to_owned).collect());
    }
}
