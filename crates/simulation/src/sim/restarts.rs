//! Restarts nodes that panicked or returned, where their group has a policy for it.

use std::any::Any;
use std::collections::BTreeMap;

use cluster_sim_types::{Health, NodeId};

use super::Sim;
use super::hidden_runtime::cured;
use super::run_loop::message_of;
use crate::definition::{MainReturned, RestartPolicy};
use crate::report::NodeRestart;

/// The restarts of a run so far, by node.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    counts: BTreeMap<NodeId, u32>,
    /// Whether the code that runs takes steps: only a panic in a step is one that a policy handles.
    takes_steps: bool,
    /// Whether the last steps ended with a node that restarts.
    has_restarted: bool,
}

impl Sim {
    /// Takes steps, of which one may panic. Returns whether a policy restarts the node that did, so that the run goes on.
    pub(super) fn steps_end_in_restart(&mut self, steps: impl FnOnce(&mut Self)) -> bool {
        self.restarts.takes_steps = true;
        steps(self);
        self.restarts.takes_steps = false;
        std::mem::take(&mut self.restarts.has_restarted) && !self.over
    }

    /// Handles a panic in a step by the policy of the node; false if it is a finding.
    pub(super) fn restarts_after(&mut self, panic: &(dyn Any + Send)) -> bool {
        if !std::mem::take(&mut self.restarts.takes_steps) {
            return false;
        }
        // A call that needs a tokio runtime is a finding under every policy.
        let is_foreign = cured(message_of(panic), None).0 != message_of(panic);
        let node = self.restarted_node().filter(|_| !is_foreign);
        let restarts = node.is_some_and(|(node, policy)| self.restart_after(node, policy, panic));
        self.restarts.has_restarted = restarts;
        restarts
    }

    /// The node whose code panicked, if it lives and its group has a policy.
    fn restarted_node(&self) -> Option<(NodeId, RestartPolicy)> {
        let node = self.engine.running()?;
        let lives = self.engine.core.kernel.health(node) == Health::Up;
        let mut first = 0;
        let group = self.definition.groups.iter().find(|group| {
            first += group.members.len() as u32;
            node.0 < first
        })?;
        group.restart.filter(|_| lives).map(|policy| (node, policy))
    }

    /// Crashes a node that panicked or returned, and lets it restart. Returns false if this panic is a finding.
    fn restart_after(&mut self, node: NodeId, policy: RestartPolicy, panic: &(dyn Any + Send)) -> bool {
        let count = self.restarts.counts.entry(node).or_default();
        let has_returned = panic.is::<MainReturned>();
        if has_returned && self.engine.core.kernel.is_stop_of(node, self.engine.core.kernel.incarnation(node)) {
            // It was asked to, and the fault that asked restarts it.
            self.engine.forget_panic();
            return true;
        }
        let restarts = *count < policy.most && (has_returned || policy.handles(&message_of(panic)));
        if !restarts && !has_returned {
            return false;
        }
        *count += u32::from(restarts);
        let kernel = &self.engine.core.kernel;
        let (at, life) = (kernel.now(), kernel.incarnation(node));
        let task = kernel.panicked_task().filter(|_| !has_returned).map(ToString::to_string);
        let panic = (!has_returned).then(|| message_of(panic));
        let restarts_at = restarts.then(|| at + policy.after);
        self.report.restarts.push(NodeRestart { at, node: self.node_name(node).to_owned(), task, panic, restarts_at });
        self.claims.note_own(node);
        self.engine.forget_panic();
        // Its destructors may panic, which is a finding.
        self.catch_panic(|sim| {
            sim.engine.crash(node);
        });
        if self.over {
            return true;
        }
        if let Some(at) = restarts_at {
            self.faults.schedule_restart(&mut self.engine.core.kernel, at, node, life);
        }
        self.catch_panic(|sim| {
            sim.note_ended_faults();
            sim.check_changes();
        });
        true
    }
}
