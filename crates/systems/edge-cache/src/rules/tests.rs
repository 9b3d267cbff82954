//! Each rule on runs that break it, and on similar ones that do not.

use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Incarnation, Invariant, NodeId, Verdict, World};

use super::{Acknowledgements, Answers, BoundedWaits, MonotonicReads, NoRollback, ReadYourWrites};
use crate::fact::EdgeFact;
use crate::fixture::{Cluster, LAYOUT, milliseconds};
use crate::message::{Operation, Version};
use crate::roamer::{ClientView, Read};

const KEY: u32 = 1;

/// A rule and the world that it observes.
struct Fixture<R> {
    rule: R,
    cluster: Cluster,
}

impl<R: Invariant> Fixture<R> {
    fn new(rule: R) -> Self {
        Self { rule, cluster: Cluster { now: Duration::ZERO, reading: Some(ClientView::default()) } }
    }

    /// Returns whether the rule holds after a change, 1 ms later.
    fn holds(&mut self, change: Change) -> bool {
        self.holds_after(milliseconds(1), change)
    }

    fn holds_after(&mut self, after: Duration, change: Change) -> bool {
        self.cluster.now += after;
        self.rule.observe(&change, &World::new(&self.cluster)) == Verdict::Holds
    }

    /// The view of client 0.
    fn reading(&mut self) -> &mut ClientView {
        self.cluster.reading.as_mut().expect("set by `new`")
    }

    /// Client 0 starts a read, which the rule observes.
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
fn a_rollback_breaks_the_rule_and_a_restart_does_not() {
    let mut fixture = Fixture::new(NoRollback::default());
    assert!(fixture.holds(applied(3)) && fixture.holds(applied(4)));
    assert!(!fixture.holds(applied(3)));
    assert!(fixture.holds(applied(5)) && fixture.holds(health(LAYOUT.edge(1), Health::Down, 0)));
    assert!(!fixture.holds(applied(4)), "another edge crashed");
    assert!(fixture.holds(health(LAYOUT.edge(0), Health::Down, 0)) && fixture.holds(applied(1)));
}

#[test]
fn a_backward_read_breaks_the_rule_within_a_life_only() {
    let mut fixture = Fixture::new(MonotonicReads::default());
    assert!(fixture.holds(observed(0, 3)) && fixture.holds(observed(1, 3)));
    assert!(!fixture.holds(observed(2, 2)));
    assert!(fixture.holds(observed(3, 4)) && fixture.holds(health(client(), Health::Down, 0)) && fixture.holds(observed(0, 1)));
}

#[test]
fn a_read_below_an_earlier_own_write_breaks_the_rule() {
    let mut fixture = Fixture::new(ReadYourWrites::default());
    assert!(fixture.ask(0) && fixture.holds(acked(3)) && fixture.holds(observed(0, 2)), "read before the acknowledgement");
    assert!(fixture.ask(1) && !fixture.holds(observed(1, 2)));
    assert!(fixture.holds(health(client(), Health::Down, 0)) && fixture.ask(2) && fixture.holds(observed(2, 2)));
}

#[test]
fn an_answer_never_served_breaks_the_rule() {
    let mut fixture = Fixture::new(Answers::default());
    assert!(fixture.holds(served(0, 3)) && fixture.holds(served(0, 4)) && fixture.holds(observed(0, 3)));
    assert!(!fixture.holds(observed(1, 3)) && !fixture.holds(observed(0, 5)));
}

#[test]
fn an_acknowledgement_of_an_earlier_life_breaks_the_rule() {
    let mut fixture = Fixture::new(Acknowledgements::default());
    assert!(fixture.holds(committed(1)) && fixture.holds(acked(1)) && !fixture.holds(acked(2)));
    assert!(
        fixture.holds(health(client(), Health::Paused, 0))
            && fixture.holds(health(client(), Health::Up, 0))
            && fixture.holds(acked(1))
    );
    assert!(fixture.holds(health(client(), Health::Up, 1)) && !fixture.holds(acked(1)));
    assert!(fixture.holds(committed(2)) && fixture.holds(health(client(), Health::Up, 1)) && fixture.holds(acked(2)));
}

#[test]
fn a_long_wait_breaks_the_rule_and_a_pause_does_not() {
    let late = milliseconds(101);
    let mut fixture = Fixture::new(BoundedWaits::new(milliseconds(100)));
    assert!(fixture.ask(0) && fixture.holds_after(milliseconds(50), acked(1)));
    assert!(fixture.holds_after(late, health(client(), Health::Up, 0)) && fixture.holds(acked(1)), "paused");
    assert!(!fixture.holds_after(late, acked(1)));
    assert!(fixture.ask(1));
    fixture.cluster.now += late;
    assert_ne!(fixture.rule.finish(&World::new(&fixture.cluster)), Verdict::Holds);
}
