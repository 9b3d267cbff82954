//! [`ScenarioSize`]: how large the runs of a scenario are.

use std::fmt;
use std::time::Duration;

use super::Scenario;
use crate::report::thousands;

/// How large the runs of a scenario are: nodes by group, and virtual time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScenarioSize {
    /// The groups and the number of nodes in each, in the order of their declaration.
    pub groups: Vec<(String, u64)>,
    /// Virtual time of the fault phase, which a script may change; the recovery phase comes on top.
    pub duration: Duration,
}

impl Scenario {
    /// How large its runs are, known before any of them.
    pub fn size(&self) -> ScenarioSize {
        let groups = self.definition.groups.iter().map(|group| (group.name.clone(), group.members.len() as u64)).collect();
        ScenarioSize { groups, duration: self.definition.duration }
    }

    /// Sets the steps of the [`budget`](Self::budget) alone.
    #[must_use]
    pub fn max_steps(self, steps: u64) -> Self {
        self.with(|definition| definition.budget.steps = steps)
    }
}

impl ScenarioSize {
    /// All nodes.
    pub fn nodes(&self) -> u64 {
        self.groups.iter().map(|(_, nodes)| nodes).sum()
    }
}

impl fmt::Display for ScenarioSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<String> = self.groups.iter().map(|(name, nodes)| format!("{} {name}", thousands(*nodes))).collect();
        let seconds = self.duration.as_secs_f64();
        write!(formatter, "{} nodes ({}), {seconds}s of virtual time", thousands(self.nodes()), groups.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_counts_nodes_by_group() {
        let scenario = Scenario::new("large").nodes("client", 65_536, async |_| {}).nodes("edge", 3, async |_| {});
        let size = scenario.duration(Duration::from_millis(2_500)).size();
        assert_eq!(size.nodes(), 65_539);
        assert_eq!(size.to_string(), "65,539 nodes (65,536 client, 3 edge), 2.5s of virtual time");
    }
}
