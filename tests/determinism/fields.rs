//! Every field of a record enters the digest: runs that differ in one field differ in their digests.
//!
//! The records are compared first, so that each row proves that its runs differ in the named fields and in no other.

use std::collections::BTreeSet;

use cluster_sim::Sim;
use cluster_sim::fault::NetworkFault;
use cluster_sim::report::Record;
use cluster_sim_testkit::faults::loss;
use cluster_sim_testkit::units::ratio;
use rstest::rstest;

use crate::cases::Case;

/// The fields in which two runs of equally many records differ.
fn differing(one: &[Record], other: &[Record]) -> BTreeSet<&'static str> {
    assert_eq!(one.len(), other.len(), "{one:#?}\n{other:#?}");
    let mut names = BTreeSet::new();
    for (one, other) in one.iter().zip(other) {
        // Destructured, so that a new field does not compile until it is added here.
        let Record { at, kind, node, peer, detail, label, length, payload } = *one;
        let fields = [
            ("at", at != other.at),
            ("kind", kind != other.kind),
            ("node", node != other.node),
            ("peer", peer != other.peer),
            ("detail", detail != other.detail),
            ("label", label != other.label),
            ("length", length != other.length),
            ("payload", payload != other.payload),
        ];
        names.extend(fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name));
    }
    names
}

fn case() -> Case {
    Case::new()
}

fn sending(id: u64, text: &'static str) -> Case {
    case().with_send(0, 1, id, text)
}

/// Adds a loss rule of one half to a class of links.
fn lose(sim: &mut Sim, links: &str) {
    sim.inject(loss(links, "rule", ratio(0.5), None)).expect("the case has these links");
}

/// Cuts the first actor from others, two times.
fn cut_off(sim: &mut Sim, from: [&[u32]; 2]) {
    for others in from {
        let to = others.iter().map(|other| format!("actor/{other}")).collect();
        let cut = NetworkFault::Cut { from: vec!["actor/0".to_owned()], to, both_ways: true, duration: None };
        sim.inject(cut).expect("the case has these nodes");
    }
}

/// Restarts an actor, and then restarts it again or pauses it.
fn restart_and(sim: &mut Sim, again: bool) {
    sim.crash(1);
    sim.restart(1);
    if again {
        sim.crash(1);
        sim.restart(1);
    } else {
        sim.pause(1);
        sim.resume(1);
    }
}

#[rstest]
#[case::content(sending(1, "one"), sending(1, "two"), &["payload"])]
#[case::length(sending(1, "one"), sending(1, "three"), &["length", "payload"])]
#[case::label(sending(1, "one"), sending(2, "one"), &["label"])]
#[case::receiver(sending(1, "one"), case().with_send(0, 2, 1, "one"), &["node", "peer"])]
#[case::receiver_of_a_lost_note(
    sending(1, "one").with_disturbance(|sim| cut_off(sim, [&[1, 2], &[1, 2]])),
    case().with_send(0, 2, 1, "one").with_disturbance(|sim| cut_off(sim, [&[1, 2], &[1, 2]])),
    &["peer"]
)]
#[case::name_of_a_timer(case().with_timer(1, 5), case().with_timer(2, 5), &["label"])]
#[case::instant_of_a_timer(case().with_timer(1, 5), case().with_timer(1, 6), &["at"])]
#[case::kind(case().with_disturbance(|sim| { sim.pause(1); }), case().with_disturbance(|sim| { sim.crash(1); }), &["kind"])]
#[case::node(case().with_disturbance(|sim| { sim.pause(1); }), case().with_disturbance(|sim| { sim.pause(2); }), &["node", "peer"])]
#[case::side_of_a_cut(
    case().with_disturbance(|sim| std::mem::forget(sim.partition_one_way([0], [1]))),
    case().with_disturbance(|sim| std::mem::forget(sim.partition_one_way([2], [1]))),
    &["node"]
)]
#[case::class_of_links(
    case().with_disturbance(|sim| lose(sim, "wide")),
    case().with_disturbance(|sim| lose(sim, "plain")),
    &["detail"]
)]
// The message is dropped by the first cut or by the second; both runs have both cuts.
#[case::which_cut_dropped_it(
    case().with_send(0, 2, 1, "one").with_disturbance(|sim| cut_off(sim, [&[1, 2], &[1]])),
    case().with_send(0, 2, 1, "one").with_disturbance(|sim| cut_off(sim, [&[1], &[1, 2]])),
    &["detail"]
)]
#[case::incarnation(
    case().with_disturbance(|sim| restart_and(sim, true)),
    case().with_disturbance(|sim| restart_and(sim, false)),
    &["detail", "kind"]
)]
fn every_field_that_differs_changes_the_digest(#[case] one: Case, #[case] other: Case, #[case] fields: &[&'static str]) {
    let ((one, first), (other, second)) = (one.run(), other.run());
    assert_eq!(differing(&one, &other), fields.iter().copied().collect(), "{one:#?}\n{other:#?}");
    assert_ne!(first, second);
}

/// Two notes reach one actor at one instant, in an order that the seed decides.
fn meeting(seed: u64) -> Case {
    case().with_send(0, 1, 1, "one").with_send(2, 1, 2, "two").with_seed(seed)
}

#[test]
fn the_digest_covers_the_order_of_one_instant_but_not_the_seed() {
    let runs: Vec<_> = (0..32).map(|seed| meeting(seed).run()).collect();
    let (first, _) = &runs[0];
    let sorted = |records: &[Record]| {
        let mut lines: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
        lines.sort_unstable();
        lines
    };
    let orders: BTreeSet<String> = runs.iter().map(|(records, _)| format!("{records:?}")).collect();
    assert!(orders.len() > 1 && orders.len() < runs.len(), "{} orders in {} runs", orders.len(), runs.len());
    for (records, digest) in &runs {
        assert_eq!(sorted(records), sorted(first), "only the order differs");
        for (others, other) in &runs {
            assert_eq!(records == others, digest == other);
        }
    }
}

#[test]
fn an_undisturbed_run_has_the_digest_of_its_records() {
    let (records, digest) = case().with_send(0, 1, 1, "one").with_timer(1, 5).run();
    let mut folded = cluster_sim::report::Digest::default();
    records.iter().for_each(|record| folded.fold(record));
    assert_eq!(folded, digest);
}
