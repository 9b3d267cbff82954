//! Each rule on runs that break it, and on similar ones that do not.

use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Incarnation, Invariant, NodeId, Verdict, VirtualInstant, World};

use super::{
    Acknowledgements, Answers, BoundedWaits, MonotonicReads, NoRollback, OnlyCommitted, OwnVersions, PromptCommits, ReadYourWrites,
    RecoveryPace, ServesHeld,
};
use crate::config::Config;
use crate::edge::EdgeView;
use crate::fact::EdgeFact;
use crate::fixture::{Cluster, LAYOUT, config, milliseconds};
use crate::message::{CacheOperation, Version};
use crate::roamer::{ClientView, Read};
use crate::source::SourceView;

const KEY: u32 = 1;

/// A rule and the world that it observes.
struct Fixture<R> {
    rule: R,
    cluster: Cluster,
}

impl<R: Invariant> Fixture<R> {
    fn new(rule: R) -> Self {
        Self { rule, cluster: Cluster { reading: Some(ClientView::default()), ..Cluster::default() } }
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
    fn ask(&mut self, operation: CacheOperation) -> bool {
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

fn observed(operation: CacheOperation, version: Version) -> Change {
    fact(client(), EdgeFact::Observed { operation, edge: LAYOUT.edge(0), key: KEY, version, acked: 0 })
}

fn served(operation: CacheOperation, version: Version) -> Change {
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

/// A recovery phase that begins after 1 s.
fn recovered() -> VirtualInstant {
    VirtualInstant::ZERO + milliseconds(1_000)
}

/// Edge 0 holds `held` of the key, of which `committed` is the last version.
fn holding<R: Invariant>(rule: R, held: Version, committed: Version) -> Fixture<R> {
    let mut fixture = Fixture::new(rule);
    fixture.cluster.edge = Some(EdgeView { versions: vec![0, held] });
    fixture.cluster.source = Some(SourceView { versions: vec![9, committed] });
    fixture
}

#[test]
fn an_edge_that_holds_another_keys_version_breaks_the_rule() {
    let changed = || Change::View(LAYOUT.edge(0));
    assert!(holding(OnlyCommitted::default(), 3, 3).holds(changed()) && holding(OnlyCommitted::default(), 2, 3).holds(changed()));
    assert!(!holding(OnlyCommitted::default(), 4, 3).holds(changed()));
}

#[test]
fn a_served_version_that_is_not_held_breaks_the_rule() {
    let mut fixture = holding(ServesHeld::default(), 3, 5);
    assert!(fixture.holds(served(0, 3)));
    assert!(!fixture.holds(served(1, 4)) && !fixture.holds(served(2, 2)));
}

#[test]
fn two_writes_acknowledged_as_one_version_break_the_rule() {
    let write = |operation, version| fact(client(), EdgeFact::WriteAcked { operation, key: KEY, version });
    let mut fixture = Fixture::new(OwnVersions::default());
    assert!(fixture.holds(write(0, 1)) && fixture.holds(write(0, 1)), "acknowledged twice");
    assert!(fixture.holds(write(0, 2)) && fixture.holds(write(1, 3)), "committed twice");
    assert!(!fixture.holds(write(2, 3)));
    assert!(!fixture.holds(fact(LAYOUT.client(1), EdgeFact::WriteAcked { operation: 0, key: KEY, version: 1 })));
}

#[test]
fn a_commit_that_misses_an_edge_breaks_the_rule_in_recovery_only() {
    let rule = || PromptCommits::new(LAYOUT, recovered(), milliseconds(100));
    let mut fixture = holding(rule(), 1, 2);
    assert!(fixture.holds(committed(2)) && fixture.holds_after(milliseconds(1_200), acked(2)), "before the recovery phase");
    assert!(fixture.holds(committed(3)) && fixture.holds_after(milliseconds(100), acked(2)), "within the bound");
    assert!(!fixture.holds(acked(2)));
    fixture.cluster.edge = Some(EdgeView { versions: vec![0, 5] });
    assert!(fixture.holds(committed(4)) && fixture.holds_after(milliseconds(101), acked(2)), "a later version will do");
    fixture.cluster.edge = None;
    assert!(fixture.holds(committed(6)) && fixture.holds_after(milliseconds(101), acked(2)), "the edge is down");
    fixture.cluster.edge = Some(EdgeView { versions: vec![0, 6] });
    assert!(fixture.holds(committed(7)));
    fixture.cluster.now += milliseconds(101);
    assert_ne!(fixture.rule.finish(&World::new(&fixture.cluster)), Verdict::Holds, "nothing changed since");
}

/// Whether client 0, with a pace of 8 and 4, may finish that much in the second of recovery.
fn holds_pace(reads: u64, writes: u64, is_there: bool) -> bool {
    let config = Config { reads_per_client_per_sec: 8.0, writes_per_client_per_sec: 4.0, ..config() };
    let mut fixture = Fixture::new(RecoveryPace::new(&config, LAYOUT, recovered(), milliseconds(1_000)));
    fixture.cluster.reading = is_there.then(ClientView::default);
    let early = (0..9).all(|read| fixture.holds(observed(read, 1)));
    fixture.cluster.now = milliseconds(1_000);
    let late = (0..reads).all(|read| fixture.holds(observed(read, 1))) && (0..writes).all(|_| fixture.holds(acked(1)));
    fixture.cluster.now = milliseconds(2_000);
    early && late && fixture.holds(applied(1))
}

#[test]
fn a_client_below_half_of_its_pace_breaks_the_rule() {
    assert!(holds_pace(4, 2, true) && holds_pace(8, 4, true));
    assert!(!holds_pace(3, 4, true) && !holds_pace(8, 1, true) && !holds_pace(0, 0, true));
    assert!(holds_pace(0, 0, false), "the client is down");
}
