//! One node, two worlds: the same async function in a simulation and on multi-thread tokio over real sockets.
//!
//! ```console
//! cargo run --example same_node
//! ```
//!
//! A counter counts what three workers hand it, and answers each with the sum so far. Workers ask again until they are answered, so it does
//! not matter that datagrams may be lost; in the simulation every fifth is.

use std::collections::BTreeMap;
use std::error::Error;

use cluster_sim::prelude::*;
use cluster_sim::{Change, Invariant, RealCluster, Received};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};

const WORKERS: u32 = 3;
const COUNTER: NodeId = NodeId(0);

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Message {
    /// Counts once, however often it arrives.
    Count(u64),
    Sum(u64),
}

/// What runs on every node, in both worlds. Nothing in it knows which of the two it is in.
async fn run(node: Node) {
    if node.id() == COUNTER { count(node).await } else { work(node).await }
}

/// Two tasks: one speaks with the workers, one does the sums. They share channels of tokio's.
async fn count(node: Node) {
    let (ask, mut asked) = mpsc::channel::<(NodeId, u64, oneshot::Sender<u64>)>(16);
    let (tell, mut told) = watch::channel(0);
    node.spawn_named("sums", async move {
        let mut counted = BTreeMap::new();
        while let Some((worker, number, answer)) = asked.recv().await {
            counted.insert(worker, number);
            let sum = counted.values().sum();
            tell.send_if_modified(|workers| std::mem::replace(workers, counted.len()) != counted.len());
            let _ = answer.send(sum);
        }
    });
    let port = node.bind::<Message>("count");
    let begun = node.now();
    loop {
        tokio::select! {
            // An unbiased `tokio::select!` rolls dice of tokio's, which no seed of a simulation decides.
            biased;
            Received { from, message } = port.receive() => {
                let Message::Count(number) = message else { continue };
                let (answer, answered) = oneshot::channel();
                ask.send((from, number, answer)).await.expect("the task lives as long as the node");
                let sum = answered.await.expect("the task answers");
                node.view(|shown: &mut u64| *shown = sum);
                port.send(from, Message::Sum(sum));
            }
            Ok(()) = told.changed() => {
                let workers = *told.borrow_and_update();
                node.emit(format!("{}: {workers} of {WORKERS} workers counted after {:?}", node.name(), node.now() - begun));
            }
            // Nobody asks any more: everybody has been answered.
            () = node.sleep(Duration::from_secs(1)) => return,
        }
    }
}

async fn work(node: Node) {
    let port = node.bind::<Message>("count");
    for attempt in 1.. {
        port.send(COUNTER, Message::Count(100 + u64::from(node.id())));
        if let Ok(Received { message: Message::Sum(sum), .. }) = node.timeout(Duration::from_millis(100), port.receive()).await {
            node.view(|shown: &mut u64| *shown = sum);
            node.emit(format!("{}: sum {sum} at attempt {attempt}", node.name()));
            return;
        }
    }
}

/// Prints what nodes of a simulation say, with the virtual time at which they do.
#[derive(Default)]
struct Listening {
    heard: u64,
}

impl Invariant for Listening {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(said) = change.fact::<String>() {
            self.heard += 1;
            println!("  {}  {said}", world.now());
        }
        Verdict::Holds
    }

    fn witnesses(&self) -> u64 {
        self.heard
    }
}

fn simulated() {
    println!("In the simulation: one thread, virtual time, every fifth message lost, seed 7");
    let lossy = LinkModel { loss: Ratio::new(0.2).expect("a share of one"), ..LinkModel::default() };
    let scenario = Scenario::new("same node")
        .nodes("counter", 1, run)
        .nodes("worker", WORKERS, run)
        .links("*", "*", "lossy", lossy)
        .observe("what is said", Listening::default)
        .eventually("the counter has it all", |world| world.view::<u64>(COUNTER).is_some_and(|sum| *sum == 306))
        .lasting(Duration::from_secs(10));
    let report = scenario.run(Seed(7));
    report.assert_ok();
    println!("  digest {}: the same at every run, on every machine\n", report.digest);
}

fn real() -> Result<(), Box<dyn Error>> {
    println!("On multi-thread tokio: real time, UDP over the loopback");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let cluster = RealCluster::new()
            .nodes("counter", 1, run)
            .nodes("worker", WORKERS, run)
            .observed_by(|_, shown| {
                if let Some(said) = shown.fact::<String>() {
                    println!("  {said}");
                }
            })
            .start()?;
        for node in cluster.nodes() {
            println!("  {} at {}", node.name(), node.address());
        }
        cluster.ended().await;
        let sum = cluster.node(COUNTER).look(|sum: &u64| *sum);
        println!("  {:?} is the sum, as in the simulation", sum.ok_or("the counter showed nothing")?);
        Ok(())
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    simulated();
    real()
}
