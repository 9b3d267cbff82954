//! A guard heals its cut once, wherever it is dropped, and counts what the cut dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use cluster_sim::net::Traffic;
use cluster_sim::prelude::*;
use cluster_sim::report::RecordKind;
use cluster_sim_testkit::faults::cut;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::sender::{dropped, numbers, send, senders, start_senders};

/// Shares a guard between a test and a machine.
type GuardSlot = Arc<Mutex<Option<NetworkPartition>>>;

/// Drops the guard in the slot when it is called, then sends to its peer in this step and in the next one; panics on call 0.
struct Healer {
    slot: GuardSlot,
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
                drop(self.slot.lock().expect("the lock is not poisoned").take());
                // Sent at the end of this step, while the cut is still in force.
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

fn healers(slot: &GuardSlot) -> Sim {
    let slot = Arc::clone(slot);
    let boot = move |boot: &Boot| Healer { slot: Arc::clone(&slot), peer: boot.peers()[0], heard: 0 };
    let mut sim = Scenario::new("healers").machines("node", 2, boot).default_links(ten()).start_together().start(Seed(7));
    sim.run_for(Duration::ZERO);
    sim
}

#[test]
fn a_guard_dropped_in_a_step_heals_before_the_next_step() {
    let slot = GuardSlot::default();
    let mut sim = healers(&slot);
    *slot.lock().unwrap() = Some(sim.partition([0], [1]));
    sim.run_for(milliseconds(1));
    sim.keep_records();
    sim.call(0, 5_u64).unwrap();
    let called = sim.now();
    sim.run_for(milliseconds(20));
    let heal = sim.records().iter().find(|record| record.kind == RecordKind::Heal).expect("the cut healed");
    assert_eq!(heal.at, called);
    let heard = sim.inspect(|world| *world.view::<u64>(NodeId(1)).unwrap());
    assert_eq!(heard, 1, "the message of the step was dropped, that of the next step was not");
    let Traffic { sent, dropped, .. } = sim.inspect(|world| world.traffic());
    assert_eq!((sent, dropped.values().sum::<u64>()), (2, 1));
}

#[test]
fn a_guard_of_a_run_that_panicked_heals_nothing() {
    let slot = GuardSlot::default();
    let mut sim = healers(&slot);
    *slot.lock().unwrap() = Some(sim.partition([0], [1]));
    sim.call(0, 0_u64).unwrap();
    assert!(sim.is_over());
    drop(slot.lock().unwrap().take());
    let report = sim.finish();
    assert_eq!(report.outcome, Outcome::Panicked);
    assert_eq!(report.panic.expect("a machine panicked").site.to_string(), "node/0");
}

#[test]
fn a_guard_dropped_while_unwinding_heals() {
    let mut sim = start_senders(2, ten());
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let cut = sim.partition([0], [1]);
        send(&mut sim, 0, 1, 1);
        assert_eq!(cut.dropped(), 0, "so that this test's own assertion unwinds with the guard in hand");
    }));
    assert!(unwound.is_err(), "the assertion above is false");
    send(&mut sim, 0, 1, 2);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), sim.living_cuts().len()), (vec![2], 0));
}

#[test]
fn a_guard_that_outlives_its_run_keeps_its_count() {
    let mut sim = start_senders(2, ten());
    let cut = sim.partition([0], [1]);
    send(&mut sim, 0, 1, 1);
    let report = sim.finish();
    assert_eq!((cut.dropped(), report.traffic.lost()), (1, 1));
    cut.heal();
    let mut sim = start_senders(2, ten());
    let cut = sim.partition([0], [1]);
    drop(sim);
    drop(cut);
}

#[test]
fn a_guard_dropped_after_everything_healed_leaves_later_cuts_alone() {
    let mut sim = start_senders(2, ten());
    let early = sim.partition([0], [1]);
    sim.heal_all();
    let late = sim.partition([0], [1]);
    drop(early);
    send(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), late.dropped(), sim.living_cuts().len()), (vec![], 1, 1));
}

#[test]
fn a_guard_of_one_run_does_nothing_to_another() {
    let mut one = start_senders(2, ten());
    let mut other = start_senders(2, ten());
    let of_one = one.partition([0], [1]);
    let of_other = other.partition([0], [1]);
    assert_eq!(of_one.id(), of_other.id(), "each run counts its own cuts");
    drop(of_one);
    assert_eq!((one.living_cuts().len(), other.living_cuts().len()), (0, 1));
    drop(of_other);
}

/// n10.
#[test]
fn a_guard_counts_drops_at_the_send_and_at_the_arrival() {
    let mut sim = start_senders(3, ten());
    send(&mut sim, 0, 1, 0);
    sim.run_for(milliseconds(5));
    let cut = sim.partition([0], [1]);
    assert_eq!(cut.dropped(), 0);
    (1..=4).for_each(|number| send(&mut sim, 1, 0, number));
    send(&mut sim, 1, 2, 5);
    assert_eq!(cut.dropped(), 4);
    sim.run_for(milliseconds(20));
    assert_eq!((cut.dropped(), dropped(&sim).values().sum::<u64>()), (5, 5));
}

/// To the nanosecond.
#[test]
fn dropping_a_guard_equals_a_cut_fault_of_that_duration() {
    let cut = cut(["node/0"], ["node/1"], milliseconds(30));
    let received = |by_guard: bool| {
        let mut sim = senders(2, ten()).start(Seed(7));
        sim.run_for(Duration::ZERO);
        let mut guard = None;
        if by_guard {
            guard = Some(sim.partition([0], [1]));
        } else {
            sim.inject(cut.clone()).unwrap();
        }
        for number in 0..60 {
            if number == 30 {
                drop(guard.take());
            }
            send(&mut sim, 0, 1, number);
            sim.run_for(milliseconds(1));
        }
        sim.run_for(milliseconds(20));
        numbers(&sim, 1)
    };
    assert_eq!(received(true), (30..60).collect::<Vec<u64>>());
    assert_eq!(received(true), received(false));
}
