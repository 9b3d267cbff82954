//! One async function, run in a simulation and on multi-thread tokio over real sockets.
//!
//! ```console
//! cargo run --example same_node
//! ```
//!
//! Three workers send a number each to a counter, in a session, and the counter answers with the sum so far. Over real sockets a
//! session is a TCP connection. In the simulation every fifth segment is lost and sent again, which only delays the nodes.

use std::collections::BTreeMap;
use std::error::Error;

use cluster_sim::Invariant;
use cluster_sim::check::Change;
use cluster_sim::node::{ConnectError, Session};
use cluster_sim::prelude::*;
use cluster_sim::tokio::TokioCluster;
use tokio::sync::{mpsc, oneshot, watch};

const WORKERS: u32 = 3;
const COUNTER: NodeId = NodeId(0);

/// The worker, its number, and where the sum goes.
type Question = (NodeId, u64, oneshot::Sender<u64>);

/// Runs on every node, in the simulation and on tokio, without knowing which.
async fn run(node: Node) {
    if node.id() == COUNTER { count(node).await } else { work(node).await }
}

/// Runs one task for the sums and one for each worker; they share tokio channels.
async fn count(node: Node) {
    let (ask, mut asked) = mpsc::channel::<Question>(16);
    let (counts, mut counted_changes) = watch::channel(0);
    node.spawn_named("sums", async move {
        let mut counted = BTreeMap::new();
        while let Some((worker, number, answer)) = asked.recv().await {
            counted.insert(worker, number);
            let sum = counted.values().sum();
            counts.send_replace(counted.len());
            let _ = answer.send(sum);
        }
    });
    let listener = node.listen::<u64>("count");
    let begun = node.now();
    loop {
        select! {
            session = listener.accept() => {
                node.spawn_named("worker", serve(node.clone(), session, ask.clone()));
            }
            Ok(()) = counted_changes.changed() => {
                let workers = *counted_changes.borrow_and_update();
                node.emit(format!("{}: {workers} of {WORKERS} workers counted after {:?}", node.name(), node.now() - begun));
            }
            // No worker asks: all have been answered.
            () = node.sleep(Duration::from_secs(1)) => return,
        }
    }
}

/// Answers one worker until it closes its session.
async fn serve(node: Node, session: Session<u64>, ask: mpsc::Sender<Question>) {
    while let Ok(Some(number)) = session.recv().await {
        let (answer, answered) = oneshot::channel();
        ask.send((session.peer(), number, answer)).await.expect("the task of the sums lives as long as the node");
        let sum = answered.await.expect("the task of the sums answers");
        node.publish(|shown: &mut u64| *shown = sum);
        if session.send(sum).await.is_err() {
            return;
        }
    }
}

async fn work(node: Node) {
    for attempt in 1.. {
        match node.timeout(Duration::from_secs(1), ask(&node)).await {
            Ok(Ok(Some(sum))) => {
                node.publish(|shown: &mut u64| *shown = sum);
                return node.emit(format!("{}: sum {sum} at attempt {attempt}", node.name()));
            }
            // The counter may not listen yet. Asking again is harmless after any other failure too.
            _ => node.sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Sends the number of this worker to the counter; none if the session was reset before the answer.
async fn ask(node: &Node) -> Result<Option<u64>, ConnectError> {
    let session = node.connect::<u64>(COUNTER, "count").await?;
    let sent = session.send(100 + u64::from(node.id())).await;
    Ok(if sent.is_ok() { session.recv().await.ok().flatten() } else { None })
}

/// Collects the facts that simulated nodes emit, with their virtual time.
#[derive(Default)]
struct FactLog {
    lines: Vec<String>,
}

impl Invariant for FactLog {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(fact) = change.fact::<String>() {
            self.lines.push(format!("  {}  {fact}", world.now()));
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.lines.len() as u64
    }
}

/// Runs the simulation and returns its facts line by line.
pub(crate) fn simulated() -> Vec<String> {
    let lossy = LinkModel { loss: Ratio::new(0.2).expect("a share of one"), ..LinkModel::default() };
    let scenario = Scenario::new("same node")
        .nodes("counter", 1, run)
        .nodes("worker", WORKERS, run)
        .links("*", "*", "lossy", lossy)
        .observe("facts", FactLog::default)
        .eventually("the counter has it all", |world| world.view::<u64>(COUNTER).is_some_and(|sum| *sum == 306));
    let mut sim = scenario.start(Seed(7));
    sim.run_for(Duration::from_secs(10));
    let mut lines = sim.observer::<FactLog>("facts").expect("it was declared").lines.clone();
    let report = sim.finish();
    report.assert_ok();
    lines.push(format!("  digest {}: equal in every run, on every machine", report.digest));
    lines
}

fn real() -> Result<(), Box<dyn Error>> {
    println!("On multi-thread tokio: real time, TCP over the loopback");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let cluster = TokioCluster::new()
            .nodes("counter", 1, run)
            .nodes("worker", WORKERS, run)
            .on_observation(|_, shown| {
                if let Some(fact) = shown.fact::<String>() {
                    println!("  {fact}");
                }
            })
            .start()?;
        for node in cluster.nodes() {
            println!("  {} at {}", node.name(), node.address());
        }
        cluster.ended().await;
        let sum = cluster.node(COUNTER).inspect(|sum: &u64| *sum);
        println!("  {:?} is the sum, as in the simulation", sum.ok_or("the counter showed nothing")?);
        Ok(())
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("In the simulation: one thread, virtual time, every fifth segment lost, seed 7");
    simulated().iter().for_each(|line| println!("{line}"));
    println!();
    real()
}
