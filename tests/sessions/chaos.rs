//! Machines exchange numbered parcels in sessions under random faults.
//!
//! Parcels arrive in order, none is invented, none is lost from the middle, and in the end both sides of every session agree.

use std::collections::BTreeMap;

use cluster_sim::net::LossCause;
use cluster_sim::node::ResetReason;
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{any_cluster, any_session_link};

/// How often a courier sends to each peer in one incarnation, half a second apart.
const ROUNDS: u64 = 100;

/// The incarnation of the sender, its session with the receiver, and the number in that session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Parcel {
    incarnation: u32,
    /// How many sessions with the receiver the sender has closed or lost before.
    session: u32,
    number: u64,
}

/// The state of a courier for one peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PeerState {
    session: u32,
    /// Parcels that this session accepted or will hand back.
    sent: u64,
    /// How many were handed back; these are sent before any other.
    handed_back: u64,
    last_back: Option<Parcel>,
    /// The last parcel that arrived from the peer.
    last: Option<Parcel>,
}

impl PeerState {
    /// Counts the parcels from here on to another session.
    fn begin_session(&mut self) {
        self.session += 1;
        self.sent = 0;
    }

    /// The next parcel of an incarnation.
    fn next(&mut self, incarnation: u32) -> Parcel {
        self.sent += 1;
        Parcel { incarnation, session: self.session, number: self.sent - 1 }
    }

    fn take_back(&mut self, parcel: Parcel) {
        assert!(self.last_back.is_none_or(|last| last < parcel), "{parcel:?} comes back after {:?}", self.last_back);
        self.last_back = Some(parcel);
        self.handed_back += 1;
        if parcel.session == self.session {
            self.sent -= 1;
        }
    }
}

/// Sends parcels to all its peers, sometimes many at once, and closes sessions now and then.
struct Courier {
    incarnation: u32,
    rounds: u64,
    peers: BTreeMap<NodeId, PeerState>,
}

impl Courier {
    fn boot(boot: &Boot) -> Self {
        let peers = boot.peers().into_iter().map(|peer| (peer, PeerState::default())).collect();
        Self { incarnation: boot.incarnation().0, rounds: 0, peers }
    }

    fn round(&mut self, effects: &mut Effects<Parcel>) {
        self.rounds += 1;
        for (peer, known) in &mut self.peers {
            let choice = u64::from(peer.0) << 32 | self.rounds;
            if known.handed_back == 0 {
                for _ in 0..1 + effects.roll("burst", choice).below(100).saturating_sub(90) * 2 {
                    effects.session_send(*peer, known.next(self.incarnation));
                }
            }
            if self.rounds < ROUNDS / 2 && effects.roll("finish", choice).below(12) == 0 {
                known.begin_session();
                effects.session_close(*peer);
            }
        }
        if self.rounds < ROUNDS {
            effects.set_timer(Timer(0), milliseconds(500));
        }
    }

    fn receive(&mut self, from: NodeId, parcel: Parcel) {
        let known = self.peers.get_mut(&from).expect("parcels come from peers");
        let expected = match known.last {
            Some(last) if (last.incarnation, last.session) == (parcel.incarnation, parcel.session) => last.number + 1,
            Some(last) => {
                assert!((last.incarnation, last.session) < (parcel.incarnation, parcel.session), "{parcel:?} comes after {last:?}");
                0
            }
            None => 0,
        };
        // The start of a session may have gone to the incarnation before; then the rest must not arrive here.
        assert_eq!(parcel.number, expected, "{parcel:?} comes after {:?}", known.last);
        known.last = Some(parcel);
    }

    fn reset(&mut self, peer: NodeId, reason: ResetReason) {
        assert!(matches!(reason, ResetReason::TimedOut | ResetReason::Reset), "machines are never refused: {reason}");
        let known = self.peers.get_mut(&peer).expect("sessions are with peers");
        known.begin_session();
        known.handed_back = 0;
        known.last_back = None;
    }
}

impl Machine for Courier {
    type Message = Parcel;
    type View = Self;

    fn step(&mut self, _: LocalInstant, input: Input<Parcel>, effects: &mut Effects<Parcel>) {
        match input {
            Input::Start | Input::Timer(_) => self.round(effects),
            Input::Message { from, message } => self.receive(from, message),
            Input::SessionFull { peer, message } => {
                self.peers.get_mut(&peer).expect("sessions are with peers").take_back(message);
            }
            Input::SessionWritable { peer } => {
                let known = self.peers.get_mut(&peer).expect("sessions are with peers");
                assert!(known.handed_back > 0, "a session becomes writable only after it was full");
                known.last_back = None;
                (0..std::mem::take(&mut known.handed_back)).for_each(|_| effects.session_send(peer, known.next(self.incarnation)));
            }
            // When one side closes, the other closes too, so that the next session can open.
            Input::SessionClosed { peer } => {
                self.peers.get_mut(&peer).expect("sessions are with peers").begin_session();
                effects.session_close(peer);
            }
            Input::SessionReset { peer, reason } => self.reset(peer, reason),
            Input::Call(_) | _ => {}
        }
    }

    fn view(&self) -> &Self {
        self
    }
}

/// Whether everything that `from` sent in its present session with `to` has arrived.
fn has_arrived(world: &World<'_>, from: NodeId, to: NodeId) -> bool {
    let (Some(sender), Some(receiver)) = (world.view::<Courier>(from), world.view::<Courier>(to)) else { return true };
    let known = &sender.peers[&to];
    let last = Parcel { incarnation: sender.incarnation, session: known.session, number: known.sent.wrapping_sub(1) };
    known.sent == 0 || receiver.peers[&from].last == Some(last)
}

fn couriers(nodes: u32, link: LinkModel) -> Scenario {
    Scenario::new("couriers")
        .machines("node", nodes, Courier::boot)
        .default_links(link)
        .always("every message and every byte is accounted for", |world| {
            let seen = world.nodes().filter(|node| world.view::<Courier>(*node).is_some()).count();
            if world.traffic().is_balanced() { Ok(()) } else { Err(format!("{:?} seen by {seen}", world.traffic())) }
        })
        .eventually("both sides of every session agree", |world| {
            let rested = world
                .views::<Courier>()
                .all(|(_, courier)| courier.rounds == ROUNDS && courier.peers.values().all(|known| known.handed_back == 0));
            let mut pairs = world.nodes().flat_map(|from| world.nodes().map(move |to| (from, to))).filter(|(from, to)| from != to);
            rested && pairs.all(|(from, to)| has_arrived(world, from, to)) && world.traffic().in_flight == 0
        })
        .duration(Duration::from_secs(20))
        .recovery_timeout(Duration::from_secs(300))
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn machine_sessions_stay_ordered_and_complete_under_any_faults(
        (nodes, plan) in any_cluster(),
        link in any_session_link(),
        seed in any::<u64>(),
    ) {
        let report = couriers(nodes, link).faults(plan).run(Seed(seed));
        prop_assert_eq!(report.outcome, Outcome::Held, "{}", report);
        prop_assert!(report.traffic.sessions.sent.messages > 0, "{}", report);
    }
}

#[test]
fn random_faults_produce_every_session_drop_cause() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..16 {
        let profile = FaultProfile {
            mean_interval: Duration::from_secs(2),
            mean_duration: Duration::from_secs(2),
            ..FaultProfile::default()
        };
        let link = LinkModel { loss: ratio(0.1), session_timeout: Duration::from_secs(2), ..LinkModel::default() };
        let report = couriers(4, link).chaos(profile).run(Seed(seed));
        report.assert_ok();
        seen.extend(report.traffic.dropped.into_keys());
    }
    let seen: Vec<&str> = seen.iter().map(LossCause::name).collect();
    assert_eq!(seen, ["session_crash", "session_reset", "session_timed_out"]);
}
