//! Links are independent: a change of one link or client leaves everything else unchanged to the nanosecond.

use cluster_sim::Invariant;
use cluster_sim::check::Change;
use cluster_sim::net::{Fate, LinkOrder};
use cluster_sim::prelude::*;
use cluster_sim::report::{Record, RecordKind};
use cluster_sim_testkit::echo::{Answered, ByCorrelation, ByOrdinal, BySendTime, Labels, echo};
use cluster_sim_testkit::faults::{loss, one_way_cut};
use cluster_sim_testkit::units::{milliseconds, ratio, seconds};

const CLIENTS: u32 = 8;
const GUEST: &str = "guest/0";
const DURATION: Duration = Duration::from_secs(10);

/// Keeps the answers that clients report, and when.
#[derive(Default)]
struct Answers {
    answered: Vec<(NodeId, VirtualInstant, Answered)>,
}

impl Invariant for Answers {
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

/// Everything that happens in a run apart from one node and the messages to and from it.
#[derive(Debug, PartialEq)]
struct Trace {
    records: Vec<Record>,
    fates: Vec<(u64, Fate)>,
    answered: Vec<(NodeId, VirtualInstant, Answered)>,
}

impl Trace {
    fn without(apart: &str, scenario: &Scenario, seed: Seed, disturb: impl FnOnce(&mut Sim)) -> Self {
        let mut sim = scenario.clone().observe("diary", Answers::default).start(seed);
        let apart = sim.node(apart).expect("the node is declared");
        sim.keep_fates();
        sim.keep_records();
        disturb(&mut sim);
        // Every run ends at one instant, whatever `disturb` did.
        sim.run_for((VirtualInstant::ZERO + DURATION).saturating_since(sim.now()));
        assert!(!sim.is_over());
        let is_of_others = |record: &&Record| {
            // Records about links belong to no node.
            record.node != apart
                && record.peer != apart
                && !matches!(record.kind, RecordKind::Links | RecordKind::Cut | RecordKind::Heal)
        };
        let sends = sim.records().iter().filter(|record| record.kind == RecordKind::Send);
        let fates = sends.zip(sim.fates()).filter(|(send, _)| is_of_others(send));
        let diary = sim.observer::<Answers>("diary").expect("the diary was added");
        Self {
            records: sim.records().iter().filter(is_of_others).copied().collect(),
            fates: fates.map(|(_, decided)| (decided.address, decided.fate)).collect(),
            answered: diary.answered.iter().filter(|(node, ..)| *node != apart).cloned().collect(),
        }
    }

    /// How many fates, records and facts differ from those of another trace, position by position.
    fn differences(&self, other: &Self) -> usize {
        fn differing<T: PartialEq>(one: &[T], other: &[T]) -> usize {
            one.iter().zip(other).filter(|(one, other)| one != other).count() + one.len().abs_diff(other.len())
        }
        differing(&self.records, &other.records) + differing(&self.fates, &other.fates) + differing(&self.answered, &other.answered)
    }

    /// Asserts that the trace is large enough to compare.
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
        loss: ratio(0.06),
        duplicate: ratio(0.05),
        reorder: ratio(0.1),
        reorder_window: milliseconds(20),
        order: LinkOrder::Unordered,
        ..LinkModel::default()
    }
}

/// All ticks, sends and arrivals fall on whole milliseconds; events that share an instant have a random order.
fn in_step() -> LinkModel {
    LinkModel { delay: Distribution::constant(milliseconds(5)), reorder: Ratio::ZERO, ..lossy() }
}

fn scenario(link: &LinkModel) -> Scenario {
    echo::<ByCorrelation>(CLIENTS, link).start_together()
}

/// Asserts, under several seeds, that `disturb` of the guest changes nothing in the trace of all others.
#[track_caller]
fn assert_independent(disturb: impl Fn(&mut Sim)) {
    for (seed, link) in (0..3).flat_map(|seed| [(Seed(seed), lossy()), (Seed(seed), in_step())]) {
        let plain = Trace::without(GUEST, &scenario(&link), seed, |_| ());
        let disturbed = Trace::without(GUEST, &scenario(&link), seed, &disturb);
        plain.assert_rich();
        assert_eq!(plain.differences(&disturbed), 0, "under seed {seed}");
        // The disturbance had an effect: in the trace of the rest of any other client, the guest counts.
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
fn another_delay_of_one_link_changes_no_other_link() {
    let slow = LinkModel { delay: Distribution::uniform(milliseconds(1), milliseconds(50)), ..lossy() };
    assert_independent(inject(BOTH_WAYS, |links| NetworkFault::Links { links: links.to_owned(), model: slow.clone() }.into()));
}

/// n3, n5, n6.
#[test]
fn other_loss_copies_and_reordering_of_one_link_change_no_other_link() {
    let share = |share| Ratio::new(share).expect("a share");
    let model = LinkModel { loss: share(0.3), duplicate: share(0.4), reorder: share(0.5), ..lossy() };
    assert_independent(inject(BOTH_WAYS, |links| NetworkFault::Links { links: links.to_owned(), model: model.clone() }.into()));
}

/// n3.
#[test]
fn a_loss_rule_on_one_link_changes_no_other_link() {
    assert_independent(inject(&["to guest"], |links| loss(links, "storm", ratio(0.5), None)));
}

/// n10, n11.
#[test]
fn a_cut_of_one_link_changes_no_other_link() {
    assert_independent(|sim| {
        sim.inject(one_way_cut(["server/0"], [GUEST], seconds(4))).expect("both are declared");
    });
}

/// p1, p3.
#[test]
fn faults_of_one_client_change_no_other_client() {
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

/// Leaving a node out renumbers nothing, and labels belong to one link, however messages are labelled.
#[test]
fn leaving_out_one_client_changes_no_other_client() {
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
    let without = Trace::without("client/3", &scenario.without("client/3"), seed, |_| ());
    whole.assert_rich();
    assert_eq!(whole.differences(&without), 0, "under seed {seed}");
}

/// The negative control.
#[test]
fn another_seed_changes_nearly_everything() {
    let [one, other] = [1, 2].map(|seed| Trace::without(GUEST, &scenario(&lossy()), Seed(seed), |_| ()));
    assert!(one.differences(&other) * 10 > (one.records.len() + one.fates.len() + one.answered.len()) * 9);
}
