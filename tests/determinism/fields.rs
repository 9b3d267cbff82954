//! A digest that left one field out would be the same for two of these runs.
//!
//! The records themselves are held against each other first, so that a row proves what it says: the runs differ in that field, and
//! in no other that is not named beside it.

use std::collections::BTreeSet;

use cluster_sim::{Fault, Ratio, Record, Sim};
use rstest::rstest;

use crate::stories::Story;

/// The names of the fields in which two runs of equally many records differ.
fn differing(one: &[Record], other: &[Record]) -> BTreeSet<&'static str> {
    assert_eq!(one.len(), other.len(), "{one:#?}\n{other:#?}");
    let mut names = BTreeSet::new();
    for (one, other) in one.iter().zip(other) {
        // Taken apart whole, so that a new field is not forgotten here.
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

fn story() -> Story {
    Story::new()
}

fn sending(id: u64, text: &'static str) -> Story {
    story().sending(0, 1, id, text)
}

/// Declares that half of what goes over a class of links is lost.
fn lose(sim: &mut Sim, links: &str) {
    let (links, rule) = (links.to_owned(), "rule".to_owned());
    let fault = Fault::Loss { links, rule, ratio: Ratio::new(0.5).expect("a half"), duration: None };
    sim.inject(fault).expect("the story has these links");
}

/// Cuts the first actor off from others, twice.
fn cut_off(sim: &mut Sim, from: [&[u32]; 2]) {
    for others in from {
        let to = others.iter().map(|other| format!("actor/{other}")).collect();
        let cut = Fault::Cut { from: vec!["actor/0".to_owned()], to, both_ways: true, duration: None };
        sim.inject(cut).expect("the story has these nodes");
    }
}

/// Gives an actor a second life, and then a third one or a pause.
fn live_on(sim: &mut Sim, again: bool) {
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
#[case::receiver(sending(1, "one"), story().sending(0, 2, 1, "one"), &["node", "peer"])]
#[case::receiver_of_a_lost_note(
    sending(1, "one").disturbed(|sim| cut_off(sim, [&[1, 2], &[1, 2]])),
    story().sending(0, 2, 1, "one").disturbed(|sim| cut_off(sim, [&[1, 2], &[1, 2]])),
    &["peer"]
)]
#[case::name_of_a_timer(story().arming(1, 5), story().arming(2, 5), &["label"])]
#[case::instant_of_a_timer(story().arming(1, 5), story().arming(1, 6), &["at"])]
#[case::kind(story().disturbed(|sim| { sim.pause(1); }), story().disturbed(|sim| { sim.crash(1); }), &["kind"])]
#[case::node(story().disturbed(|sim| { sim.pause(1); }), story().disturbed(|sim| { sim.pause(2); }), &["node", "peer"])]
#[case::side_of_a_cut(
    story().disturbed(|sim| std::mem::forget(sim.partition_one_way([0], [1]))),
    story().disturbed(|sim| std::mem::forget(sim.partition_one_way([2], [1]))),
    &["node"]
)]
#[case::class_of_links(story().disturbed(|sim| lose(sim, "wide")), story().disturbed(|sim| lose(sim, "plain")), &["detail"])]
// The one message is eaten by the first cut or by the second; that both are there is equal in both runs.
#[case::which_cut_ate_it(
    story().sending(0, 2, 1, "one").disturbed(|sim| cut_off(sim, [&[1, 2], &[1]])),
    story().sending(0, 2, 1, "one").disturbed(|sim| cut_off(sim, [&[1], &[1, 2]])),
    &["detail"]
)]
#[case::incarnation(
    story().disturbed(|sim| live_on(sim, true)),
    story().disturbed(|sim| live_on(sim, false)),
    &["detail", "kind"]
)]
fn what_differs_between_two_runs_differs_in_their_digests(
    #[case] one: Story,
    #[case] other: Story,
    #[case] fields: &[&'static str],
) {
    let ((one, first), (other, second)) = (one.tell(), other.tell());
    assert_eq!(differing(&one, &other), fields.iter().copied().collect(), "{one:#?}\n{other:#?}");
    assert_ne!(first, second);
}

/// Two notes reach one actor at one instant, and the seed picks which one first.
fn meeting(seed: u64) -> Story {
    story().sending(0, 1, 1, "one").sending(2, 1, 2, "two").seeded(seed)
}

#[test]
fn the_order_of_one_instant_is_in_the_digest_and_the_seed_itself_is_not() {
    let told: Vec<_> = (0..32).map(|seed| meeting(seed).tell()).collect();
    let (first, _) = &told[0];
    let sorted = |records: &[Record]| {
        let mut lines: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
        lines.sort_unstable();
        lines
    };
    let orders: BTreeSet<String> = told.iter().map(|(records, _)| format!("{records:?}")).collect();
    assert!(orders.len() > 1 && orders.len() < told.len(), "{} orders in {} runs", orders.len(), told.len());
    for (records, digest) in &told {
        assert_eq!(sorted(records), sorted(first), "only the order differs");
        for (others, other) in &told {
            assert_eq!(records == others, digest == other);
        }
    }
}

#[test]
fn a_run_that_is_let_alone_has_the_digest_of_its_records() {
    let (records, digest) = story().sending(0, 1, 1, "one").arming(1, 5).tell();
    let mut folded = cluster_sim::Digest::default();
    records.iter().for_each(|record| folded.fold(record));
    assert_eq!(folded, digest);
}
