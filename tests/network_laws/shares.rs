//! A probability of 0 never applies and one of 1 always does.

use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::faults::loss;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;

use crate::sender::{causes, dropped, numbers, received, send_many, senders, start};

const COUNT: u64 = 60;

fn after_many(model: LinkModel, fault: Option<Fault>, seed: u64) -> Sim {
    let mut sim = start(&senders(2, model), seed);
    if let Some(fault) = fault {
        sim.inject(fault).unwrap();
    }
    send_many(&mut sim, 0, 1, COUNT);
    sim
}

fn rule(ratio: Ratio) -> Option<Fault> {
    Some(loss("default", "chaos", ratio, None))
}

fn copied(sim: &Sim) -> u64 {
    sim.inspect(|world| world.traffic().copied)
}

proptest! {
    #![proptest_config(cases(24))]

    /// n3.
    #[test]
    fn loss_0_loses_nothing_and_loss_1_everything(seed in any::<u64>()) {
        let none = after_many(LinkModel { loss: Ratio::ZERO, ..ten() }, None, seed);
        prop_assert_eq!(numbers(&none, 1).len() as u64, COUNT);
        prop_assert_eq!(dropped(&none), causes([]));
        let all = after_many(LinkModel { loss: Ratio::ONE, ..ten() }, None, seed);
        prop_assert_eq!(numbers(&all, 1).len(), 0);
        prop_assert_eq!(dropped(&all), causes([("loss", COUNT)]));
    }

    /// n3.
    #[test]
    fn a_loss_rule_of_0_or_1_loses_nothing_or_everything(seed in any::<u64>()) {
        let none = after_many(ten(), rule(Ratio::ZERO), seed);
        prop_assert_eq!((numbers(&none, 1).len() as u64, dropped(&none)), (COUNT, causes([])));
        let all = after_many(ten(), rule(Ratio::ONE), seed);
        prop_assert_eq!((numbers(&all, 1).len() as u64, dropped(&all)), (0, causes([("chaos", COUNT)])));
    }

    /// n5.
    #[test]
    fn duplication_0_copies_nothing_and_1_everything_once(seed in any::<u64>()) {
        let none = after_many(LinkModel { duplicate: Ratio::ZERO, ..ten() }, None, seed);
        prop_assert_eq!((numbers(&none, 1).len() as u64, copied(&none)), (COUNT, 0));
        let all = after_many(LinkModel { duplicate: Ratio::ONE, ..ten() }, None, seed);
        let mut arrived: Vec<u64> = numbers(&all, 1);
        arrived.sort_unstable();
        prop_assert_eq!(arrived, (0..COUNT).flat_map(|number| [number, number]).collect::<Vec<u64>>());
        prop_assert_eq!(copied(&all), COUNT);
    }

    /// n6.
    #[test]
    fn reordering_0_holds_back_nothing_and_1_everything(seed in any::<u64>()) {
        let late = |reorder| {
            let sim = after_many(LinkModel { reorder, reorder_window: milliseconds(30), ..ten() }, None, seed);
            let late = |message: &&crate::sender::Received| message.at.since_zero() > milliseconds(message.number + 10);
            received(&sim, 1).iter().filter(late).count() as u64
        };
        prop_assert_eq!((late(Ratio::ZERO), late(Ratio::ONE)), (0, COUNT));
    }
}

/// n3, n5: and a copy is neither lost nor copied again.
#[test]
fn a_lost_message_has_no_copy() {
    let sim = after_many(LinkModel { loss: Ratio::ONE, duplicate: Ratio::ONE, ..ten() }, None, 7);
    assert_eq!((copied(&sim), numbers(&sim, 1).len()), (0, 0));
    let sim = after_many(LinkModel { loss: ratio(0.5), duplicate: Ratio::ONE, ..ten() }, None, 7);
    let traffic = sim.inspect(|world| world.traffic());
    assert_eq!((traffic.delivered, traffic.copied), (2 * (COUNT - traffic.lost()), COUNT - traffic.lost()));
}

/// n3: a rule applies in addition to the link's loss.
#[test]
fn the_loss_of_a_link_and_a_rule_are_independent() {
    let mut sim = start(&senders(2, LinkModel { loss: ratio(0.5), ..ten() }), 7);
    sim.inject(rule(ratio(0.5)).expect("a rule")).unwrap();
    send_many(&mut sim, 0, 1, 2_000);
    let dropped = dropped(&sim);
    assert!((900..1_100).contains(&dropped["loss"]), "{dropped:?}");
    assert!((430..570).contains(&dropped["chaos"]), "{dropped:?}: half of the half that the link let pass");
}
