//! When and where a client reads and writes.

use super::*;
use crate::fixture::{Bench, LAYOUT, config, milliseconds};

fn client(index: u32, config: Config) -> Bench<Client> {
    Bench::new(LAYOUT.client(index), config, Client::boot)
}

/// Ten reads per second.
fn reader() -> Config {
    Config { key_count: 1_000, reads_per_client_per_sec: 10.0, ..config() }
}

/// Lists the read requests: instant, edge, number and key.
fn reads(bench: &Bench<Client>) -> Vec<(Duration, NodeId, CacheOperation, Key)> {
    let read = |(at, to, message): &(Duration, NodeId, EdgeMessage)| match message {
        EdgeMessage::ReadRequest { operation, key } => Some((*at, *to, *operation, *key)),
        _ => None,
    };
    bench.sent_at().iter().filter_map(read).collect()
}

/// Runs until the next read request, without answering it.
fn next_read(bench: &mut Bench<Client>) -> (Duration, NodeId, CacheOperation, Key) {
    let before = reads(bench).len();
    loop {
        let due = *bench.armed().values().min().unwrap();
        bench.run_until(due);
        if let Some(read) = reads(bench).get(before) {
            return *read;
        }
    }
}

/// Runs until the next read, answers it 1 ms later, and returns it.
fn answered_read(bench: &mut Bench<Client>, version: Version) -> (Duration, NodeId, CacheOperation, Key) {
    let (at, edge, operation, key) = next_read(bench);
    bench.deliver(at + milliseconds(1), edge, EdgeMessage::ReadReply { operation, key, version });
    (at, edge, operation, key)
}

#[test]
fn edge_08_reads_tick_at_their_rate_from_a_random_phase() {
    let mut client = client(0, reader());
    let phase = client.roll("read-phase", 0).within(milliseconds(100));
    for tick in 0..20 {
        let (at, _, operation, key) = answered_read(&mut client, 0);
        assert_eq!((at, operation), (phase + milliseconds(100) * tick, u64::from(tick)));
        assert_eq!(key, reader().key(client.roll("read-key", operation)));
    }
}

#[test]
fn edge_08_a_rate_of_zero_neither_reads_nor_writes() {
    let client = client(0, config());
    assert!(client.armed().is_empty());
}

#[test]
fn edge_08_reads_do_not_overlap_and_a_slow_one_shifts_no_key() {
    let slow_links = Config { client_delay: milliseconds(25), ..reader() };
    let mut slow = client(0, slow_links);
    let (at, edge, operation, key) = next_read(&mut slow);
    slow.run_until(at + milliseconds(240));
    assert_eq!(reads(&slow).len(), 1);
    slow.deliver(at + milliseconds(240), edge, EdgeMessage::ReadReply { operation, key, version: 0 });
    let after = next_read(&mut slow);
    let mut quick = client(0, reader());
    for _ in 0..3 {
        answered_read(&mut quick, 0);
    }
    assert_eq!(after, next_read(&mut quick));
}

#[test]
fn edge_08_writes_go_to_the_source_at_their_rate() {
    let mut client = client(0, Config { writes_per_client_per_sec: 2.0, ..config() });
    client.run_until(Duration::from_secs(10));
    assert_eq!(client.sent().len(), 20);
    for (operation, (to, message)) in (0..).zip(client.sent()) {
        let key = config().key(client.roll("write-key", operation));
        assert_eq!((to, message), (Layout::SOURCE, EdgeMessage::WriteRequest { operation, key }));
    }
    client.deliver(Duration::from_secs(10), Layout::SOURCE, EdgeMessage::WriteAck { operation: 3, key: 1, version: 7 });
    assert_eq!(client.facts(), [EdgeFact::WriteAcked { operation: 3, key: 1, version: 7 }]);
}

#[test]
fn edge_08_a_client_that_never_roams_stays_at_home() {
    for index in 0..LAYOUT.clients {
        let mut client = client(index, reader());
        for _ in 0..50 {
            assert_eq!(answered_read(&mut client, 0).1, LAYOUT.edge(index % LAYOUT.edges));
        }
    }
}

#[test]
fn edge_08_each_visit_has_its_own_roll() {
    let mut client = client(0, Config { roam_interval: milliseconds(250), ..reader() });
    let mut visited = [false; 3];
    for _ in 0..100 {
        let (at, edge, ..) = answered_read(&mut client, 0);
        let visit = (at.as_millis() / 250) as u64;
        let index = client.roll("roam", visit).below(u64::from(LAYOUT.edges)) as u32;
        assert_eq!(edge, LAYOUT.edge(index), "visit {visit}");
        visited[index as usize] = true;
    }
    assert_eq!(visited, [true; 3]);
}

#[test]
fn edge_10_a_read_carries_the_version_acknowledged_before_it() {
    let one_key = Config { key_count: 1, ..reader() };
    let mut client = client(0, one_key);
    let ack = |version| EdgeMessage::WriteAck { operation: 0, key: 0, version };
    client.deliver(Duration::ZERO, Layout::SOURCE, ack(4));
    client.deliver(Duration::ZERO, Layout::SOURCE, ack(3));
    let (at, edge, operation, key) = next_read(&mut client);
    client.deliver(at + milliseconds(1), Layout::SOURCE, ack(9));
    client.clear();
    client.deliver(at + milliseconds(2), edge, EdgeMessage::ReadReply { operation, key, version: 5 });
    assert_eq!(client.facts(), [EdgeFact::Observed { operation, edge, key, version: 5, acked: 4 }]);
    answered_read(&mut client, 5);
    let acked = client.facts().into_iter().filter_map(|fact| match fact {
        EdgeFact::Observed { acked, .. } => Some(acked),
        _ => None,
    });
    assert_eq!(acked.collect::<Vec<_>>(), [4, 9]);
}

#[test]
fn edge_d21_a_read_times_out_after_ten_delays_or_ten_milliseconds() {
    for (delay, timeout) in [(0, 10), (1, 10), (3, 30)] {
        let mut client = client(0, Config { client_delay: milliseconds(delay), ..reader() });
        let (at, edge, operation, _) = next_read(&mut client);
        client.run_until(at + milliseconds(timeout) - Duration::from_nanos(1));
        assert!(client.facts().is_empty() && client.view().reading.is_some());
        client.run_until(at + milliseconds(timeout));
        assert_eq!(client.facts(), [EdgeFact::Unavailable { operation, edge }]);
        assert_eq!(client.view().reading, None);
    }
}

#[test]
fn edge_d21_an_answered_read_is_not_given_up() {
    let mut client = client(0, reader());
    let (at, ..) = answered_read(&mut client, 0);
    assert!(!client.armed().contains_key(&GIVE_UP));
    client.run_until(at + milliseconds(50));
    assert!(matches!(client.facts()[..], [EdgeFact::Observed { .. }]));
}

#[test]
fn edge_d21_an_answer_to_a_read_given_up_is_ignored() {
    let mut client = client(0, reader());
    let (at, edge, operation, key) = next_read(&mut client);
    client.run_until(at + milliseconds(20));
    client.clear();
    client.deliver(at + milliseconds(21), edge, EdgeMessage::ReadReply { operation, key, version: 1 });
    assert!(client.facts().is_empty());
    // It does not answer the read that is in progress by then either.
    let (at, edge, ..) = next_read(&mut client);
    client.deliver(at + milliseconds(1), edge, EdgeMessage::ReadReply { operation, key, version: 1 });
    assert!(client.facts().is_empty() && client.view().reading.is_some());
}

#[test]
fn an_answer_with_another_key_or_edge_is_ignored() {
    let mut client = client(0, reader());
    let (at, edge, operation, key) = next_read(&mut client);
    let other_edge = LAYOUT.edge((LAYOUT.edge_index(edge).unwrap() + 1) % LAYOUT.edges);
    client.deliver(at + milliseconds(1), edge, EdgeMessage::ReadReply { operation, key: key + 1, version: 1 });
    client.deliver(at + milliseconds(1), other_edge, EdgeMessage::ReadReply { operation, key, version: 1 });
    assert!(client.facts().is_empty() && client.view().reading.is_some());
}

#[test]
fn edge_d21_a_client_leaves_a_silent_edge_at_once() {
    let mut client = client(0, reader());
    let (_, mut silent, mut operation, _) = next_read(&mut client);
    for _ in 0..50 {
        let others: Vec<NodeId> = (0..LAYOUT.edges).map(|index| LAYOUT.edge(index)).filter(|edge| *edge != silent).collect();
        let expected = client.roll("escape", operation).pick(&others).copied();
        (_, silent, operation, _) = next_read(&mut client);
        assert_eq!(Some(silent), expected);
    }
}

#[test]
fn edge_d21_leaving_a_silent_edge_shifts_no_later_visit_or_key() {
    let roaming = || client(0, Config { roam_interval: milliseconds(250), ..reader() });
    let (mut disturbed, mut steady) = (roaming(), roaming());
    let silent = next_read(&mut disturbed);
    assert_eq!(answered_read(&mut steady, 0), silent);
    for _ in 0..100 {
        let (left, right) = (answered_read(&mut disturbed, 0), answered_read(&mut steady, 0));
        assert_eq!((left.0, left.2, left.3), (right.0, right.2, right.3));
        if left.0 >= milliseconds(250) {
            assert_eq!(left.1, right.1);
        } else {
            assert_ne!(left.1, silent.1);
        }
    }
}
