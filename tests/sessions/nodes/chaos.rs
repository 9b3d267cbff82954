//! Async nodes exchange numbered parcels in sessions under random faults.
//!
//! Parcels arrive in order, none is invented, none is lost from the middle, a close arrives after everything, and in the end both
//! sides of every session have ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cluster_sim::net::LossCause;
use cluster_sim::node::{ConnectError, Session, SessionReset};
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{any_cluster, any_session_link};

/// For how long after its boot a node opens sessions.
const CONNECTS_FOR: Duration = Duration::from_secs(20);

/// A side that receives nothing for this long sends a ping, so that it detects a session that is gone.
const SILENCE: Duration = Duration::from_secs(2);

/// A session: sender, incarnation of the sender, receiver, and number.
type SessionName = (u32, u32, u32, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Message {
    /// Its number in the session, and whether it is the last.
    Parcel {
        session: SessionName,
        number: u64,
        is_last: bool,
    },
    /// How many have arrived, the last among them.
    Got(u64),
    Ping,
}

/// The sends and ends of a run, across incarnations.
#[derive(Debug, Clone, Default)]
struct Outcomes(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    /// How many parcels each session accepted from its sender.
    sent: BTreeMap<SessionName, u64>,
    ends: BTreeSet<&'static str>,
}

impl Outcomes {
    fn sent(&self, session: SessionName) -> u64 {
        self.0.lock().expect("no writer panicked").sent.get(&session).copied().unwrap_or(0)
    }

    fn note_sent(&self, session: SessionName) {
        *self.0.lock().expect("no writer panicked").sent.entry(session).or_default() += 1;
    }

    fn note_end(&self, end: &'static str) {
        self.0.lock().expect("no writer panicked").ends.insert(end);
    }
}

/// How many tasks of a node are sending and receiving.
#[derive(Debug, Default)]
struct Busy {
    senders: usize,
    receivers: usize,
}

async fn courier(node: Node, outcomes: Outcomes) {
    node.publish(|busy: &mut Busy| busy.senders = node.peers().len());
    for peer in node.peers().to_vec() {
        let (node, outcomes) = (node.clone(), outcomes.clone());
        node.clone().spawn(async move {
            let mut count = 0;
            while node.now().since_zero() < CONNECTS_FOR {
                outcomes.note_end(deliver(&node, peer, count, &outcomes).await);
                count += 1;
                node.sleep(milliseconds(node.random().below(900))).await;
            }
            node.publish(|busy: &mut Busy| busy.senders -= 1);
        });
    }
    loop {
        let listener = node.listen::<Message>("parcels");
        // Listens anew every five seconds; in between it refuses for a while.
        let _ = node.timeout(milliseconds(5_000), accept_all(&node, &listener, &outcomes)).await;
        drop(listener);
        node.sleep(milliseconds(100)).await;
    }
}

async fn accept_all(node: &Node, listener: &cluster_sim::node::Listener<Message>, outcomes: &Outcomes) {
    loop {
        let session = listener.accept().await;
        node.publish(|busy: &mut Busy| busy.receivers += 1);
        let (node, outcomes) = (node.clone(), outcomes.clone());
        node.clone().spawn(async move {
            outcomes.note_end(receive_all(&node, session, &outcomes).await);
            node.publish(|busy: &mut Busy| busy.receivers -= 1);
        });
    }
}

/// Opens a session and sends some parcels; returns how it ended.
async fn deliver(node: &Node, peer: NodeId, count: u32, outcomes: &Outcomes) -> &'static str {
    let name = (node.id().0, node.incarnation().0, peer.0, count);
    let session = match node.timeout(milliseconds(node.random().below(6_000)), node.connect::<Message>(peer, "parcels")).await {
        Err(_) => return "waited for no answer",
        Ok(Err(ConnectError::Refused)) => return "refused",
        Ok(Err(ConnectError::TimedOut)) => return "timed out",
        Ok(Err(error)) => panic!("nothing else ends a request: {error}"),
        Ok(Ok(session)) => session,
    };
    let parcels = 1 + node.random().below(40);
    let mut number = 0;
    while number < parcels {
        let parcel = Message::Parcel { session: name, number, is_last: number + 1 == parcels };
        match node.timeout(milliseconds(node.random().below(3_000)), session.send(parcel)).await {
            Ok(Ok(())) => {
                outcomes.note_sent(name);
                number += 1;
            }
            Ok(Err(SessionReset)) => return "reset while it sent",
            // A parcel that was not sent is sent again, with its number.
            Err(_) => {}
        }
        if node.random().below(100) == 0 {
            return "given up by its sender";
        }
    }
    loop {
        match recv_or_ping(node, &session).await {
            Ok(Some(Message::Got(got))) => {
                assert_eq!(got, parcels, "{name:?}");
                session.close();
                return "delivered";
            }
            Ok(Some(Message::Ping)) => {}
            Ok(other) => panic!("not an answer: {other:?}"),
            Err(SessionReset) => return "reset while it waited",
        }
    }
}

/// Receives until a session ends; returns how it ended.
async fn receive_all(node: &Node, session: Session<Message>, outcomes: &Outcomes) -> &'static str {
    let mut next: Option<(SessionName, u64)> = None;
    let mut is_all = false;
    loop {
        match recv_or_ping(node, &session).await {
            Ok(Some(Message::Parcel { session: name, number, is_last })) => {
                let (of, expected) = next.unwrap_or((name, 0));
                assert_eq!((name, number), (of, expected), "in order, and none is missing");
                assert!(number < outcomes.sent(name) && !is_all, "{name:?} {number} was sent");
                assert_eq!((NodeId(name.0), NodeId(name.2)), (session.peer(), node.id()));
                next = Some((name, number + 1));
                is_all = is_last;
                if is_last && session.send(Message::Got(number + 1)).await.is_err() {
                    return "reset while it received";
                }
            }
            Ok(Some(Message::Ping)) => {}
            Ok(Some(Message::Got(got))) => panic!("a receiver was sent {got}"),
            Ok(None) => {
                let (sent, got) = next.map_or((0, 0), |(name, got)| (outcomes.sent(name), got));
                assert_eq!(sent, got, "the close arrives after everything");
                return if is_all { "ended" } else { "ended early" };
            }
            Err(SessionReset) => return "reset while it received",
        }
    }
}

/// Receives the next message; sends a ping after each silence, since a side that only receives may never detect a lost session.
async fn recv_or_ping(node: &Node, session: &Session<Message>) -> Result<Option<Message>, SessionReset> {
    loop {
        match node.timeout(SILENCE, session.recv()).await {
            Ok(received) => return received,
            Err(_) => drop(session.try_send(Message::Ping)),
        }
    }
}

fn couriers(nodes: u32, link: LinkModel) -> (Scenario, Outcomes) {
    let outcomes = Outcomes::default();
    let of_nodes = outcomes.clone();
    let scenario = Scenario::new("couriers")
        .nodes("node", nodes, move |node| courier(node, of_nodes.clone()))
        .default_links(link)
        .always("every message and every byte is accounted for", |world| {
            let seen = world.views::<Busy>().count();
            if world.traffic().is_balanced() { Ok(()) } else { Err(format!("{:?} seen by {seen}", world.traffic())) }
        })
        .eventually("both sides of every session have ended", |world| {
            let is_quiet = |busy: &Busy| busy.senders == 0 && busy.receivers == 0;
            world.views::<Busy>().all(|(_, busy)| is_quiet(busy)) && world.traffic().in_flight == 0
        })
        .duration(Duration::from_secs(20))
        .recovery_timeout(Duration::from_secs(300));
    (scenario, outcomes)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn node_sessions_stay_ordered_and_complete_under_any_faults(
        (nodes, plan) in any_cluster(),
        link in any_session_link(),
        seed in any::<u64>(),
    ) {
        // A task that is cancelled counts as busy for ever.
        let is_kept = |scheduled: &&cluster_sim::fault::ScheduledFault| scheduled.fault.kind() != "cancel tasks";
        let plan: FaultPlan = plan.faults().iter().filter(is_kept).cloned().collect();
        let run = || couriers(nodes, link.clone()).0.faults(plan.clone()).run(Seed(seed));
        let report = run();
        prop_assert_eq!(report.outcome, Outcome::Held, "{}", report);
        prop_assert!(report.traffic.sessions.connects > 0, "{}", report);
        prop_assert_eq!(run().digest, report.digest, "one seed gives one run");
    }
}

#[test]
fn random_faults_produce_every_drop_cause_and_every_end() {
    let (mut causes, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..128 {
        let profile = FaultProfile {
            mean_interval: Duration::from_secs(1),
            mean_duration: Duration::from_secs(2),
            ..FaultProfile::default()
        };
        let link = LinkModel { loss: ratio(0.1), session_timeout: Duration::from_secs(3), ..LinkModel::default() };
        let (scenario, outcomes) = couriers(4, link);
        let report = scenario.chaos(profile).run(Seed(seed));
        report.assert_ok();
        causes.extend(report.traffic.dropped.into_keys());
        ends.extend(std::mem::take(&mut outcomes.0.lock().unwrap().ends));
    }
    let causes: Vec<&str> = causes.iter().map(LossCause::name).collect();
    assert_eq!(causes, ["session_crash", "session_reset", "session_timed_out", "session_unread"]);
    let every = [
        "delivered",
        "ended",
        "ended early",
        "given up by its sender",
        "refused",
        "reset while it received",
        "reset while it sent",
        "reset while it waited",
        "timed out",
        "waited for no answer",
    ];
    assert_eq!(ends.into_iter().collect::<Vec<_>>(), every);
}
