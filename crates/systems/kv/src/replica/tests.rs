//! Messages that come late or twice, at replicas that hear what the test says.

use cluster_sim_invariants::history::models::RegisterOp;
use cluster_sim_node::{Entropy, Incarnation, LocalInstant, NodeId};

use super::{Event, KvReplicaView, Replica, Sends, Status};
use crate::config::Config;
use crate::message::{Entry, EpochLog, KvMessage};
use crate::operation::{KvKey, RequestId};

/// The epoch of each replica here; replica 1 leads it.
const EPOCH: u64 = 4;

/// The life of each replica that has not restarted.
const LIFE: Incarnation = Incarnation(0);

/// Hears one event, at the instant for which the replica waits.
fn hear(replica: &mut Replica, event: Event) -> Sends {
    let mut sends = Sends::new();
    replica.handle(replica.deadline().unwrap_or(LocalInstant::ZERO), event, &mut sends);
    sends
}

/// Boots replica `id` in a life.
fn booted(id: u32, life: u32) -> Replica {
    let mut replica = Replica::new(Config::default(), NodeId(id), Incarnation(life), Entropy::from_key(7));
    hear(&mut replica, Event::Start);
    replica
}

fn entries(count: u64) -> Vec<Entry> {
    let request = |number| RequestId { client: NodeId(3), life: Incarnation(0), number };
    (0..count).map(|number| Entry { request: request(number), op: (KvKey(0), RegisterOp::Write(request(number))) }).collect()
}

fn append(epoch: u64, after: usize, entries: Vec<Entry>, commit: usize) -> KvMessage {
    KvMessage::Append { epoch, beat: 0, after, entries, commit }
}

/// A backup that has two entries and has executed one of them.
fn backup() -> Replica {
    let mut replica = booted(0, 0);
    hear(&mut replica, Event::Message(NodeId(1), append(EPOCH, 0, entries(2), 1)));
    replica
}

/// A candidate that also campaigned for an earlier epoch.
fn candidate() -> Replica {
    let mut replica = booted(1, 0);
    while replica.view().epoch < EPOCH {
        hear(&mut replica, Event::Tick);
    }
    replica
}

/// A primary with two entries, which no backup is known to have.
fn primary() -> Replica {
    let mut replica = candidate();
    let log = EpochLog { epoch: 0, entries: entries(2) };
    hear(&mut replica, Event::Message(NodeId(2), KvMessage::Promise { epoch: EPOCH, life: LIFE, log }));
    replica
}

/// Everything that replicas tell each other about an epoch.
fn messages_of(epoch: u64) -> [KvMessage; 5] {
    [
        KvMessage::Prepare { epoch, life: LIFE },
        KvMessage::Promise { epoch, life: LIFE, log: EpochLog { epoch: 0, entries: entries(3) } },
        append(epoch, 0, entries(3), 3),
        KvMessage::Accepted { epoch, beat: 0, last: None, upto: 2 },
        KvMessage::Stale { epoch },
    ]
}

#[test]
fn a_message_of_an_earlier_epoch_changes_no_replica() {
    for (make, status) in [(backup as fn() -> Replica, Status::Backup), (candidate, Status::Candidate), (primary, Status::Primary)]
    {
        assert_eq!((make().view().status, make().view().epoch), (status, EPOCH));
        for message in (0..EPOCH).flat_map(messages_of) {
            let mut replica = make();
            let before = format!("{replica:?}");
            hear(&mut replica, Event::Message(NodeId(2), message.clone()));
            assert_eq!(format!("{replica:?}"), before, "{message:?}");
        }
    }
}

#[test]
fn a_majority_elects_a_candidate_and_commits_entries_of_a_primary() {
    let accepted = KvMessage::Accepted { epoch: EPOCH, beat: 0, last: None, upto: 1 };
    let mut primary = primary();
    assert_eq!(primary.view().applied, 0, "it alone has the entries");
    let sends = hear(&mut primary, Event::Message(NodeId(2), accepted));
    assert_eq!(primary.view().applied, 1);
    assert!(matches!(sends[..], [(NodeId(3), KvMessage::Answer { .. })]), "{sends:?}");
}

/// Its candidate leads already, and needs no promise.
#[test]
fn no_promise_is_given_for_an_epoch_that_has_begun() {
    let prepare = |epoch| Event::Message(NodeId(1), KvMessage::Prepare { epoch, life: LIFE });
    assert_eq!(hear(&mut backup(), prepare(EPOCH)), []);
    let log = EpochLog { epoch: EPOCH, entries: entries(2) };
    assert_eq!(hear(&mut backup(), prepare(EPOCH + 3)), [(NodeId(1), KvMessage::Promise { epoch: EPOCH + 3, life: LIFE, log })]);
}

#[test]
fn a_copy_of_entries_is_not_appended_again() {
    for (after, count) in [(0, 1), (0, 2), (1, 1), (2, 0)] {
        let mut backup = backup();
        let copy = entries(2).into_iter().skip(after).take(count).collect();
        hear(&mut backup, Event::Message(NodeId(1), append(EPOCH, after, copy, 1)));
        assert_eq!(backup.log.entries, entries(2), "{count} after {after}");
    }
}

#[test]
fn a_learner_needs_what_both_others_tell_its_own_life() {
    let state = |life, count| KvMessage::State {
        life: Incarnation(life),
        epoch: EPOCH,
        log: EpochLog { epoch: 1, entries: entries(count) },
    };
    let waiting = KvReplicaView { status: Status::Learner, ..KvReplicaView::default() };
    let mut replica = booted(0, 2);
    for (from, life) in [(1, 1), (2, 1), (1, 2), (1, 2), (2, 1)] {
        hear(&mut replica, Event::Message(NodeId(from), state(life, 1)));
        assert_eq!(*replica.view(), waiting, "{from} to life {life}");
    }
    hear(&mut replica, Event::Message(NodeId(2), state(2, 2)));
    assert_eq!((replica.view().status, replica.view().epoch, replica.view().length), (Status::Backup, EPOCH, 2));
}

/// Boots replica `id` in its second life, in which both others tell it that they are in epoch 0 and have nothing.
fn learned_nothing(id: u32) -> Replica {
    let mut replica = booted(id, 1);
    for from in (0..3).filter(|from| *from != id) {
        let state = KvMessage::State { life: Incarnation(1), epoch: 0, log: EpochLog::default() };
        hear(&mut replica, Event::Message(NodeId(from), state));
    }
    replica
}

/// Returns what is sent to a replica.
fn to(id: u32, sends: Sends) -> KvMessage {
    sends.into_iter().find_map(|(to, message)| (to == NodeId(id)).then_some(message)).expect("it is sent something")
}

#[test]
fn a_promise_to_an_earlier_life_elects_no_candidate() {
    // Replica 1 asks replica 2 to follow it, and restarts before that one hears of it.
    let prepare = to(2, hear(&mut booted(1, 0), Event::Tick));
    let mut candidate = learned_nothing(1);
    // Replica 2 promises, and restarts: none of the others knows of its promise.
    let promise = to(1, hear(&mut booted(2, 0), Event::Message(NodeId(1), prepare)));
    let mut backup = learned_nothing(2);
    // Replica 0 has led epoch 0 all the time, and answers a write that replica 2 has too.
    let mut primary = booted(0, 0);
    let append = to(2, hear(&mut primary, Event::Message(NodeId(3), KvMessage::Ask(entries(1)[0]))));
    let accepted = to(0, hear(&mut backup, Event::Message(NodeId(0), append)));
    assert!(matches!(to(3, hear(&mut primary, Event::Message(NodeId(2), accepted))), KvMessage::Answer { .. }));
    // Replica 1, which lacks that write, asks again in the same epoch.
    let asked = hear(&mut candidate, Event::Tick);
    hear(&mut candidate, Event::Message(NodeId(2), promise));
    assert_eq!(candidate.view().status, Status::Candidate, "it would replace the write");
    let promise = to(1, hear(&mut backup, Event::Message(NodeId(1), to(2, asked))));
    hear(&mut candidate, Event::Message(NodeId(2), promise));
    assert_eq!((candidate.view().status, candidate.view().length), (Status::Primary, 1));
}
