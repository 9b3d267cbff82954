//! I4: the offsets of consumer groups never regress.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::{BrokerFact, ClientFact};
use crate::format::TopicPartition;

type Group = (TopicPartition, String);

/// Checks that the offset of a group never goes back: not on a broker, and not for consumers.
///
/// A consumer is told an offset no less than each that was acknowledged before it asked. A broker that starts may move a group again
/// from an earlier offset on, as its log is applied again. `times_checked` counts offsets that consumers are told.
#[derive(Debug, Default)]
pub struct GroupsAdvance {
    /// The highest offset of each group that was acknowledged.
    committed: BTreeMap<Group, u64>,
    /// The least offset that each client that waits may be told.
    asked: BTreeMap<(NodeId, Group), u64>,
    /// The offsets as each broker has them since it opened its log.
    on_brokers: BTreeMap<(NodeId, TopicPartition), BTreeMap<String, u64>>,
    times_checked: u64,
}

impl GroupsAdvance {
    fn on_told(&mut self, node: NodeId, group: Group, offset: u64, is_commit: bool, world: &World<'_>) -> Verdict {
        self.times_checked += 1;
        let expected = self.asked.remove(&(node, group.clone())).unwrap_or(0);
        if offset < expected {
            let message = format!(
                "{} group {}: expected offset {expected} or more, which was committed before {} asked, actual {offset}",
                group.0,
                group.1,
                world.name(node)
            );
            return Verdict::violated([node], message);
        }
        if is_commit {
            let highest = self.committed.entry(group).or_default();
            *highest = (*highest).max(offset);
        }
        Verdict::Holds
    }

    fn on_moved(&mut self, node: NodeId, partition: TopicPartition, group: &str, offset: u64, world: &World<'_>) -> Verdict {
        let groups = self.on_brokers.entry((node, partition)).or_default();
        let before = groups.insert(group.to_owned(), offset).unwrap_or(0);
        if offset < before {
            let message = format!(
                "{partition} group {group}: expected offset {before} or more, as {} had it, actual {offset}",
                world.name(node)
            );
            return Verdict::violated([node], message);
        }
        Verdict::Holds
    }
}

impl Invariant for GroupsAdvance {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        match change.fact::<ClientFact>() {
            Some(ClientFact::AskingGroup { partition, group }) => {
                let group = (*partition, group.clone());
                let expected = self.committed.get(&group).copied().unwrap_or(0);
                self.asked.insert((node, group), expected);
            }
            Some(ClientFact::GroupOffset { partition, group, offset, is_commit }) => {
                return self.on_told(node, (*partition, group.clone()), *offset, *is_commit, world);
            }
            _ => {}
        }
        match change.fact::<BrokerFact>() {
            Some(BrokerFact::Opened { partition, .. }) => {
                self.on_brokers.remove(&(node, *partition));
            }
            Some(BrokerFact::GroupMoved { partition, group, offset }) => {
                return self.on_moved(node, *partition, group, *offset, world);
            }
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
