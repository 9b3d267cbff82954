//! A guard heals its cut wherever it is dropped, once, and counts what the cut ate.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use cluster_sim::prelude::*;
use cluster_sim::{RecordKind, Traffic};
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::speaker::{begin_speakers, dropped, numbers, say, speakers};

/// Where a test leaves a guard for a machine to find.
type Drawer = Arc<Mutex<Option<NetworkPartition>>>;

/// Drops the guard in the drawer when it is called, and says something to its peer when a timer tells it to; panics if asked.
struct Healer {
    drawer: Drawer,
    peer: NodeId,
    heard: u64,
}

impl Machine for Healer {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Call(0) => panic!("asked to"),
            Input::Call(number) => {
                drop(self.drawer.lock().expect("nobody panics while holding it").take());
                // Carried out at the end of this step, so while the cut is still in force.
                effects.send(self.peer, number);
                effects.set_timer(Timer(number), Duration::ZERO);
            }
            // The next step, at the same instant.
            Input::Timer(Timer(number)) => effects.send(self.peer, number),
            Input::Message { .. } => self.heard += 1,
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.heard
    }
}

fn healers(drawer: &Drawer) -> Sim {
    let drawer = Arc::clone(drawer);
    let boot = move |seat: &NodeInfo| Healer { drawer: Arc::clone(&drawer), peer: seat.peers()[0], heard: 0 };
    let mut sim = Scenario::new("healers").machines("node", 2, boot).default_links(ten()).start_together().start(Seed(7));
    sim.run_for(Duration::ZERO);
    sim
}

#[test]
fn a_guard_dropped_in_a_step_heals_before_the_next_step_of_the_same_instant() {
    let drawer = Drawer::default();
    let mut sim = healers(&drawer);
    *drawer.lock().unwrap() = Some(sim.partition([0], [1]));
    sim.run_for(milliseconds(1));
    sim.keep_records();
    sim.call(0, 5_u64).unwrap();
    let called = sim.now();
    sim.run_for(milliseconds(20));
    let heal = sim.records().iter().find(|record| record.kind == RecordKind::Heal).expect("the cut healed");
    assert_eq!(heal.at, called);
    let heard = sim.inspect(|world| *world.view::<u64>(NodeId(1)).unwrap());
    assert_eq!(heard, 1, "what the step itself sent was eaten, what the next one sent was not");
    let Traffic { sent, dropped, .. } = sim.inspect(|world| world.traffic());
    assert_eq!((sent, dropped.values().sum::<u64>()), (2, 1));
}

#[test]
fn a_guard_held_by_a_machine_that_panics_heals_nothing_more_and_the_panic_is_the_finding() {
    let drawer = Drawer::default();
    let mut sim = healers(&drawer);
    *drawer.lock().unwrap() = Some(sim.partition([0], [1]));
    sim.call(0, 0_u64).unwrap();
    assert!(sim.is_over());
    drop(drawer.lock().unwrap().take());
    let report = sim.finish();
    assert_eq!(report.outcome, Outcome::Panicked);
    assert_eq!(report.panic.expect("a machine panicked").site, "node/0");
}

#[test]
fn a_guard_dropped_while_unwinding_heals() {
    let mut sim = begin_speakers(2, ten());
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let cut = sim.partition([0], [1]);
        say(&mut sim, 0, 1, 1);
        assert_eq!(cut.dropped(), 0, "so that this test's own assertion unwinds with the guard in hand");
    }));
    assert!(unwound.is_err(), "the assertion above is false");
    say(&mut sim, 0, 1, 2);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), sim.living_cuts().len()), (vec![2], 0));
}

#[test]
fn a_guard_that_outlives_its_run_keeps_its_count_and_does_nothing() {
    let mut sim = begin_speakers(2, ten());
    let cut = sim.partition([0], [1]);
    say(&mut sim, 0, 1, 1);
    let report = sim.finish();
    assert_eq!((cut.dropped(), report.traffic.lost()), (1, 1));
    cut.heal();
    let mut sim = begin_speakers(2, ten());
    let cut = sim.partition([0], [1]);
    drop(sim);
    drop(cut);
}

#[test]
fn a_guard_dropped_after_everything_healed_leaves_later_cuts_alone() {
    let mut sim = begin_speakers(2, ten());
    let early = sim.partition([0], [1]);
    sim.heal_all();
    let late = sim.partition([0], [1]);
    drop(early);
    say(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), late.dropped(), sim.living_cuts().len()), (vec![], 1, 1));
}

#[test]
fn a_guard_of_one_run_does_nothing_to_another() {
    let mut one = begin_speakers(2, ten());
    let mut other = begin_speakers(2, ten());
    let of_one = one.partition([0], [1]);
    let of_other = other.partition([0], [1]);
    assert_eq!(of_one.id(), of_other.id(), "each run counts its own cuts");
    drop(of_one);
    assert_eq!((one.living_cuts().len(), other.living_cuts().len()), (0, 1));
    drop(of_other);
}

/// n10.
#[test]
fn a_guard_counts_what_its_cut_ate_at_the_send_and_at_the_arrival() {
    let mut sim = begin_speakers(3, ten());
    say(&mut sim, 0, 1, 0);
    sim.run_for(milliseconds(5));
    let cut = sim.partition([0], [1]);
    assert_eq!(cut.dropped(), 0);
    (1..=4).for_each(|number| say(&mut sim, 1, 0, number));
    say(&mut sim, 1, 2, 5);
    assert_eq!(cut.dropped(), 4);
    sim.run_for(milliseconds(20));
    assert_eq!((cut.dropped(), dropped(&sim).values().sum::<u64>()), (5, 5));
}

/// The same moves with the guard dropped and with the cut healed by its fault, to the nanosecond.
#[test]
fn a_dropped_guard_and_a_fault_of_that_length_do_the_same() {
    let cut = Fault::Cut {
        from: vec!["node/0".to_owned()],
        to: vec!["node/1".to_owned()],
        both_ways: true,
        duration: Some(milliseconds(30)),
    };
    let heard = |by_hand: bool| {
        let mut sim = speakers(2, ten()).start(Seed(7));
        sim.run_for(Duration::ZERO);
        let mut guard = None;
        if by_hand {
            guard = Some(sim.partition([0], [1]));
        } else {
            sim.inject(cut.clone()).unwrap();
        }
        for number in 0..60 {
            if number == 30 {
                drop(guard.take());
            }
            say(&mut sim, 0, 1, number);
            sim.run_for(milliseconds(1));
        }
        sim.run_for(milliseconds(20));
        numbers(&sim, 1)
    };
    assert_eq!(heard(true), (30..60).collect::<Vec<u64>>());
    assert_eq!(heard(true), heard(false));
}
