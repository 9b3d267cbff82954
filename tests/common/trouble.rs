//! Random links and random plans, for laws that hold whatever happens. Nodes are called `node/0`, `node/1`, ….

use cluster_sim::prelude::*;
use cluster_sim::{LinkOrder, StaleDelivery};
use proptest::prelude::*;

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn share(share: f64) -> Ratio {
    Ratio::new(share).expect("a share from 0 to 1")
}

fn any_share() -> impl Strategy<Value = Ratio> {
    prop_oneof![Just(Ratio::ZERO), Just(Ratio::ONE), (0.0..0.5).prop_map(share)]
}

fn any_delay() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        (0_u64..40).prop_map(|after| Distribution::constant(milliseconds(after))),
        (0_u64..20, 0_u64..40).prop_map(|(from, more)| Distribution::uniform(milliseconds(from), milliseconds(from + more))),
        (1_u64..20).prop_map(|mean| Distribution::exponential(milliseconds(mean), milliseconds(mean * 8))),
    ]
}

prop_compose! {
    /// Any model of links that loses less than it carries.
    pub(crate) fn any_link()(
        delay in any_delay(),
        loss in (0.0..0.4_f64).prop_map(share),
        duplicate in any_share(),
        reorder in any_share(),
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

/// A span up to `longest`, or no end at all.
fn any_lasting(longest: Duration) -> impl Strategy<Value = Option<Duration>> {
    prop::option::weighted(0.8, (0..longest.as_millis() as u64).prop_map(milliseconds))
}

/// Any fault of a cluster of so many nodes, up to so long.
fn any_fault(nodes: u32, longest: Duration) -> impl Strategy<Value = Fault> {
    let name = |index: u32| format!("node/{index}");
    let sides = prop::collection::vec(any::<bool>(), nodes as usize);
    let node = (0..nodes).prop_map(name);
    prop_oneof![
        4 => (sides.clone(), sides, any::<bool>(), any_lasting(longest)).prop_map(move |(from, to, both_ways, lasting)| {
            let pick = |side: Vec<bool>| (0_u32..).zip(side).filter(|(_, stands)| *stands).map(|(node, _)| name(node)).collect();
            Fault::Cut { from: pick(from), to: pick(to), both_ways, duration: lasting }
        }),
        1 => Just(Fault::HealAll),
        3 => (node.clone(), any_lasting(longest)).prop_map(|(node, down_for)| Fault::Crash { node, down_for }),
        2 => node.clone().prop_map(|node| Fault::Restart { node }),
        1 => node.clone().prop_map(|node| Fault::Resume { node }),
        // Somebody is always left to look at.
        1 => (1..nodes).prop_map(move |index| Fault::Kill { node: name(index) }),
        3 => (node, any_lasting(longest)).prop_map(|(node, lasting)| Fault::Pause { node, duration: lasting }),
        2 => ("[ab]", any_share(), any_lasting(longest))
            .prop_map(|(rule, ratio, lasting)| Fault::Loss { links: "default".to_owned(), rule, ratio, duration: lasting }),
        1 => any_link().prop_map(|model| Fault::Links { links: "default".to_owned(), model }),
    ]
}

prop_compose! {
    /// Any faults of a cluster of so many nodes, each of which strikes within `span` and lasts up to `longest` or has no end.
    pub(crate) fn any_plan(nodes: u32, span: Duration, longest: Duration)(
        faults in prop::collection::vec((0..span.as_micros() as u64, any_fault(nodes, longest)), 0..14),
    ) -> FaultPlan {
        faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(Duration::from_micros(at), fault))
    }
}
