//! Runs the node function of a test in the simulation or on tokio.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cluster_sim::prelude::*;
use cluster_sim::tokio::{RunningCluster, TokioCluster};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

/// How long a test may take: virtual time in the simulation; on tokio only a failing test waits that long.
const LONG: Duration = Duration::from_secs(60);

/// Where the nodes of a test run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Twin {
    Simulated,
    Real,
}

/// Counts the nodes that have finished their assertions. They may stay up, since others may still need them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done(Arc<(AtomicU32, Notify)>);

impl Done {
    pub(crate) fn report(&self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        self.0.1.notify_one();
    }

    /// Reports, and stays until the node is stopped.
    pub(crate) async fn report_and_stay(&self) {
        self.report();
        std::future::pending().await
    }

    fn count(&self) -> u32 {
        self.0.0.load(Ordering::SeqCst)
    }

    async fn all(&self, count: u32) {
        while self.count() < count {
            self.0.1.notified().await;
        }
    }
}

impl Twin {
    /// Runs `main` on `nodes` nodes until all have reported, and stops them; nothing of them is left when it returns.
    #[track_caller]
    pub(crate) fn run<F>(self, nodes: u32, main: impl Fn(Node, Done) -> F + Clone + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self {
            Self::Simulated => (0..8).for_each(|seed| simulate(Seed(seed), nodes, main.clone())),
            Self::Real => run_on_tokio(nodes, main),
        }
    }
}

impl Twin {
    /// As [`run`](Self::run), from one seed.
    #[track_caller]
    pub(crate) fn run_once<F>(self, nodes: u32, main: impl Fn(Node, Done) -> F + Clone + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self {
            Self::Simulated => simulate(Seed(0), nodes, main),
            Self::Real => run_on_tokio(nodes, main),
        }
    }
}

fn simulate<F>(seed: Seed, nodes: u32, main: impl Fn(Node, Done) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + 'static,
{
    let done = Done::default();
    let done_of_nodes = done.clone();
    let scenario = Scenario::new("conformance").nodes("node", nodes, move |node| main(node, done_of_nodes.clone())).duration(LONG);
    let mut sim = scenario.start(seed);
    sim.run_until(LONG, |_| done.count() == nodes);
    sim.finish().assert_ok();
    assert_eq!(done.count(), nodes, "nodes of {nodes} that have reported after {LONG:?} of virtual time, {seed}");
}

fn run_on_tokio<F>(nodes: u32, main: impl Fn(Node, Done) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    runtime().block_on(async {
        let done = Done::default();
        let done_of_nodes = done.clone();
        let cluster = TokioCluster::new().seed(Seed(0)).nodes("node", nodes, move |node| main(node, done_of_nodes.clone()));
        let folder = tempfile::tempdir().expect("the machine has temporary folders");
        let cluster = cluster.disks_in(folder.path()).start().expect("the machine has free ports");
        until(&cluster, done.all(nodes)).await;
        cluster.stop().await;
    });
}

/// A runtime of two threads, as in production.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the machine has threads")
}

/// Waits for a future that the nodes of a cluster complete; a panic of a node propagates.
pub(crate) async fn until<T>(cluster: &RunningCluster, happens: impl Future<Output = T>) -> T {
    let happened = tokio::time::timeout(LONG, async {
        tokio::pin!(happens);
        tokio::select! {
            biased;
            happened = &mut happens => happened,
            // After all have ended it may take a moment until the future is ready.
            () = cluster.ended() => happens.await,
        }
    });
    happened.await.expect("it happens within a minute")
}
