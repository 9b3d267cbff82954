//! Mistakes in the code of machines.

use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::findings;

/// Does one thing when it starts.
struct Starts(fn(&mut Effects<u64>));

impl Machine for Starts {
    type Message = u64;
    type View = ();

    fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        if matches!(input, Input::Start) {
            self.0(effects);
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

fn starts(act: fn(&mut Effects<u64>)) -> Report {
    Scenario::new("first").machines("machine", 2, move |_| Starts(act)).duration(Duration::from_secs(1)).run(Seed(7))
}

#[test]
fn a_machine_that_panics() {
    assert_snapshot!(findings(&starts(|_| panic!("no leader"))), @r"
    FAIL
    at 0.000101s  step 1  machine/1 panicked: no leader
    in tests/misuse/machines.rs
    ");
}

#[test]
fn a_message_to_a_node_past_the_last() {
    assert_snapshot!(findings(&starts(|effects| effects.send(NodeId(2), 7))), @r"
    FAIL
    at 0.000101s  step 1  machine/1 panicked: it sends to n2, but the cluster has n0 to n1
    in crates/transport/src/network/datagram/send.rs
    ");
}

#[test]
fn a_session_message_to_a_node_past_the_last() {
    assert_snapshot!(findings(&starts(|effects| effects.session_send(NodeId(2), 7))), @r"
    FAIL
    at 0.000101s  step 1  machine/1 panicked: it sends to n2, but the cluster has n0 to n1
    in crates/transport/src/network/session/machine_api.rs
    ");
}
