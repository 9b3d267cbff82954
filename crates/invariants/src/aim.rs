//! Whom a trigger's fault hits: names of nodes, of the members of a group, of a part of them.

use cluster_sim_types::NodeId;

use crate::world::World;

impl World<'_> {
    /// Returns the declared names of nodes, as faults take them.
    pub fn names(&self, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
        nodes.into_iter().map(|node| self.name(node).to_owned()).collect()
    }

    /// Returns the members of a group, in order of their numbers; empty if there is no such group.
    pub fn members(&self, group: &str) -> Vec<NodeId> {
        let is_member = |node: &NodeId| self.name(*node).rsplit_once('/').is_some_and(|(of, _)| of == group);
        self.nodes().filter(is_member).collect()
    }

    /// Returns the names of less than half of a group: the member `with` and those after it.
    ///
    /// These are 1 of 3, 2 of 5, none of 2. After the last member comes the first one. If `with` is no member, they are the first ones.
    pub fn minority_of(&self, group: &str, with: NodeId) -> Vec<String> {
        let mut members = self.members(group);
        let first = members.iter().position(|member| *member == with).unwrap_or_default();
        members.rotate_left(first);
        members.truncate(members.len().saturating_sub(1) / 2);
        self.names(members)
    }

    /// Returns the names of the members of a group other than that node.
    pub fn others_of(&self, group: &str, node: NodeId) -> Vec<String> {
        self.names(self.members(group).into_iter().filter(|member| *member != node))
    }
}
