//! Async nodes that send parcels in sessions through random trouble: order, nothing invented, nothing lost from the middle, an end only
//! after everything, and in the end both sides of every session know what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cluster_sim::prelude::*;
use cluster_sim::{ConnectError, LossCause, Session, SessionReset};
use cluster_sim_testkit::arbitrary::{any_link, any_plan, cases};
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// For how long of its life a node opens sessions.
const BUSY: Duration = Duration::from_secs(20);

/// Who hears nothing for so long says something, so that it learns of a session that is gone.
const SILENCE: Duration = Duration::from_secs(2);

/// Which session: who sends, in which life, to whom, and the how manieth.
type Name = (u32, u32, u32, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Word {
    /// The how manieth of its session, and whether it is the last.
    Parcel {
        session: Name,
        number: u64,
        is_last: bool,
    },
    /// So many have arrived, the last among them.
    Got(u64),
    Ping,
}

/// What a run showed, across lives.
#[derive(Debug, Clone, Default)]
struct Book(Arc<Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    /// How many parcels each session took over from its sender.
    sent: BTreeMap<Name, u64>,
    ends: BTreeSet<&'static str>,
}

impl Book {
    fn sent(&self, session: Name) -> u64 {
        self.0.lock().expect("no writer panicked").sent.get(&session).copied().unwrap_or(0)
    }

    fn note_sent(&self, session: Name) {
        *self.0.lock().expect("no writer panicked").sent.entry(session).or_default() += 1;
    }

    fn note_end(&self, end: &'static str) {
        self.0.lock().expect("no writer panicked").ends.insert(end);
    }
}

/// How many tasks of a node still send, and how many receive.
#[derive(Debug, Default)]
struct Busy {
    senders: usize,
    receivers: usize,
}

async fn courier(node: Node, book: Book) {
    node.publish(|busy: &mut Busy| busy.senders = node.peers().len());
    for peer in node.peers().to_vec() {
        let (node, book) = (node.clone(), book.clone());
        node.clone().spawn(async move {
            let mut count = 0;
            while node.now().since_zero() < BUSY {
                book.note_end(deliver(&node, peer, count, &book).await);
                count += 1;
                node.sleep(milliseconds(node.random().below(900))).await;
            }
            node.publish(|busy: &mut Busy| busy.senders -= 1);
        });
    }
    loop {
        let listener = node.listen::<Word>("parcels");
        // Now and then it is closed and opened again; then it refuses for a while.
        let _ = node.timeout(milliseconds(5_000), accept_all(&node, &listener, &book)).await;
        drop(listener);
        node.sleep(milliseconds(100)).await;
    }
}

async fn accept_all(node: &Node, listener: &cluster_sim::Listener<Word>, book: &Book) {
    loop {
        let session = listener.accept().await;
        node.publish(|busy: &mut Busy| busy.receivers += 1);
        let (node, book) = (node.clone(), book.clone());
        node.clone().spawn(async move {
            book.note_end(take_in(&node, session, &book).await);
            node.publish(|busy: &mut Busy| busy.receivers -= 1);
        });
    }
}

/// Opens a session and sends some parcels; answers with how it ended.
async fn deliver(node: &Node, peer: NodeId, count: u32, book: &Book) -> &'static str {
    let name = (node.id().0, node.incarnation().0, peer.0, count);
    let session = match node.timeout(milliseconds(node.random().below(6_000)), node.connect::<Word>(peer, "parcels")).await {
        Err(_) => return "waited for no answer",
        Ok(Err(ConnectError::Refused)) => return "refused",
        Ok(Err(ConnectError::TimedOut)) => return "timed out",
        Ok(Ok(session)) => session,
    };
    let parcels = 1 + node.random().below(40);
    let mut number = 0;
    while number < parcels {
        let parcel = Word::Parcel { session: name, number, is_last: number + 1 == parcels };
        match node.timeout(milliseconds(node.random().below(3_000)), session.send(parcel)).await {
            Ok(Ok(())) => {
                book.note_sent(name);
                number += 1;
            }
            Ok(Err(SessionReset)) => return "reset while it sent",
            // What was not sent is sent again, under the same number.
            Err(_) => {}
        }
        if node.random().below(100) == 0 {
            return "given up by its sender";
        }
    }
    loop {
        match hear(node, &session).await {
            Ok(Some(Word::Got(got))) => {
                assert_eq!(got, parcels, "{name:?}");
                session.close();
                return "delivered";
            }
            Ok(Some(Word::Ping)) => {}
            Ok(other) => panic!("nobody answers so: {other:?}"),
            Err(SessionReset) => return "reset while it waited",
        }
    }
}

/// Takes in what comes in a session; answers with how it ended.
async fn take_in(node: &Node, session: Session<Word>, book: &Book) -> &'static str {
    let mut next: Option<(Name, u64)> = None;
    let mut is_all = false;
    loop {
        match hear(node, &session).await {
            Ok(Some(Word::Parcel { session: name, number, is_last })) => {
                let (of, expected) = next.unwrap_or((name, 0));
                assert_eq!((name, number), (of, expected), "in order, and none is missing");
                assert!(number < book.sent(name) && !is_all, "{name:?} {number} was sent");
                assert_eq!((NodeId(name.0), NodeId(name.2)), (session.peer(), node.id()));
                next = Some((name, number + 1));
                is_all = is_last;
                if is_last && session.send(Word::Got(number + 1)).await.is_err() {
                    return "reset while it received";
                }
            }
            Ok(Some(Word::Ping)) => {}
            Ok(Some(Word::Got(got))) => panic!("nobody was sent {got}"),
            Ok(None) => {
                let (sent, got) = next.map_or((0, 0), |(name, got)| (book.sent(name), got));
                assert_eq!(sent, got, "the end comes after everything");
                return if is_all { "ended" } else { "ended early" };
            }
            Err(SessionReset) => return "reset while it received",
        }
    }
}

/// The next word. Asks by saying something where there is a long silence: who only listens may never learn that a session is gone.
async fn hear(node: &Node, session: &Session<Word>) -> Result<Option<Word>, SessionReset> {
    loop {
        match node.timeout(SILENCE, session.recv()).await {
            Ok(heard) => return heard,
            Err(_) => drop(session.try_send(Word::Ping)),
        }
    }
}

fn couriers(nodes: u32, link: LinkModel) -> (Scenario, Book) {
    let book = Book::default();
    let of_nodes = book.clone();
    let scenario = Scenario::new("couriers")
        .nodes("node", nodes, move |node| courier(node, of_nodes.clone()))
        .default_links(link)
        .always("every message and every byte is accounted for", |world| {
            let seen = world.views::<Busy>().count();
            if world.traffic().is_balanced() { Ok(()) } else { Err(format!("{:?} seen by {seen}", world.traffic())) }
        })
        .eventually("both sides of every session know what became of it", |world| {
            let is_quiet = |busy: &Busy| busy.senders == 0 && busy.receivers == 0;
            world.views::<Busy>().all(|(_, busy)| is_quiet(busy)) && world.traffic().in_flight == 0
        })
        .duration(Duration::from_secs(20))
        .recovery_timeout(Duration::from_secs(300));
    (scenario, book)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn sessions_of_nodes_keep_their_promise_whatever_happens(
        (nodes, plan) in (2_u32..5).prop_flat_map(|nodes| {
            (Just(nodes), any_plan(nodes, Duration::from_secs(20), Duration::from_secs(8)))
        }),
        link in any_link(),
        // What the links lose in the calm; a window of one carries a message in a second or two then.
        loss in (0.0..0.2_f64).prop_map(ratio),
        window in prop_oneof![1_u32..8, Just(64)],
        patience in 2_u64..16,
        seed in any::<u64>(),
    ) {
        let link = LinkModel { loss, window, session_timeout: Duration::from_secs(patience), ..link };
        let run = || couriers(nodes, link.clone()).0.faults(plan.clone()).run(Seed(seed));
        let report = run();
        prop_assert_eq!(report.outcome, Outcome::Held, "{}", report);
        prop_assert!(report.traffic.sessions.connects > 0, "{}", report);
        prop_assert_eq!(run().digest, report.digest, "the same seed gives the same run");
    }
}

#[test]
fn random_trouble_raises_every_cause_of_loss_and_every_kind_of_end() {
    let (mut causes, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..128 {
        let profile = FaultProfile {
            mean_interval: Duration::from_secs(1),
            mean_duration: Duration::from_secs(2),
            ..FaultProfile::default()
        };
        let link = LinkModel { loss: ratio(0.1), session_timeout: Duration::from_secs(3), ..LinkModel::default() };
        let (scenario, book) = couriers(4, link);
        let report = scenario.chaos(profile).run(Seed(seed));
        report.assert_ok();
        causes.extend(report.traffic.dropped.into_keys());
        ends.extend(std::mem::take(&mut book.0.lock().unwrap().ends));
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
