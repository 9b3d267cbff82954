//! Properties under random links and faults.
//!
//! Each node reads a prefix of the messages its peer sent, all traffic is accounted for, no wait lasts for ever, and no session
//! leaks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_sim_runtime::Distribution;
use cluster_sim_transport::{LinkModel, LinkOrder, NetworkPartition, SendRefused, SessionId, SessionRecv, SessionStage};
use cluster_sim_types::{Health, NodeId, Ratio};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::world::{World, milliseconds};

/// One step of a case.
#[derive(Debug, Clone)]
enum Action {
    Connect { from: u32, to: u32 },
    Send { end: usize, count: u64 },
    Recv { end: usize, count: u64 },
    Finish { end: usize },
    Release { end: usize, abort: bool },
    Run { duration: Duration },
    Cut { from: Vec<u32>, to: Vec<u32>, both_ways: bool },
    Heal { which: usize },
    Crash { node: u32 },
    Restart { node: u32 },
    Pause { node: u32 },
    Resume { node: u32 },
}

fn any_action(nodes: u32) -> impl Strategy<Value = Action> {
    let node = 0..nodes;
    let side = move || prop::sample::subsequence((0..nodes).collect::<Vec<u32>>(), 1..nodes as usize);
    let end = any::<prop::sample::Index>().prop_map(|index| index.index(64));
    prop_oneof![
        4 => (node.clone(), node.clone()).prop_map(|(from, to)| Action::Connect { from, to }),
        12 => (end.clone(), 1_u64..12).prop_map(|(end, count)| Action::Send { end, count }),
        8 => (end.clone(), 1_u64..12).prop_map(|(end, count)| Action::Recv { end, count }),
        1 => end.clone().prop_map(|end| Action::Finish { end }),
        1 => (end, any::<bool>()).prop_map(|(end, abort)| Action::Release { end, abort }),
        12 => (0_u64..120).prop_map(|time| Action::Run { duration: milliseconds(time) }),
        2 => (500_u64..4_000).prop_map(|time| Action::Run { duration: milliseconds(time) }),
        2 => (side(), side(), any::<bool>()).prop_map(|(from, to, both_ways)| Action::Cut { from, to, both_ways }),
        2 => (0_usize..4).prop_map(|which| Action::Heal { which }),
        1 => node.clone().prop_map(|node| Action::Crash { node }),
        2 => node.clone().prop_map(|node| Action::Restart { node }),
        1 => node.clone().prop_map(|node| Action::Pause { node }),
        2 => node.prop_map(|node| Action::Resume { node }),
    ]
}

prop_compose! {
    fn any_link()(
        (shortest, more) in (0_u64..30, 0_u64..60),
        loss in prop_oneof![Just(0.0), 0.0..0.5],
        duplicate in prop_oneof![Just(0.0), 0.0..1.0],
        reorder in prop_oneof![Just(0.0), 0.0..1.0],
        order in prop_oneof![Just(LinkOrder::Unordered), Just(LinkOrder::Fifo)],
        window in prop_oneof![1_u32..6, Just(64)],
        timeout in prop_oneof![Just(3_000_u64), Just(15_000)],
    ) -> LinkModel {
        let share = |share| Ratio::new(share).expect("a share from 0 to 1");
        LinkModel {
            delay: Distribution::uniform(milliseconds(shortest), milliseconds(shortest + more)),
            loss: share(loss),
            duplicate: share(duplicate),
            reorder: share(reorder),
            reorder_window: milliseconds(80),
            order,
            window,
            session_timeout: milliseconds(timeout),
            ..LinkModel::default()
        }
    }
}

/// The history of an endpoint, as its node sees it.
#[derive(Debug, Default)]
struct EndpointLog {
    node: u32,
    sent: Vec<u64>,
    received: Vec<u64>,
    /// The node got a notice that something can be read, and has not read everything since.
    may_be_readable: bool,
    /// The node got `Full` and no notice of room since.
    waits: bool,
    notified_broken: bool,
    read_fin: bool,
    finished: bool,
}

struct Case {
    world: World,
    /// Endpoints that nodes hold.
    held: BTreeMap<SessionId, EndpointLog>,
    /// The history of endpoints that are no longer held.
    past: BTreeMap<SessionId, EndpointLog>,
    cuts: Vec<NetworkPartition>,
    next: u64,
}

impl Case {
    fn new(nodes: u32, link: &LinkModel, seed: u64) -> Self {
        let world = World::new(nodes, link, seed);
        Self { world, held: BTreeMap::new(), past: BTreeMap::new(), cuts: Vec::new(), next: 0 }
    }

    fn is_up(&self, node: u32) -> bool {
        self.world.health(node) == Health::Up
    }

    /// Returns an endpoint held by a node that is up.
    fn end(&self, index: usize) -> Option<SessionId> {
        let able: Vec<SessionId> = self.held.iter().filter(|(_, held)| self.is_up(held.node)).map(|(id, _)| *id).collect();
        able.get(index % able.len().max(1)).copied()
    }

    fn hold(&mut self, id: SessionId, node: u32) {
        assert!(!self.held.contains_key(&id) && !self.past.contains_key(&id), "every id is unique");
        self.held.insert(id, EndpointLog { node, ..EndpointLog::default() });
    }

    fn move_to_past(&mut self, which: impl Fn(&SessionId, &EndpointLog) -> bool) {
        let gone: Vec<SessionId> = self.held.iter().filter(|(id, held)| which(id, held)).map(|(id, _)| *id).collect();
        for id in gone {
            let held = self.held.remove(&id).expect("it was found");
            self.past.insert(id, held);
        }
    }

    fn send(&mut self, id: SessionId) {
        let number = self.next;
        let sent = self.world.send(id, number);
        let state = self.world.state(id).expect("a held endpoint has a state");
        let held = self.held.get_mut(&id).expect("the endpoint is held");
        match sent {
            Ok(()) => {
                self.next += 1;
                held.sent.push(number);
                assert!(!held.finished, "a finished endpoint accepts no message");
            }
            Err(SendRefused::Full(returned)) => {
                held.waits = true;
                assert!(returned == number && !state.writable);
            }
            Err(SendRefused::Finished(returned)) => assert!(returned == number && held.finished),
            Err(SendRefused::Broken(returned, reason)) => {
                assert!(returned == number && state.stage == SessionStage::Broken(reason))
            }
        }
    }

    /// Returns whether there may be more to read.
    fn recv(&mut self, id: SessionId) -> bool {
        let received = self.world.recv(id);
        let held = self.held.get_mut(&id).expect("the endpoint is held");
        match received {
            SessionRecv::Message(number) => {
                assert!(held.may_be_readable && !held.read_fin, "a notice preceded it");
                held.received.push(number);
                return true;
            }
            SessionRecv::Nothing => held.may_be_readable = false,
            SessionRecv::Finished => held.read_fin = true,
            SessionRecv::Broken(_) => {}
        }
        false
    }

    fn apply(&mut self, action: &Action) {
        match action {
            Action::Connect { from, to } if self.is_up(*from) => {
                let id = self.world.connect(*from, *to);
                self.hold(id, *from);
            }
            Action::Send { end, count } => {
                let end = self.end(*end);
                end.into_iter().for_each(|id| (0..*count).for_each(|_| self.send(id)));
            }
            Action::Recv { end, count } => {
                let end = self.end(*end);
                end.into_iter().for_each(|id| _ = (0..*count).all(|_| self.recv(id)));
            }
            Action::Finish { end } => {
                if let Some(id) = self.end(*end) {
                    self.world.finish(id);
                    self.held.get_mut(&id).expect("the endpoint is held").finished = true;
                }
            }
            Action::Release { end, abort } => {
                if let Some(id) = self.end(*end) {
                    if *abort {
                        self.world.abort(id)
                    } else {
                        self.world.release(id)
                    }
                    self.move_to_past(|held, _| *held == id);
                }
            }
            Action::Run { duration } => self.world.run(*duration),
            Action::Cut { from, to, both_ways } => {
                let cut = self.world.cut(from, to, *both_ways);
                self.cuts.push(cut);
            }
            Action::Heal { which } if *which < self.cuts.len() => drop(self.cuts.remove(*which)),
            Action::Crash { node } if self.world.engine.crash(NodeId(*node)) => self.move_to_past(|_, held| held.node == *node),
            Action::Restart { node } if self.world.engine.restart(NodeId(*node)) => self.world.listen(*node),
            Action::Pause { node } => _ = self.world.engine.pause(NodeId(*node)),
            Action::Resume { node } => _ = self.world.engine.resume(NodeId(*node)),
            Action::Connect { .. } | Action::Heal { .. } | Action::Crash { .. } | Action::Restart { .. } => {}
        }
        self.check_state();
    }

    /// Collects notices, and checks the properties that hold at every moment.
    fn check_state(&mut self) {
        self.world.run(Duration::ZERO);
        for notice in self.world.take_notices() {
            let node = self.world.state(notice.session).expect("notices are about held endpoints").node.0;
            if notice.incoming {
                assert_eq!(self.world.accept(node), Some(notice.session));
                self.hold(notice.session, node);
            }
            let held = self.held.get_mut(&notice.session).expect("notices are about held endpoints");
            assert!(notice.incoming || notice.opened || notice.readable || notice.writable || notice.broken);
            assert!(!notice.writable || held.waits, "only waiting endpoints become writable");
            held.may_be_readable |= notice.readable;
            held.waits &= !notice.writable && !notice.broken;
            held.notified_broken |= notice.broken;
        }
        let held: Vec<SessionId> = self.held.iter().filter(|(_, held)| self.is_up(held.node)).map(|(id, _)| *id).collect();
        for id in held {
            let state = self.world.state(id).expect("a held endpoint has a state");
            let held = &self.held[&id];
            assert!(!state.readable || held.may_be_readable, "{id:?} is readable without a notice: {held:?}");
            assert_eq!(matches!(state.stage, SessionStage::Broken(_)), held.notified_broken, "{id:?}");
        }
        self.world.traffic();
    }

    /// Ends all faults; then every endpoint sends once more, and its node reads everything that arrives.
    fn end_faults(&mut self, nodes: u32, clean_link: &LinkModel) {
        self.cuts.clear();
        self.world.set_model(clean_link);
        for node in 0..nodes {
            self.apply(&Action::Resume { node });
            self.apply(&Action::Restart { node });
        }
        let mut silent: BTreeSet<SessionId> = self.held.keys().copied().collect();
        // Twice the session timeout: an endpoint may learn only from the reset that its peer sends after its own timeout.
        for _ in 0..400 {
            silent.retain(|id| {
                self.send(*id);
                self.held[id].waits
            });
            self.apply(&Action::Run { duration: milliseconds(100) });
            self.held.keys().copied().collect::<Vec<_>>().into_iter().for_each(|id| while self.recv(id) {});
        }
    }
}

/// Maps each message to the endpoint that sent it.
fn senders(ends: &BTreeMap<SessionId, &EndpointLog>) -> BTreeMap<u64, SessionId> {
    ends.iter().flat_map(|(id, held)| held.sent.iter().map(|number| (*number, *id))).collect()
}

/// Checks that the messages each endpoint read are a prefix of those its peer sent.
fn assert_prefixes(ends: &BTreeMap<SessionId, &EndpointLog>) {
    let senders = senders(ends);
    for (id, held) in ends {
        let Some(first) = held.received.first() else { continue };
        let sender = senders.get(first).unwrap_or_else(|| panic!("{id:?} read {first}, which was never sent"));
        assert!(ends[sender].sent.starts_with(&held.received), "{id:?} read {:?} of {:?}", held.received, ends[sender].sent);
    }
}

fn check(nodes: u32, actions: &[Action], link: &LinkModel, seed: u64) {
    let mut case = Case::new(nodes, link, seed);
    actions.iter().for_each(|action| case.apply(action));
    let clean = LinkModel { loss: Ratio::ZERO, ..link.clone() };
    case.end_faults(nodes, &clean);
    let Case { world, held, past, .. } = &mut case;
    let ends: BTreeMap<SessionId, &EndpointLog> = held.iter().chain(past.iter()).map(|(id, held)| (*id, held)).collect();
    assert_prefixes(&ends);
    // In the end both endpoints of a session are open, or neither is.
    let senders = senders(&ends);
    for (id, end) in held.iter() {
        let state = world.state(*id).expect("a held endpoint has a state");
        if state.stage == SessionStage::Open {
            assert!(!end.waits, "{id:?} waits for room for ever");
            let is_reader = |other: &&&EndpointLog| other.received.first().and_then(|first| senders.get(first)) == Some(id);
            let received = ends.values().find(is_reader).map_or(&[][..], |other| &other.received);
            // An endpoint that finished sends nothing more, so it never learns that its peer crashed before it read everything.
            assert!(end.finished || received == end.sent, "{id:?} is open and lacks messages: {received:?} of {end:?}");
        } else {
            assert!(end.notified_broken && matches!(state.stage, SessionStage::Broken(_)), "{id:?} {state:?}");
        }
    }
    assert_eq!(world.traffic().in_flight, 0, "{:?}", world.traffic());
    let ids: Vec<SessionId> = held.keys().copied().collect();
    ids.into_iter().for_each(|id| world.release(id));
    world.run(Duration::from_secs(60));
    assert_eq!(world.live_counts(), (0, 0), "leaked sessions and messages");
    assert_eq!(world.traffic().in_flight, 0);
}

fn any_case() -> impl Strategy<Value = (u32, Vec<Action>)> {
    (2_u32..5).prop_flat_map(|nodes| (Just(nodes), prop::collection::vec(any_action(nodes), 1..120)))
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn sessions_deliver_prefixes_and_leak_nothing_under_any_fault(
        (nodes, actions) in any_case(),
        link in any_link(),
        seed in any::<u64>(),
    ) {
        check(nodes, &actions, &link, seed);
    }
}
