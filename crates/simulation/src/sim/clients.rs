//! Nodes whose main functions must return.

use cluster_sim_invariants::Evidence;
use cluster_sim_runtime::{Engine, OutsideWait, WaitingTask};
use cluster_sim_types::{Health, NodeId};

use crate::definition::Group;
use crate::report::{CheckKind, CheckReport, CheckWork};

/// The rule broken by a client that does not return.
pub(super) const EVERY_CLIENT_ENDS: &str = "every client ends";

/// Tasks listed in the message.
const TASKS_SHOWN: usize = 64;

/// The clients of a run.
#[derive(Debug)]
pub(super) struct Clients {
    nodes: Vec<NodeId>,
    /// Clients that were not killed when last asked; absent before.
    alive: Option<u64>,
}

impl Clients {
    pub(super) fn of(groups: &[Group]) -> Self {
        let must_end_flags = groups.iter().flat_map(|group| group.members.iter().map(|_| group.must_end));
        let nodes = (0..).map(NodeId).zip(must_end_flags).filter(|(_, must_end)| *must_end).map(|(node, _)| node).collect();
        Self { nodes, alive: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The clients that have not returned, without those that were killed.
    pub(super) fn pending(&mut self, engine: &Engine) -> Vec<NodeId> {
        let kernel = &engine.core.kernel;
        let alive: Vec<NodeId> = self.nodes.iter().copied().filter(|node| kernel.health(*node) != Health::Killed).collect();
        self.alive = Some(alive.len() as u64);
        alive.into_iter().filter(|node| !(kernel.has_returned(*node) && kernel.health(*node) == Health::Up)).collect()
    }

    pub(super) fn report(&self) -> Option<CheckReport> {
        let unknown = match self.alive {
            None => Some("it was never checked".to_owned()),
            Some(0) => Some("every client was killed".to_owned()),
            Some(_) => None,
        };
        let times_checked = self.alive.unwrap_or(0);
        let report = CheckReport {
            name: EVERY_CLIENT_ENDS.to_owned(),
            kind: CheckKind::Eventually,
            times_checked,
            unknown,
            work: CheckWork::default(),
        };
        (!self.is_empty()).then_some(report)
    }
}

/// Evidence for clients that did not return.
pub(super) fn unended(clients: Vec<NodeId>, engine: &Engine, waiting: &[String]) -> Evidence {
    let names: Vec<&str> = clients.iter().map(|client| &**engine.core.kernel.name(*client)).collect();
    let mut message = format!("{} did not return; live tasks:", names.join(", "));
    for task in waiting.iter().take(TASKS_SHOWN) {
        message.push_str("\n        ");
        message.push_str(task);
    }
    if waiting.len() > TASKS_SHOWN {
        message.push_str(&format!("\n        and {} more", waiting.len() - TASKS_SHOWN));
    }
    if waiting.is_empty() {
        message.push_str(" none");
    }
    Evidence { nodes: clients, message }
}

/// One line for each live task and what it waits for.
pub(super) fn living_tasks(engine: &Engine) -> Vec<String> {
    let line = |WaitingTask { node, task, waits_for }: WaitingTask| {
        format!("{} {task}, waits for {waits_for}", engine.core.kernel.name(node))
    };
    engine.core.waiting_tasks().into_iter().map(line).collect()
}

/// One line for each node that nothing of the simulation can wake.
pub(super) fn outside_waits(engine: &Engine) -> Vec<String> {
    let line = |OutsideWait { node, task, since }: OutsideWait| {
        let name = engine.core.kernel.name(node);
        let since = since.map(|at| format!("since {at} ")).unwrap_or_default();
        format!(
            "{name} {task}, waits {since}for other code: a channel to which no task sends, a timer of another runtime, or for ever"
        )
    };
    engine.core.outside_waits().into_iter().map(line).collect()
}
