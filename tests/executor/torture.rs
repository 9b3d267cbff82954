//! A million random operations, compared with a model of which task ends when, and how.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use cluster_sim::node::{JoinHandle, Sender};
use cluster_sim::prelude::*;
use cluster_sim::report::Digest;
use cluster_sim_testkit::log::Log;
use proptest::prelude::*;
use tokio::sync::oneshot as signal;

use crate::nodes;

const NODES: u32 = 4;

/// One operation on the run from outside. Numbers are taken modulo the number of choices.
#[derive(Debug, Clone, Copy)]
enum Operation {
    /// Spawns a task with this job.
    Spawn {
        node: u32,
        job: Job,
    },
    /// Aborts a task.
    Abort {
        task: u32,
    },
    /// Drops the join handle of a task.
    Detach {
        task: u32,
    },
    /// Sends the signal that a task waits for.
    Wake {
        task: u32,
    },
    /// Advances the run by this many microseconds.
    Run {
        micros: u64,
    },
    Crash {
        node: u32,
    },
    Restart {
        node: u32,
    },
    Pause {
        node: u32,
    },
    Resume {
        node: u32,
    },
}

/// The job of a task before it ends.
#[derive(Debug, Clone, Copy)]
enum Job {
    /// Sleeps for `micros` after it has polled, reset and dropped `churn` other sleeps.
    Sleep { micros: u64, churn: u8 },
    /// Waits for a signal, up to a limit in microseconds if there is one.
    Signal { limit: Option<u64> },
    /// Sends its number to the relay task of its node, which sleeps that many microseconds for it.
    Relay { micros: u64 },
    /// Joins a child that sleeps that many microseconds.
    Child { micros: u64 },
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Done,
    TimedOut,
    /// Dropped before it ended.
    Dropped,
}

/// A task, how it ended, and when, in nanoseconds since its node booted.
type Ended = (u32, End, u64);

/// Logs the end of a task exactly once.
struct Worker {
    task: u32,
    node: Node,
    log: Log<Ended>,
    end: End,
}

impl Worker {
    fn ends(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.log.write((self.task, self.end, self.node.now().since_zero().as_nanos() as u64));
    }
}

/// Exposed by a node, for the test to spawn tasks.
struct Commander {
    node: Node,
    relay: Sender<(Worker, u64)>,
    log: Log<Ended>,
}

async fn main(node: Node, log: Log<Ended>) {
    let (relay, mut relayed) = channel::<(Worker, u64)>("relay", 8);
    node.expose(Commander { node: node.clone(), relay, log });
    while let Some((worker, micros)) = relayed.recv().await {
        let clock = node.clone();
        drop(node.spawn(async move {
            clock.sleep(Duration::from_micros(micros)).await;
            worker.ends(End::Done);
        }));
    }
}

/// Polls, resets and drops sleeps that never end.
async fn churn(node: &Node, times: u8) {
    for turn in 0..u64::from(times) {
        let mut sleep = node.sleep(Duration::from_micros(1 + turn * 37 % 900));
        poll_fn(|context| {
            let _ = Pin::new(&mut sleep).poll(context);
            sleep.reset(node.now() + Duration::from_micros(1 + turn * 91 % 700));
            let _ = Pin::new(&mut sleep).poll(context);
            Poll::Ready(())
        })
        .await;
    }
}

impl Commander {
    fn begin(&self, task: u32, job: Job, signal: Option<signal::Receiver<()>>) -> JoinHandle<()> {
        let Self { node, relay, log } = self;
        let worker = Worker { task, node: node.clone(), log: log.clone(), end: End::Dropped };
        let (node, relay) = (node.clone(), relay.clone());
        self.node.spawn(async move {
            match job {
                Job::Sleep { micros, churn: times } => {
                    let sleep = node.sleep(Duration::from_micros(micros));
                    churn(&node, times).await;
                    sleep.await;
                    worker.ends(End::Done);
                }
                Job::Signal { limit } => {
                    let signal = signal.expect("a task that waits for a signal has a receiver");
                    let end = match limit {
                        None => signal.await.map_or(End::Dropped, |()| End::Done),
                        Some(micros) => match node.timeout(Duration::from_micros(micros), signal).await {
                            Ok(signal) => signal.map_or(End::Dropped, |()| End::Done),
                            Err(_) => End::TimedOut,
                        },
                    };
                    worker.ends(end);
                }
                Job::Relay { micros } => drop(relay.send((worker, micros)).await),
                Job::Child { micros } => {
                    let clock = node.clone();
                    let child = node.spawn(async move { clock.sleep(Duration::from_micros(micros)).await });
                    child.await.expect("it is never aborted");
                    worker.ends(End::Done);
                }
            }
        })
    }
}

/// The model of a task that has not ended.
struct Living {
    node: u32,
    job: Job,
    /// When it ends without help, in nanoseconds of the run; none if it never does.
    due: Option<u64>,
    is_signalled: bool,
    is_aborted: bool,
    handle: Option<JoinHandle<()>>,
    signal: Option<signal::Sender<()>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Health {
    Up,
    Paused,
    Down,
}

/// The run and its model.
struct Torture {
    sim: Sim,
    log: Log<Ended>,
    alive: BTreeMap<u32, Living>,
    next: u32,
    health: [Health; NODES as usize],
    booted: [u64; NODES as usize],
    now: u64,
    ended: u64,
}

impl Torture {
    fn new(seed: u64) -> Self {
        let log = Log::new();
        let noted = log.clone();
        let mut sim = nodes(NODES, move |node| main(node, noted.clone())).start(Seed(seed));
        sim.run_for(Duration::ZERO);
        Self {
            sim,
            log,
            alive: BTreeMap::new(),
            next: 0,
            health: [Health::Up; NODES as usize],
            booted: [0; NODES as usize],
            now: 0,
            ended: 0,
        }
    }

    /// Picks a live task; none if there is none.
    fn pick(&self, number: u32) -> Option<u32> {
        let above = self.alive.range(number % self.next.max(1)..).next();
        above.or_else(|| self.alive.first_key_value()).map(|(task, _)| *task)
    }

    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Spawn { node, job } => self.spawn(node % NODES, job),
            Operation::Abort { task } => {
                let Some(task) = self.pick(task) else { return };
                let alive = self.alive.get_mut(&task).expect("it was picked among the live tasks");
                if self.health[alive.node as usize] == Health::Up
                    && let Some(handle) = &alive.handle
                {
                    self.sim.with_node(alive.node, |_: &mut Commander| handle.abort()).expect("the node is up");
                    alive.is_aborted = true;
                }
            }
            Operation::Detach { task } => {
                let Some(task) = self.pick(task) else { return };
                let alive = self.alive.get_mut(&task).expect("it was picked among the live tasks");
                if self.health[alive.node as usize] == Health::Up {
                    let handle = alive.handle.take();
                    self.sim.with_node(alive.node, |_: &mut Commander| drop(handle)).expect("the node is up");
                }
            }
            Operation::Wake { task } => {
                let Some(task) = self.pick(task) else { return };
                let alive = self.alive.get_mut(&task).expect("it was picked among the live tasks");
                if let Some(signal) = alive.signal.take() {
                    signal.send(()).expect("the task waits for the signal");
                    alive.is_signalled = true;
                }
            }
            Operation::Run { micros } => self.run(micros * 1_000),
            Operation::Crash { node } => self.crash(node % NODES),
            Operation::Restart { node } => {
                let node = node % NODES;
                assert_eq!(self.sim.restart(node), self.health[node as usize] == Health::Down);
                if self.health[node as usize] == Health::Down {
                    self.health[node as usize] = Health::Up;
                    self.booted[node as usize] = self.now;
                    // Polls its main function for the first time, and everything else that is ready.
                    self.run(0);
                }
            }
            Operation::Pause { node } => {
                let node = node % NODES;
                // Everything ready has been polled, so nothing starts during the pause.
                self.run(0);
                assert_eq!(self.sim.pause(node), self.health[node as usize] == Health::Up);
                if self.health[node as usize] == Health::Up {
                    self.health[node as usize] = Health::Paused;
                }
            }
            Operation::Resume { node } => {
                let node = node % NODES;
                assert_eq!(self.sim.resume(node), self.health[node as usize] == Health::Paused);
                if self.health[node as usize] == Health::Paused {
                    self.health[node as usize] = Health::Up;
                    self.run(0);
                }
            }
        }
    }

    fn spawn(&mut self, node: u32, job: Job) {
        if self.health[node as usize] != Health::Up {
            return;
        }
        let (task, (sender, receiver)) = (self.next, signal::channel());
        self.next += 1;
        let signalled = matches!(job, Job::Signal { .. });
        let receiver = signalled.then_some(receiver);
        let handle =
            self.sim.with_node(node, |commander: &mut Commander| commander.begin(task, job, receiver)).expect("the node is up");
        let micros = match job {
            Job::Sleep { micros, .. } | Job::Relay { micros } | Job::Child { micros } => Some(micros),
            Job::Signal { limit } => limit,
        };
        let alive = Living {
            node,
            job,
            due: micros.map(|micros| self.now + micros * 1_000),
            is_signalled: false,
            is_aborted: false,
            handle: Some(handle),
            signal: signalled.then_some(sender),
        };
        self.alive.insert(task, alive);
        // Polls the task for the first time; its sleeps count from here.
        self.run(0);
    }

    /// Advances the run and the model, and compares which tasks ended.
    fn run(&mut self, nanoseconds: u64) {
        self.sim.run_for(Duration::from_nanos(nanoseconds));
        let (from, until) = (self.now, self.now + nanoseconds);
        self.now = until;
        let mut expected = Vec::new();
        let health = self.health;
        let booted = self.booted;
        self.alive.retain(|task, alive| {
            if health[alive.node as usize] == Health::Paused {
                return true;
            }
            let is_relayed = matches!(alive.job, Job::Relay { .. });
            let end = if alive.is_aborted && !is_relayed {
                Some((End::Dropped, from))
            } else if alive.is_signalled {
                Some((End::Done, from))
            } else {
                let late = alive.due.filter(|due| *due <= until).map(|due| due.max(from));
                let how = if matches!(alive.job, Job::Signal { .. }) { End::TimedOut } else { End::Done };
                late.map(|at| (how, at))
            };
            if let Some((end, at)) = end {
                expected.push((*task, end, at - booted[alive.node as usize]));
            }
            end.is_none()
        });
        self.compare(expected);
    }

    fn crash(&mut self, node: u32) {
        let was_alive = self.health[node as usize] != Health::Down;
        assert_eq!(self.sim.crash(node), was_alive);
        if !was_alive {
            return;
        }
        self.health[node as usize] = Health::Down;
        let local = self.now - self.booted[node as usize];
        let mut expected = Vec::new();
        self.alive.retain(|task, alive| {
            if alive.node == node {
                expected.push((*task, End::Dropped, local));
            }
            alive.node != node
        });
        self.compare(expected);
    }

    fn compare(&mut self, mut expected: Vec<Ended>) {
        let mut ended = self.log.read();
        ended.sort_unstable();
        expected.sort_unstable();
        assert!(!self.sim.is_over(), "a finding ended the run");
        assert_eq!(ended, expected, "at {}", self.sim.now());
        self.ended += expected.len() as u64;
    }

    /// Ends the run; returns how many tasks ended, and the digest.
    fn finish(mut self) -> (u64, Digest) {
        for node in 0..NODES {
            self.apply(Operation::Resume { node });
            self.crash(node);
        }
        assert!(self.alive.is_empty());
        let report = self.sim.finish();
        report.assert_ok();
        (self.ended, report.digest)
    }
}

/// Decodes an operation from a roll.
fn operation_of(roll: u64, index: u64) -> Operation {
    let share = |stream: &str, below: u64| {
        Seed(roll)
            .roll(cluster_sim::node::Stream::named("torture"), cluster_sim::node::Address::new().name(stream).number(index))
            .below(below)
    };
    let (node, task) = (share("node", u64::from(NODES)) as u32, share("task", 1 << 31) as u32);
    let micros = match share("scale", 3) {
        0 => share("micros", 10),
        1 => share("micros", 1_000),
        _ => share("micros", 30_000),
    };
    let job = match share("job", 8) {
        0..3 => Job::Sleep { micros, churn: share("churn", 4) as u8 },
        3 => Job::Signal { limit: None },
        4 => Job::Signal { limit: Some(micros + 1) },
        5 => Job::Relay { micros: micros + 1 },
        _ => Job::Child { micros },
    };
    match share("operation", 200) {
        0..80 => Operation::Spawn { node, job },
        80..100 => Operation::Abort { task },
        100..115 => Operation::Detach { task },
        115..150 => Operation::Wake { task },
        150..185 => Operation::Run { micros: micros / 8 },
        185..188 => Operation::Crash { node },
        188..193 => Operation::Restart { node },
        193..196 => Operation::Pause { node },
        _ => Operation::Resume { node },
    }
}

fn torture(seed: u64, operations: u64) -> (u64, Digest) {
    let mut torture = Torture::new(seed);
    for index in 0..operations {
        torture.apply(operation_of(seed, index));
    }
    torture.finish()
}

#[test]
fn under_a_million_operations_every_task_ends_once_and_in_time() {
    let (ended, _) = torture(1, 1_000_000);
    assert!(ended > 150_000, "only {ended} tasks ended");
}

#[test]
fn random_operations_of_one_seed_repeat_and_of_another_differ() {
    let [first, rerun, other] = [7, 7, 8].map(|seed| torture(seed, 20_000));
    assert_eq!(first, rerun);
    assert_ne!(first.1, other.1);
}

fn jobs() -> impl Strategy<Value = Job> {
    let micros = prop_oneof![0..4_u64, 0..200_u64];
    prop_oneof![
        (micros.clone(), 0..3_u8).prop_map(|(micros, churn)| Job::Sleep { micros, churn }),
        Just(Job::Signal { limit: None }),
        micros.clone().prop_map(|micros| Job::Signal { limit: Some(micros + 1) }),
        micros.clone().prop_map(|micros| Job::Relay { micros: micros + 1 }),
        micros.prop_map(|micros| Job::Child { micros }),
    ]
}

fn operations() -> impl Strategy<Value = Operation> {
    let (node, task) = (0..NODES, 0..16_u32);
    prop_oneof![
        4 => (node.clone(), jobs()).prop_map(|(node, job)| Operation::Spawn { node, job }),
        1 => task.clone().prop_map(|task| Operation::Abort { task }),
        1 => task.clone().prop_map(|task| Operation::Detach { task }),
        2 => task.prop_map(|task| Operation::Wake { task }),
        2 => (0..100_u64).prop_map(|micros| Operation::Run { micros }),
        1 => node.clone().prop_map(|node| Operation::Crash { node }),
        1 => node.clone().prop_map(|node| Operation::Restart { node }),
        1 => node.clone().prop_map(|node| Operation::Pause { node }),
        1 => node.prop_map(|node| Operation::Resume { node }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn under_shrinkable_operations_every_task_ends_once_and_in_time(script in proptest::collection::vec(operations(), 0..40)) {
        let mut torture = Torture::new(3);
        script.into_iter().for_each(|operation| torture.apply(operation));
        torture.finish();
    }
}
