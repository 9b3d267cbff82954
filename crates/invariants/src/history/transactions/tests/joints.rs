//! Joints lead exactly where the edges that they replace lead, and a search that grows too long says so.

use super::random::Numbers;
use super::*;
use crate::history::transactions::cycles::FoundCycle;
use crate::history::transactions::graph::{Graph, Node};

/// The transactions that an edge from a node leads to, by way of any joints.
fn successors(graph: &Graph, node: Node) -> BTreeSet<Node> {
    let (mut found, mut left) = (BTreeSet::new(), vec![node]);
    while let Some(node) = left.pop() {
        for (to, _) in graph.from(node).map(|place| graph.edge(place)) {
            if graph.is_joint(to) {
                left.push(to);
            } else {
                found.insert(to);
            }
        }
    }
    found
}

#[test]
fn all_edges_at_once_are_those_one_by_one() {
    let mut numbers = Numbers::new(1);
    for size in 1..60 {
        let mut some = |odds: usize| (0..size).filter(|_| numbers.is_one_in(odds)).collect::<Vec<Node>>();
        let (sources, targets) = (some(2), some(2));
        let mut edges = Edges::new(size as usize);
        edges.add_all(&sources, &targets, EdgeKind::ReadWrite);
        let graph = edges.into_graph();
        assert!(graph.edges() <= 4 * (sources.len() + targets.len()) + 2 * sources.len(), "{size}: {}", graph.edges());
        for node in 0..size {
            let expected = targets.iter().copied().filter(|target| *target != node && sources.contains(&node));
            assert_eq!(successors(&graph, node), expected.collect(), "{node} of {size}: {sources:?} {targets:?}");
        }
    }
}

#[test]
fn real_time_takes_few_edges_for_many_transactions() {
    let lines: Vec<String> = (0..1_000).map(|index| format!("{} {}-{} x+{index}", index % 50, index, index + 49)).collect();
    let anomalies = Transactions::list_append().analyze(&notation::lists(&lines.join("\n"))).unwrap();
    assert!(anomalies.edges < 4 * 1_000, "{}", anomalies.edges);
    assert_eq!(anomalies.counts.len(), 0);
}

#[test]
fn a_cycle_through_many_unseen_appends_has_two_transactions() {
    // Each of the first forty read nothing and appended; so did no other.
    let lines: Vec<String> = (0..40).map(|index| format!("{index} 1-9 x: x+{index}")).collect();
    let anomalies = Transactions::list_append().analyze(&notation::lists(&lines.join("\n"))).unwrap();
    assert!(anomalies.edges < 40 * 8, "{}", anomalies.edges);
    assert_eq!(anomalies.counts[&AnomalyKind::LostUpdate], 39);
    let cycle = anomalies.examples.iter().find(|anomaly| !anomaly.cycle.is_empty()).unwrap();
    assert_eq!(cycle.operations, [0, 1]);
}

#[test]
fn components_far_apart_each_have_their_cycle() {
    let pair = |index: u32| {
        format!(
            "{a} {s}-{e} x+{a} y+{a}\n{b} {s}-{e} x+{b} y+{b}\n",
            a = 2 * index,
            b = 2 * index + 1,
            s = index * 9,
            e = index * 9 + 5
        )
    };
    let order = |swap: bool| {
        let values: Vec<String> = (0..20)
            .flat_map(|index| [2 * index + u32::from(swap), 2 * index + u32::from(!swap)])
            .map(|value: u32| value.to_string())
            .collect();
        values.join(",")
    };
    let text: String = (0..20).map(pair).collect::<String>() + &format!("99 500-501 x:{} y:{}", order(false), order(true));
    let anomalies = Transactions::list_append().analyze(&notation::lists(&text)).unwrap();
    assert_eq!(anomalies.counts[&AnomalyKind::Cycle(Family::G0, TimeOrder::None)], 20);
    assert_eq!(anomalies.counts.len(), 1, "{:?}", anomalies.counts);
    assert_eq!(anomalies.examples.len(), 16);
}

#[test]
fn a_search_that_grew_too_long_is_no_pass() {
    let anomalies = Anomalies { undecided: vec![AnomalyKind::Cycle(Family::GSingle, TimeOrder::None)], ..Anomalies::default() };
    let history = AppendHistory::<char, u32>::default();
    let judge = |level| Transactions::list_append().level(level).judge(&history, Ok(anomalies.clone())).unknown;
    assert_eq!(judge(Level::ReadCommitted), None);
    let unknown = "the search for G-single grew too long: check a shorter part of the history";
    assert_eq!(judge(Level::SnapshotIsolation).as_deref(), Some(unknown));
}

#[test]
fn a_cycle_begins_where_the_history_does() {
    let history = notation::lists("0 1-4 x+1 y:1 \n 1 1-4 y+1 x:1");
    let cycle =
        FoundCycle { family: Family::G1c, order: TimeOrder::None, edges: vec![(0, EdgeKind::WriteRead), (1, EdgeKind::WriteRead)] };
    let mut anomalies = Anomalies::default();
    let lists = Lists::new(&history, &mut anomalies).unwrap();
    add_cycle(&mut anomalies, &cycle, &history, &lists);
    assert_eq!(
        anomalies,
        Transactions::list_append().analyze(&history).map(|all| Anomalies { transactions: 0, edges: 0, ..all }).unwrap()
    );
}
