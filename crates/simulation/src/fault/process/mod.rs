//! Faults of the process on a node: how it stops, how fast it is, which of its tasks live, what its random numbers are, and when
//! it crashes by itself.
//!
//! `process_family.rs` says how they are shown and applied, `briefer.rs` which are tried in place of larger ones,
//! `process_draws.rs` which profiles draw.

mod briefer;
mod constructors;
mod process_draws;
mod process_family;

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use cluster_sim_types::Ratio;
use serde::{Deserialize, Serialize};

use super::Fault;
use super::node::{first, is_first};

/// A fault of the process that runs on a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ProcessFault<N = String> {
    /// Asks a node to stop, as a supervisor does that replaces a program, and crashes it at a deadline.
    ///
    /// A machine gets [`Input::Stop`](cluster_sim_node::Input::Stop) and ends by `Effects::stop`; for an async node
    /// [`Node::stopping`](cluster_sim_node::Node::stopping) resolves, and it ends by the return of its main function. A node that
    /// ends by the deadline has not crashed: what its disk was asked to write survives. The end of the fault phase crashes a node
    /// that is still stopping.
    GracefulStop {
        /// The node.
        node: N,
        /// Time until it crashes.
        #[serde(rename = "deadline_ns", with = "nanoseconds")]
        deadline: Duration,
        /// Time from its end until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
    /// Lets each step of a node take time, as on a slow or busy processor.
    ///
    /// A step is an input of a machine, or a poll of a task. It begins at once and keeps its node busy afterwards: messages,
    /// timers, answers of the disk and woken tasks wait, and are handled in order. While 256 of these wait, further datagrams to a
    /// machine are lost as `inbox_full`, as at a full port of an async node. Calls of the test do not wait. Several faults of one
    /// node add up.
    Slow {
        /// The node.
        node: N,
        /// How long a step keeps it busy; more than zero.
        #[serde(rename = "step_time_ns", with = "nanoseconds")]
        step_time: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Drops spawned tasks of an async node at an await, as code does that races them against a timeout.
    ///
    /// Before each poll of a spawned task but its first one a roll decides whether the task is dropped instead. Its handle gives
    /// [`JoinError`](cluster_sim_node::JoinError). The main task is spared. A machine has no tasks, so it has no effect there. Of
    /// several faults of one node the one with the largest share decides.
    CancelTasks {
        /// The node.
        node: N,
        /// The probability at each poll; more than zero.
        share: Ratio,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Gives nodes equal random numbers, as machines have that boot from copies of one image.
    ///
    /// The lives of these nodes that begin while it is in force draw the numbers of the first node: of its life at the begin of
    /// the fault, or of its first one. Equal draws then give equal numbers: `Effects::roll` and `Node::roll` by name and number,
    /// `Node::random` by task and count.
    EqualRandom {
        /// The nodes, the one that the others copy first.
        nodes: Vec<N>,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Crashes a node of a message, as if its handler panicked on it; once, and without a finding.
    ///
    /// The message and the memory of the node are lost. In force until then. A message counts when it reaches a machine or a port
    /// of an async node, one of a session when it is read.
    PoisonMessage {
        /// The node.
        node: N,
        /// Which message since the fault was applied, in any life; 1 for the first.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        message: u32,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
        /// How long the crash waits for that message; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Crashes a node at the submission of an operation to its disk, which is then in flight; once.
    ///
    /// The operation may take effect or not, or in part, as any write since the last sync. In force until then. The closing of a
    /// file does not count.
    CrashInIo {
        /// The node.
        node: N,
        /// Which operation since the fault was applied, in any life; 1 for the first.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        operation: u32,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
        /// How long the crash waits for that operation; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Crashes a node at a share of its submissions of operations to its disk, in each of its lives.
    ///
    /// A roll for each operation decides. The operation is then in flight, as of [`CrashInIo`](Self::CrashInIo); a node whose first
    /// operation crashes it again and again is in a crash loop. The closing of a file does not count. Of several faults of one node
    /// the one with the largest share decides.
    RandomCrashInIo {
        /// The node.
        node: N,
        /// The probability at each operation; more than zero.
        share: Ratio,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
        /// How long operations crash the node; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
}

impl<N> ProcessFault<N> {
    /// The nodes that it hits.
    pub(crate) fn named(&self) -> &[N] {
        match self {
            Self::GracefulStop { node, .. }
            | Self::Slow { node, .. }
            | Self::CancelTasks { node, .. }
            | Self::PoisonMessage { node, .. }
            | Self::CrashInIo { node, .. }
            | Self::RandomCrashInIo { node, .. } => slice::from_ref(node),
            Self::EqualRandom { nodes, .. } => nodes,
        }
    }

    /// Whether it takes its node down.
    pub(crate) fn crashes(&self) -> bool {
        match self {
            Self::GracefulStop { .. } | Self::PoisonMessage { .. } | Self::CrashInIo { .. } | Self::RandomCrashInIo { .. } => true,
            Self::Slow { .. } | Self::CancelTasks { .. } | Self::EqualRandom { .. } => false,
        }
    }

    /// Until when after its begin it may have its node down; absent for until the fault phase ends.
    pub(crate) fn down_for(&self) -> Option<Duration> {
        match self {
            Self::GracefulStop { deadline: waits, down_for, .. } => down_for.map(|down_for| waits.saturating_add(down_for)),
            // It comes at some time while it waits.
            Self::PoisonMessage { down_for, duration, .. }
            | Self::CrashInIo { down_for, duration, .. }
            | Self::RandomCrashInIo { down_for, duration, .. } => {
                down_for.zip(*duration).map(|(down_for, waits)| waits.saturating_add(down_for))
            }
            Self::Slow { .. } | Self::CancelTasks { .. } | Self::EqualRandom { .. } => Some(Duration::ZERO),
        }
    }
}

impl From<ProcessFault> for Fault {
    fn from(fault: ProcessFault) -> Self {
        Self::Process(fault)
    }
}

/// One of each kind, for tests.
#[cfg(test)]
pub(super) fn one_of_each(node: &str, [deadline, down_for]: [Duration; 2], duration: Option<Duration>) -> Vec<ProcessFault> {
    let (node, down_for) = (|| node.to_owned(), Some(down_for));
    vec![
        ProcessFault::GracefulStop { node: node(), deadline, down_for },
        ProcessFault::Slow { node: node(), step_time: Duration::from_micros(2_500), duration },
        ProcessFault::CancelTasks { node: node(), share: Ratio::percent(5), duration },
        ProcessFault::EqualRandom { nodes: vec![node(), "a/1".to_owned()], duration },
        ProcessFault::PoisonMessage { node: node(), message: 3, down_for, duration },
        ProcessFault::CrashInIo { node: node(), operation: 1, down_for, duration },
        ProcessFault::RandomCrashInIo { node: node(), share: Ratio::percent(5), down_for, duration },
    ]
}
