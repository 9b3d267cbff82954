//! Runs a claim in the simulation or on tokio.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cluster_sim::prelude::*;
use cluster_sim::{RunningCluster, TokioCluster};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

/// How long a claim may take: virtual time in the one twin, and in the other what only a failing test waits for.
const LONG: Duration = Duration::from_secs(60);

/// Where a claim runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Twin {
    Simulated,
    Real,
}

/// By which the nodes of a claim say that they have shown it. They may go on, since others may still need them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observation(Arc<(AtomicU32, Notify)>);

impl Observation {
    pub(crate) fn shown(&self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        self.0.1.notify_one();
    }

    /// The same, for a node that stays until it is stopped.
    pub(crate) async fn shown_for_good(&self) {
        self.shown();
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
    /// Runs `main` on a group of so many nodes until all of them have shown what they claim, and stops them: when this returns, nothing of
    /// them is left.
    #[track_caller]
    pub(crate) fn run<F>(self, nodes: u32, main: impl Fn(Node, Observation) -> F + Clone + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self {
            Self::Simulated => (0..8).for_each(|seed| simulate(Seed(seed), nodes, main.clone())),
            Self::Real => run_really(nodes, main),
        }
    }
}

fn simulate<F>(seed: Seed, nodes: u32, main: impl Fn(Node, Observation) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + 'static,
{
    let shown = Observation::default();
    let told = shown.clone();
    let scenario = Scenario::new("conformance").nodes("node", nodes, move |node| main(node, told.clone())).duration(LONG);
    let mut sim = scenario.start(seed);
    sim.run_until(LONG, |_| shown.count() == nodes);
    sim.finish().assert_ok();
    assert_eq!(shown.count(), nodes, "nodes of {nodes} that have shown it after {LONG:?} of virtual time, {seed}");
}

fn run_really<F>(nodes: u32, main: impl Fn(Node, Observation) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    runtime().block_on(async {
        let shown = Observation::default();
        let told = shown.clone();
        let cluster = TokioCluster::new().seed(Seed(0)).nodes("node", nodes, move |node| main(node, told.clone()));
        let cluster = cluster.start().expect("the machine has free ports");
        until(&cluster, shown.all(nodes)).await;
        cluster.stop().await;
    });
}

/// A runtime of two threads, as in production.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the machine has threads")
}

/// Waits for something that the nodes of a cluster bring about. A panic of theirs goes on here.
pub(crate) async fn until<T>(cluster: &RunningCluster, happens: impl Future<Output = T>) -> T {
    let happened = tokio::time::timeout(LONG, async {
        tokio::pin!(happens);
        tokio::select! {
            biased;
            happened = &mut happens => happened,
            // Also when all have ended it may take a moment to be seen.
            () = cluster.ended() => happens.await,
        }
    });
    happened.await.expect("it happens within a minute")
}
