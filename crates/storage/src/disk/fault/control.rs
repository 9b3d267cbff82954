//! Rules begin and end.

use cluster_sim_runtime::Kernel;
use cluster_sim_types::{Change, NodeId};

use crate::disk::device::Disks;
use crate::disk::fault_rules::{DiskRule, RuleCounts, RuleId};

impl Disks {
    /// Puts a rule in force on a node's disk.
    pub fn add_rule(&mut self, kernel: &mut Kernel, node: NodeId, rule: DiskRule) -> RuleId {
        self.generation += 1;
        let id = RuleId(self.generation);
        let disk = self.disk(node);
        let used = disk.tree.used();
        let faults = disk.faults.get_or_insert_default();
        faults.add(id, rule, kernel.now(), used);
        disk.limit = faults.capacity();
        kernel.change(Change::Disk(node));
        id
    }

    /// Returns what a rule did so far; zero once it has ended.
    pub fn rule_counts(&self, node: NodeId, id: RuleId) -> RuleCounts {
        let faults = self.disks.get(node.index()).and_then(|disk| disk.as_ref()?.faults.as_deref());
        let rule = faults.and_then(|faults| faults.rules.iter().find(|rule| rule.id == id));
        rule.map_or_else(RuleCounts::default, |rule| rule.counts)
    }

    /// Ends a rule; operations that waited for it alone are answered now.
    pub fn end_rule(&mut self, kernel: &mut Kernel, node: NodeId, id: RuleId) {
        let disk = self.disk(node);
        let Some(faults) = disk.faults.as_deref_mut() else { return };
        faults.rules.retain(|rule| rule.id != id);
        disk.limit = faults.capacity();
        kernel.change(Change::Disk(node));
        self.look_now(kernel, node);
        self.forget_faults_if_over(node);
    }

    pub(super) fn forget_faults_if_over(&mut self, node: NodeId) {
        let disk = self.disk(node);
        drop(disk.faults.take_if(|faults| faults.is_over()));
    }
}
