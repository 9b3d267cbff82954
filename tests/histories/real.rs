//! Clients on tokio, recorded into a file; [`nodes`](crate::nodes) has them simulated.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use cluster_sim::check::history::file::{HistoryWriter, jsonl};
use cluster_sim::check::history::models::{Register, RegisterAnswer, RegisterOp};
use cluster_sim::check::history::{History, Linearizable, check};
use cluster_sim::node::CallFact;
use cluster_sim::prelude::*;
use cluster_sim::tokio::TokioCluster;

use crate::nodes::{OPERATIONS, client, store};

type Registers = History<RegisterOp<u64>, RegisterAnswer<u64>>;

/// Runs a store and three clients over real sockets, records what the clients saw, and reads the file.
#[expect(clippy::disallowed_methods, reason = "a real run has real instants")]
async fn recorded(is_stale: bool) -> Registers {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let writer = HistoryWriter::new(BufWriter::new(File::create(&path).unwrap()));
    let writer = Arc::new(Mutex::new(Some(writer)));
    let (start, records) = (Instant::now(), Arc::clone(&writer));
    let cluster = TokioCluster::new()
        .on_observation(move |node, observation| {
            if let Some(fact) = observation.fact::<CallFact<RegisterOp<u64>, RegisterAnswer<u64>>>() {
                let mut writer = records.lock().unwrap();
                // Read with the lock held, so that lines and instants have one order.
                let at = VirtualInstant::ZERO + start.elapsed();
                writer.as_mut().unwrap().write(node, &format!("node {}", node.0), at, fact).unwrap();
            }
        })
        .nodes("store", 1, move |node: Node| store(node, is_stale))
        .nodes("client", 3, client);
    let cluster = cluster.start().unwrap();
    for client in 1..4 {
        cluster.node(client).ended().await;
    }
    cluster.stop().await;
    writer.lock().unwrap().take().unwrap().into_inner().unwrap();
    jsonl::read(BufReader::new(File::open(&path).unwrap())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_run_is_recorded_and_judged() {
    let history = recorded(false).await;
    assert_eq!(history.operations().len() as u64, 3 * OPERATIONS);
    let judgement = check(&mut Linearizable::<Register<u64>>::default(), &history);
    assert!(judgement.findings.is_empty() && judgement.unknown.is_none(), "{judgement:?}");
    let stale = recorded(true).await;
    let judgement = check(&mut Linearizable::<Register<u64>>::default(), &stale);
    assert_eq!(judgement.findings.len(), 1);
}
