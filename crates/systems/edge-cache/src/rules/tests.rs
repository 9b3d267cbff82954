//! The rules in worlds that are broken, and in whole ones that look alike.

use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Incarnation, Invariant, NodeId, Verdict, World};

use super::{Acknowledgements, Answers, MonotonicReads, NoRollback, Patience, ReadYourWrites};
use crate::fact::EdgeFact;
use crate::message::{Operation, Version};
use crate::roamer::{ClientView, Read};
use crate::testing::{Cluster, LAYOUT, milliseconds};

const KEY: u32 = 1;

/// A rule that is told what happens in it.
struct Told<R> {
    rule: R,
    cluster: Cluster,
}

impl<R: Invariant> Told<R> {
    fn new(rule: R) -> Self {
        Self { rule, cluster: Cluster { now: Duration::ZERO, reading: Some(ClientView::default()) } }
    }

    /// Whether the rule holds after that change, a millisecond later.
    fn holds(&mut self, change: Change) -> bool {
        self.holds_after(milliseconds(1), change)
    }

    fn holds_after(&mut self, after: Duration, change: Change) -> bool {
        self.cluster.now += after;
        self.rule.observe(&change, &World::new(&self.cluster)) == Verdict::Holds
    }

    /// What the client is at.
    fn reading(&mut self) -> &mut ClientView {
        self.cluster.reading.as_mut().expect("it is shown")
    }

    /// The client asks, and the rule sees it.
    fn ask(&mut self, operation: Operation) -> bool {
        self.reading().reading = Some(Read { operation, edge: LAYOUT.edge(0), key: KEY, acked: 0 });
        self.holds(Change::View(client()))
    }
}

fn client() -> NodeId {
    LAYOUT.client(0)
}

fn fact(node: NodeId, fact: EdgeFact) -> Change {
    Change::Fact(node, Box::new(fact))
}

fn health(node: NodeId, health: Health, life: u32) -> Change {
    Change::Health(node, health, Incarnation(life))
}

fn applied(version: Version) -> Change {
    fact(LAYOUT.edge(0), EdgeFact::Applied { key: KEY, version, previous: 0 })
}

fn observed(operation: Operation, version: Version) -> Change {
    fact(client(), EdgeFact::Observed { operation, edge: LAYOUT.edge(0), key: KEY, version, acked: 0 })
}

fn served(operation: Operation, version: Version) -> Change {
    fact(LAYOUT.edge(0), EdgeFact::Served { client: client(), operation, key: KEY, version })
}

fn committed(version: Version) -> Change {
    fact(NodeId(0), EdgeFact::Committed { key: KEY, version })
}

fn acked(version: Version) -> Change {
    fact(client(), EdgeFact::WriteAcked { operation: 0, key: KEY, version })
}

#[test]
fn an_edge_that_goes_back_is_found_and_one_that_begins_anew_is_not() {
    let mut told = Told::new(NoRollback::default());
    assert!(told.holds(applied(3)) && told.holds(applied(4)));
    assert!(!told.holds(applied(3)));
    assert!(told.holds(applied(5)) && told.holds(health(LAYOUT.edge(1), Health::Down, 0)));
    assert!(!told.holds(applied(4)), "another edge crashed");
    assert!(told.holds(health(LAYOUT.edge(0), Health::Down, 0)) && told.holds(applied(1)));
}

#[test]
fn a_read_that_goes_back_is_found_and_one_of_a_new_life_is_not() {
    let mut told = Told::new(MonotonicReads::default());
    assert!(told.holds(observed(0, 3)) && told.holds(observed(1, 3)));
    assert!(!told.holds(observed(2, 2)));
    assert!(told.holds(observed(3, 4)) && told.holds(health(client(), Health::Down, 0)) && told.holds(observed(0, 1)));
}

#[test]
fn a_read_below_an_own_write_is_found_unless_it_was_asked_before_or_in_an_earlier_life() {
    let mut told = Told::new(ReadYourWrites::default());
    assert!(told.ask(0) && told.holds(acked(3)) && told.holds(observed(0, 2)), "asked before it was told");
    assert!(told.ask(1) && !told.holds(observed(1, 2)));
    assert!(told.holds(health(client(), Health::Down, 0)) && told.ask(2) && told.holds(observed(2, 2)));
}

#[test]
fn an_answer_that_was_never_served_is_found() {
    let mut told = Told::new(Answers::default());
    assert!(told.holds(served(0, 3)) && told.holds(served(0, 4)) && told.holds(observed(0, 3)));
    assert!(!told.holds(observed(1, 3)) && !told.holds(observed(0, 5)));
}

#[test]
fn an_acknowledgement_from_before_the_clients_life_is_found_and_one_from_before_a_pause_is_not() {
    let mut told = Told::new(Acknowledgements::default());
    assert!(told.holds(committed(1)) && told.holds(acked(1)) && !told.holds(acked(2)));
    assert!(told.holds(health(client(), Health::Paused, 0)) && told.holds(health(client(), Health::Up, 0)) && told.holds(acked(1)));
    assert!(told.holds(health(client(), Health::Up, 1)) && !told.holds(acked(1)));
    assert!(told.holds(committed(2)) && told.holds(health(client(), Health::Up, 1)) && told.holds(acked(2)));
}

#[test]
fn a_read_that_waits_too_long_is_found_and_one_that_is_paused_is_not() {
    let late = milliseconds(101);
    let mut told = Told::new(Patience::new(milliseconds(100)));
    assert!(told.ask(0) && told.holds_after(milliseconds(50), acked(1)));
    assert!(told.holds_after(late, health(client(), Health::Up, 0)) && told.holds(acked(1)), "it was paused");
    assert!(!told.holds_after(late, acked(1)));
    assert!(told.ask(1));
    told.cluster.now += late;
    assert_ne!(told.rule.finish(&World::new(&told.cluster)), Verdict::Holds);
}
