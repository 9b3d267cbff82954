//! Operations that a crash interrupts: each may have taken effect or not.

use std::collections::BTreeSet;

use cluster_sim::prelude::*;

use crate::program::{Answers, FORMS, Form, Step, append, ms, read, scenario, sync, with_log, write};

const LENGTH: usize = 4_096;

/// Runs steps that end with one that begins 2 us before a crash, which is sooner than any answer; returns what the next life reads.
fn left(form: Form, seed: u64, before: &[Step], last: Step) -> Vec<u8> {
    let in_time = Step::Until(Duration::from_micros(49_998));
    let first = with_log(before.iter().cloned().chain([in_time, last]));
    let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: Some(ms(10)) };
    let scenario = scenario(form, first, with_log([read(0, LENGTH as u32)])).faults(FaultPlan::new().at(ms(50), crash));
    let mut sim = scenario.start(Seed(seed));
    sim.run_for(Duration::from_micros(49_999));
    let answered = sim.inspect(|world| world.view::<Answers>(NodeId(0)).map_or(0, |answers| answers.0.len()));
    assert_eq!(answered, 2 + before.len(), "the last operation is in flight");
    sim.run_for(ms(200));
    let left = sim.inspect(|world| world.disk(NodeId(0)).unwrap().current("log").unwrap());
    sim.finish().assert_ok();
    left
}

fn outcomes(form: Form, before: &[Step], last: &Step, name: impl Fn(&[u8]) -> &'static str) -> BTreeSet<&'static str> {
    (0..100).map(|seed| name(&left(form, seed, before, last.clone()))).collect()
}

#[test]
fn a_write_in_flight_is_lost_whole_or_in_part() {
    let name = |bytes: &[u8]| {
        assert_eq!(bytes.len(), LENGTH);
        let new = bytes.iter().filter(|byte| **byte == b'n').count();
        let old = bytes.iter().filter(|byte| **byte == b'o').count();
        match (old, new) {
            (LENGTH, 0) => "lost",
            (0, LENGTH) => "whole",
            _ => "in part",
        }
    };
    for form in FORMS {
        let found = outcomes(form, &[append(&[b'o'; LENGTH]), sync()], &write(0, &[b'n'; LENGTH]), name);
        assert_eq!(found, BTreeSet::from(["lost", "whole", "in part"]), "{form:?}");
    }
}

#[test]
fn a_sync_in_flight_at_a_crash_makes_nothing_durable() {
    let name = |bytes: &[u8]| match bytes {
        b"" => "lost",
        b"unsynced" => "whole",
        _ => "in part",
    };
    for form in FORMS {
        let found = outcomes(form, &[append(b"unsynced")], &sync(), name);
        assert!(found.contains("lost") && found.contains("whole"), "{form:?}: {found:?}");
    }
}
