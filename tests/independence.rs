//! What happens on one link hangs on no other: change a link's model, or take a client out, and all else is the same to the nanosecond.

use cluster_sim::prelude::*;
use cluster_sim::{Change, Fate, Invariant, LinkOrder, Record, RecordKind};
use cluster_sim_testkit::echo::{Answered, ByCorrelation, ByOrdinal, BySendTime, Labels, echo};
use cluster_sim_testkit::units::milliseconds;

const CLIENTS: u32 = 8;
const GUEST: &str = "guest/0";
const LASTING: Duration = Duration::from_secs(10);

/// Keeps what the clients say of themselves, and when.
#[derive(Default)]
struct Diary {
    answered: Vec<(NodeId, VirtualInstant, Answered)>,
}

impl Invariant for Diary {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(answered) = change.fact::<Answered>() {
            self.answered.push((change.node(), world.now(), answered.clone()));
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.answered.len() as u64
    }
}

/// Everything that a run shows of all nodes but one, the server's own dealings with that one left out too.
#[derive(Debug, PartialEq)]
struct Trace {
    records: Vec<Record>,
    fates: Vec<(u64, Fate)>,
    answered: Vec<(NodeId, VirtualInstant, Answered)>,
}

impl Trace {
    fn without(apart: &str, scenario: &Scenario, seed: Seed, disturb: impl FnOnce(&mut Sim)) -> Self {
        let mut sim = scenario.clone().observe("diary", Diary::default).start(seed);
        let apart = sim.node(apart).expect("the node is declared");
        sim.keep_fates();
        sim.keep_records();
        disturb(&mut sim);
        // Whatever was done on the way, every run ends at one instant.
        sim.run_for((VirtualInstant::ZERO + LASTING).saturating_since(sim.now()));
        assert!(!sim.is_over());
        let elsewhere = |record: &&Record| {
            // What is done to links as a whole is no node's.
            record.node != apart
                && record.peer != apart
                && !matches!(record.kind, RecordKind::Links | RecordKind::Cut | RecordKind::Heal)
        };
        let sends = sim.records().iter().filter(|record| record.kind == RecordKind::Send);
        let fates = sends.zip(sim.fates()).filter(|(send, _)| elsewhere(send));
        let diary = sim.observer::<Diary>("diary").expect("the diary was added");
        Self {
            records: sim.records().iter().filter(elsewhere).copied().collect(),
            fates: fates.map(|(_, decided)| (decided.address, decided.fate)).collect(),
            answered: diary.answered.iter().filter(|(node, ..)| *node != apart).cloned().collect(),
        }
    }

    /// How many choices, events and facts differ from those of another trace, place by place.
    fn differences(&self, other: &Self) -> usize {
        fn differing<T: PartialEq>(one: &[T], other: &[T]) -> usize {
            one.iter().zip(other).filter(|(one, other)| one != other).count() + one.len().abs_diff(other.len())
        }
        differing(&self.records, &other.records) + differing(&self.fates, &other.fates) + differing(&self.answered, &other.answered)
    }

    /// Panics unless there is enough of it for a comparison to mean something.
    fn assert_rich(&self) {
        assert!(self.fates.len() > 1_000, "{} choices", self.fates.len());
        assert!(self.answered.len() > 500, "{} answers", self.answered.len());
        let kinds = [RecordKind::Send, RecordKind::Copy, RecordKind::Drop, RecordKind::Deliver, RecordKind::Timer];
        for kind in kinds {
            assert!(self.records.iter().filter(|record| record.kind == kind).count() > 100, "{kind:?}");
        }
        let lost = self.fates.iter().filter(|(_, fate)| matches!(fate, Fate::Lost { .. })).count();
        assert!(lost > 50 && lost < self.fates.len() / 2, "{lost} of {} lost", self.fates.len());
    }
}

fn lossy() -> LinkModel {
    LinkModel {
        delay: Distribution::log_normal(milliseconds(5), 0.7, milliseconds(80)),
        loss: Ratio::new(0.06).expect("a share"),
        duplicate: Ratio::new(0.05).expect("a share"),
        reorder: Ratio::new(0.1).expect("a share"),
        reorder_window: milliseconds(20),
        order: LinkOrder::Unordered,
        ..LinkModel::default()
    }
}

/// All ticks, sends and arrivals fall on whole milliseconds: many at one instant, whose order chance decides.
fn in_step() -> LinkModel {
    LinkModel { delay: Distribution::constant(milliseconds(5)), reorder: Ratio::ZERO, ..lossy() }
}

fn scenario(link: &LinkModel) -> Scenario {
    echo::<ByCorrelation>(CLIENTS, link).start_together()
}

/// What all others show when `disturb` is done to the guest's links is what they show without it, under several seeds.
#[track_caller]
fn assert_independent(disturb: impl Fn(&mut Sim)) {
    for (seed, link) in (0..3).flat_map(|seed| [(Seed(seed), lossy()), (Seed(seed), in_step())]) {
        let plain = Trace::without(GUEST, &scenario(&link), seed, |_| ());
        let disturbed = Trace::without(GUEST, &scenario(&link), seed, &disturb);
        plain.assert_rich();
        assert_eq!(plain.differences(&disturbed), 0, "under seed {seed}");
        // What was done to the guest was felt by it: seen from any client, the guest is part of the rest.
        let [plain, disturbed] = [&|_: &mut Sim| (), &disturb as &dyn Fn(&mut Sim)]
            .map(|disturb| Trace::without("client/0", &scenario(&link), seed, disturb));
        assert!(plain.differences(&disturbed) > 100, "nothing was done at all");
    }
}

fn inject(faults: &'static [&str], fault: impl Fn(&str) -> Fault) -> impl Fn(&mut Sim) {
    move |sim| faults.iter().for_each(|links| sim.inject(fault(links)).expect("the class is declared"))
}

const BOTH_WAYS: &[&str] = &["to guest", "from guest"];

/// n1, n17.
#[test]
fn another_delay_of_one_link_changes_no_choice_on_any_other() {
    let slow = LinkModel { delay: Distribution::uniform(milliseconds(1), milliseconds(50)), ..lossy() };
    assert_independent(inject(BOTH_WAYS, |links| Fault::Links { links: links.to_owned(), model: slow.clone() }));
}

/// n3, n5, n6.
#[test]
fn another_share_of_losses_copies_and_reorderings_of_one_link_changes_no_choice_on_any_other() {
    let share = |share| Ratio::new(share).expect("a share");
    let model = LinkModel { loss: share(0.3), duplicate: share(0.4), reorder: share(0.5), ..lossy() };
    assert_independent(inject(BOTH_WAYS, |links| Fault::Links { links: links.to_owned(), model: model.clone() }));
}

/// n3.
#[test]
fn a_loss_rule_on_one_class_changes_no_choice_on_any_other() {
    assert_independent(inject(&["to guest"], |links| Fault::Loss {
        links: links.to_owned(),
        rule: "storm".to_owned(),
        ratio: Ratio::new(0.5).expect("a share"),
        duration: None,
    }));
}

/// n10, n11.
#[test]
fn a_cut_of_one_link_changes_no_choice_on_any_other() {
    assert_independent(|sim| {
        let [from, to] = ["server/0", GUEST].map(|node| vec![node.to_owned()]);
        sim.inject(Fault::Cut { from, to, both_ways: false, duration: Some(Duration::from_secs(4)) }).expect("both are declared");
    });
}

/// p1, p3.
#[test]
fn what_happens_to_one_client_changes_no_choice_of_any_other() {
    assert_independent(|sim| {
        sim.run_for(milliseconds(500));
        assert!(sim.crash(9));
        sim.run_for(milliseconds(700));
        assert!(sim.restart(9));
        sim.run_for(milliseconds(300));
        assert!(sim.pause(9));
        sim.run_for(milliseconds(800));
        assert!(sim.resume(9));
    });
}

/// A shrunk scenario leaves a hole; nothing is renumbered. Whatever names the messages, their names are those of one link.
#[test]
fn a_client_that_is_left_out_changes_no_choice_of_any_other() {
    for seed in (0..3).map(Seed) {
        for link in [lossy(), in_step()] {
            assert_left_out::<ByCorrelation>(&link, seed);
            assert_left_out::<BySendTime>(&link, seed);
            assert_left_out::<ByOrdinal>(&link, seed);
        }
    }
}

fn assert_left_out<L: Labels>(link: &LinkModel, seed: Seed) {
    let scenario = echo::<L>(CLIENTS, link).start_together();
    let whole = Trace::without("client/3", &scenario, seed, |_| ());
    let shrunk = Trace::without("client/3", &scenario.without("client/3"), seed, |_| ());
    whole.assert_rich();
    assert_eq!(whole.differences(&shrunk), 0, "under seed {seed}");
}

/// The negative control: the comparison sees a change where there is one.
#[test]
fn another_seed_changes_nearly_every_choice() {
    let [one, other] = [1, 2].map(|seed| Trace::without(GUEST, &scenario(&lossy()), Seed(seed), |_| ()));
    assert!(one.differences(&other) * 10 > (one.records.len() + one.fates.len() + one.answered.len()) * 9);
}
