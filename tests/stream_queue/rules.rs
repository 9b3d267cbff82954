//! Each of the six invariants fires on what it is about, and tells where, what was expected and what was found.

use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim_stream_queue::rules::{
    DenseOffsets, GroupsAdvance, LinearManifest, NoAckedLoss, TrimmedIsShipped, WholeReads, converged,
};
use cluster_sim_stream_queue::{Acks, BrokerFact, BrokerView, ClientFact, ContentHash, PartitionView, ProducerId};
use rstest::rstest;

use crate::watch::orders;

/// A fact of a node, by the number of that node.
#[derive(Clone)]
enum Stated {
    Client(u32, ClientFact),
    Broker(u32, BrokerFact),
}

/// States its share of the facts, one each millisecond.
async fn puppet(node: Node, facts: Arc<Vec<Stated>>) {
    for fact in &*facts {
        node.sleep(Duration::from_millis(1)).await;
        match fact {
            Stated::Client(number, fact) if *number == node.index() => node.emit(fact.clone()),
            Stated::Broker(number, fact) if *number == node.index() => node.emit(fact.clone()),
            _ => {}
        }
    }
}

fn stating(facts: Vec<Stated>) -> Scenario {
    let facts = Arc::new(facts);
    Scenario::new("stated").nodes("node", 3, move |node| puppet(node, Arc::clone(&facts))).start_together()
}

/// The message of the rule's violation; empty if it holds.
fn found(scenario: Scenario) -> String {
    let report = scenario.run(Seed(1));
    report.violations.first().map_or_else(String::new, |violation| violation.message.clone())
}

fn hashes(values: &[u64]) -> Vec<ContentHash> {
    values.iter().copied().map(ContentHash).collect()
}

fn acknowledged(node: u32, producer: u64, sequence: u64, base: u64, values: &[u64]) -> Stated {
    let (partition, producer, acks) = (orders(), ProducerId(producer), Acks::All);
    Stated::Client(node, ClientFact::Acknowledged { partition, producer, sequence, acks, base, hashes: hashes(values) })
}

fn applied(node: u32, base: u64, values: &[u64]) -> Stated {
    Stated::Broker(node, BrokerFact::Applied { partition: orders(), base, hashes: hashes(values) })
}

fn opened(node: u32, end: u64) -> Stated {
    Stated::Broker(node, BrokerFact::Opened { partition: orders(), end })
}

fn read(node: u32, from: u64, values: &[u64], end: u64) -> Stated {
    let (partition, is_from_store) = (orders(), false);
    Stated::Client(node, ClientFact::Read { partition, from, hashes: hashes(values), end, is_from_store })
}

fn elected(node: u32, term: u64) -> Stated {
    Stated::Broker(node, BrokerFact::Elected { partition: orders(), term })
}

fn leads(node: u32, term: u64, end: u64) -> Stated {
    Stated::Broker(node, BrokerFact::Leads { partition: orders(), term, end })
}

#[rstest]
#[case::kept(vec![applied(0, 0, &[7, 8]), acknowledged(1, 1, 1, 0, &[7, 8]), read(1, 1, &[8], 2), applied(2, 0, &[7, 8])], "")]
#[case::another_record_appended(
    vec![acknowledged(1, 1, 1, 0, &[7, 8]), applied(0, 1, &[9])],
    "orders/0 offset 1: expected the record 0000000000000008 that was acknowledged, actual 0000000000000009, which node/0 appended"
)]
#[case::another_record_read(
    vec![acknowledged(1, 1, 1, 0, &[7, 8]), read(2, 0, &[7, 9], 2)],
    "orders/0 offset 1: expected the record 0000000000000008 that was acknowledged, actual 0000000000000009, which node/2 read"
)]
#[case::told_of_what_is_not_there(
    vec![applied(0, 0, &[7]), acknowledged(1, 1, 1, 0, &[8])],
    "orders/0 offset 0: expected the record 0000000000000007 that was appended, actual 0000000000000008, which node/1 was told of"
)]
#[case::leader_without_it(
    vec![acknowledged(1, 1, 1, 0, &[7, 8]), elected(0, 5), leads(0, 5, 1)],
    "orders/0: expected all 2 records that were acknowledged before term 5, actual 1 in the log of node/0, which leads it"
)]
#[case::acknowledged_after_the_election(
    vec![acknowledged(1, 1, 1, 0, &[7]), elected(0, 5), acknowledged(1, 1, 2, 1, &[8]), leads(0, 5, 1)],
    ""
)]
fn i01_d16_an_acknowledged_record_stays(#[case] facts: Vec<Stated>, #[case] expected: &str) {
    assert_eq!(found(stating(facts).observe("rule", NoAckedLoss::default)), expected);
}

#[test]
fn i01_d23_a_lost_record_is_shown_beside_the_logs_of_all_brokers() {
    let facts = vec![applied(0, 0, &[7, 8]), acknowledged(1, 1, 1, 0, &[7, 8]), opened(2, 1), applied(2, 1, &[9])];
    let report = stating(facts).observe("rule", NoAckedLoss::default).run(Seed(1));
    let expected = "offset  acknowledged      node/0            node/2
0       0000000000000007  0000000000000007  ?
1       0000000000000008  0000000000000008  0000000000000009
2       -                 -                 -
3       -                 -                 -";
    assert_eq!(report.tables["rule"].to_string(), expected);
    let text = report.to_string();
    assert!(expected.lines().all(|line| text.contains(&format!("\n        {line}\n"))), "{text}");
}

#[test]
fn d17_a_record_that_the_store_has_is_one_that_was_acknowledged() {
    let (partition, hashes) = (orders(), hashes(&[9]));
    let read = Stated::Client(2, ClientFact::Read { partition, from: 0, hashes, end: 1, is_from_store: true });
    let scenario = stating(vec![acknowledged(1, 1, 1, 0, &[7]), read]);
    let found = found(scenario.observe("rule", NoAckedLoss::default));
    assert!(found.starts_with("orders/0 offset 0: expected the record 0000000000000007 that was acknowledged"), "{found}");
}

#[rstest]
#[case::dense(vec![applied(0, 0, &[7, 8]), applied(0, 2, &[9]), opened(0, 2), applied(0, 2, &[9]), acknowledged(1, 1, 1, 0, &[7])], "")]
#[case::gap(vec![applied(0, 0, &[7]), applied(0, 2, &[9])], "orders/0: expected node/0 to append at offset 1, its end, actual offset 2")]
#[case::again(vec![applied(0, 0, &[7]), applied(0, 0, &[7])], "orders/0: expected node/0 to append at offset 1, its end, actual offset 0")]
#[case::shared(
    vec![acknowledged(1, 1, 1, 0, &[7, 8, 9]), acknowledged(2, 2, 1, 2, &[5])],
    "orders/0: expected offsets 2 to 2 for batch 1 of node/2 alone, actual 0 to 2 were acknowledged for batch 1 of producer 1"
)]
#[case::retry_is_fine(vec![acknowledged(1, 1, 1, 0, &[7]), acknowledged(1, 1, 1, 0, &[7])], "")]
#[case::out_of_order(
    vec![acknowledged(1, 1, 1, 5, &[7]), acknowledged(1, 1, 2, 3, &[8])],
    "orders/0: expected batch 2 of node/1 after offset 5, the end of its batch 1, actual offset 3"
)]
fn i02_d18_offsets_are_dense_and_given_once(#[case] facts: Vec<Stated>, #[case] expected: &str) {
    assert_eq!(found(stating(facts).observe("rule", DenseOffsets::default)), expected);
}

fn publishing(node: u32, values: &[u64]) -> Stated {
    let (partition, producer, acks) = (orders(), ProducerId(1), Acks::All);
    Stated::Client(node, ClientFact::Publishing { partition, producer, sequence: 1, acks, hashes: hashes(values) })
}

#[rstest]
#[case::whole(vec![publishing(1, &[7, 8]), read(2, 0, &[7], 2), read(2, 2, &[], 2)], "")]
#[case::invented(
    vec![publishing(1, &[7]), read(2, 4, &[7, 8], 6)],
    "orders/0 offset 5: expected a record that was published, actual 8, which node/2 read and no producer sent"
)]
#[case::skipped(
    vec![publishing(1, &[7]), read(2, 0, &[7], 2), read(2, 1, &[], 2)],
    "orders/0 offset 1: expected records up to the end at 2, actual none, which node/2 took for all there is"
)]
#[case::damaged(
    vec![Stated::Client(2, ClientFact::ReadDamage { partition: orders(), from: 3, cause: "CRC".to_owned() })],
    "orders/0 offset 3: expected records with their checksums, actual CRC, which node/2 was sent"
)]
fn i03_d19_reads_are_whole_and_were_published(#[case] facts: Vec<Stated>, #[case] expected: &str) {
    assert_eq!(found(stating(facts).observe("rule", WholeReads::default)), expected);
}

fn asking(node: u32) -> Stated {
    Stated::Client(node, ClientFact::AskingGroup { partition: orders(), group: "g".to_owned() })
}

fn told(node: u32, offset: u64, is_commit: bool) -> Stated {
    Stated::Client(node, ClientFact::GroupOffset { partition: orders(), group: "g".to_owned(), offset, is_commit })
}

fn moved(node: u32, offset: u64) -> Stated {
    Stated::Broker(node, BrokerFact::GroupMoved { partition: orders(), group: "g".to_owned(), offset })
}

#[rstest]
#[case::advancing(vec![asking(1), told(1, 5, true), asking(2), told(2, 5, false), moved(0, 5), moved(0, 9)], "")]
#[case::back(
    vec![asking(1), told(1, 5, true), asking(2), told(2, 4, false)],
    "orders/0 group g: expected offset 5 or more, which was committed before node/2 asked, actual 4"
)]
#[case::asked_before(vec![asking(2), asking(1), told(1, 5, true), told(2, 4, false)], "")]
#[case::back_on_a_broker(vec![moved(0, 5), moved(0, 4)], "orders/0 group g: expected offset 5 or more, as node/0 had it, actual 4")]
#[case::applied_again(vec![moved(0, 5), opened(0, 3), moved(0, 4), asking(1), told(1, 4, false)], "")]
fn i04_group_offsets_never_regress(#[case] facts: Vec<Stated>, #[case] expected: &str) {
    assert_eq!(found(stating(facts).observe("rule", GroupsAdvance::default)), expected);
}

/// A replica of two segments, of which the one at 0 may be trimmed.
#[derive(Clone)]
struct Replica {
    end: u64,
    start: u64,
    last_segment: &'static str,
}

const WHOLE: Replica = Replica { end: 9, start: 0, last_segment: "records" };

async fn replica(node: Node, replica: Replica) {
    let disk = node.disk();
    disk.create_dir_all("data/orders/0").await.unwrap();
    for (base, bytes) in [(0, "first"), (5, replica.last_segment)].into_iter().filter(|(base, _)| *base >= replica.start) {
        let file = disk.open(&format!("data/orders/0/{base}.wal"), cluster_sim::node::OpenOptions::create()).await.unwrap();
        file.append(bytes).await.unwrap();
    }
    node.publish(|view: &mut BrokerView| {
        let partition = PartitionView { end: replica.end, start: replica.start, ..PartitionView::default() };
        view.partitions.insert(orders(), partition);
    });
    std::future::pending().await
}

#[rstest]
#[case::equal([WHOLE, WHOLE, Replica { start: 5, ..WHOLE }], "")]
#[case::behind(
    [WHOLE, Replica { end: 8, ..WHOLE }, WHOLE],
    "orders/0: expected entry 0, end 9, shipped 0, state 0 as node/0 has, actual 0, 8, 0, 0 on node/1"
)]
#[case::other_bytes(
    [WHOLE, WHOLE, Replica { last_segment: "recordz", ..WHOLE }],
    "orders/0: expected the segment at 5 as node/0 has it, 7 bytes, actual 7 bytes that differ on node/2"
)]
fn i05_d20_replicas_converge_to_equal_bytes(#[case] replicas: [Replica; 3], #[case] expected: &str) {
    let scenario = Scenario::new("replicas")
        .nodes("node", 3, move |node| replica(node.clone(), replicas[node.index() as usize].clone()))
        .eventually("rule", |world| converged(world, 3, "data"))
        .recovery_timeout(Duration::from_secs(1));
    let found = found(scenario);
    assert_eq!(found.find("orders/0").map_or("", |start| &found[start..]), expected, "{found}");
}

fn listed(node: u32, base: u64, end: u64, epoch: u64) -> Stated {
    Stated::Broker(node, BrokerFact::Listed { partition: orders(), base, end, epoch })
}

fn trimmed(node: u32, base: u64, end: u64) -> Stated {
    Stated::Broker(node, BrokerFact::Trimmed { partition: orders(), base, end, key: "key".to_owned() })
}

#[rstest]
#[case::one_history(vec![listed(0, 0, 5, 1), listed(1, 0, 5, 1), listed(0, 5, 9, 3), listed(1, 5, 9, 3)], "")]
#[case::gap(vec![listed(0, 0, 5, 1), listed(0, 6, 9, 1)], "orders/0: expected the next segment at 5, actual 6 on node/0")]
#[case::zombie(
    vec![listed(0, 0, 5, 3), listed(0, 5, 9, 2)],
    "orders/0: expected a segment of term 3 or later at 5, actual term 2 on node/0"
)]
#[case::two_histories(
    vec![listed(0, 0, 5, 1), listed(1, 0, 4, 1)],
    "orders/0: expected the segment at 0 to be Listed { end: 5, epoch: 1 }, actual Listed { end: 4, epoch: 1 } on node/1"
)]
#[case::deleted_before_it_is_listed(
    vec![listed(0, 0, 5, 1), trimmed(0, 0, 5), trimmed(1, 5, 9)],
    "orders/0: expected the segment 5 to 9 to be listed before it is deleted, actual None on node/1"
)]
fn l10_the_manifest_has_one_history(#[case] facts: Vec<Stated>, #[case] expected: &str) {
    assert_eq!(found(stating(facts).observe("rule", LinearManifest::default)), expected);
}

#[test]
fn i06_d21_a_segment_that_the_store_does_not_have_must_stay() {
    let scenario = stating(vec![applied(0, 0, &[7, 8]), trimmed(0, 0, 2)]);
    assert_eq!(
        found(scenario.observe("rule", || TrimmedIsShipped::of(NodeId(9)))),
        "orders/0: expected the records 0 to 2 in the object key before node/0 deletes them, actual no object"
    );
}
