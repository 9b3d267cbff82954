//! Groups of nodes.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use cluster_sim_node::{AsyncGroup, Machine, MachineFactory, MachineGroup, MainFactory, NodeInfo};
use cluster_sim_runtime::{Engine, Hosts};
use cluster_sim_types::{Rack, Region, Shard, Zone};

use super::restart_policy::{RestartPolicy, caught_at_its_end};

/// A node of a group before nodes are numbered. Members with equal group and shard are peers.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Its region, if it was placed in one.
    pub(crate) region: Option<Region>,
    pub(crate) shard: Option<Shard>,
    pub(crate) zone: Option<Zone>,
    pub(crate) rack: Option<Rack>,
}

impl Member {
    pub(crate) fn in_group(group: &str, index: u32) -> Self {
        Self { name: format!("{group}/{index}"), region: None, shard: None, zone: None, rack: None }
    }
}

/// Makes the hosts of nodes; with the last argument the run catches the return of their main functions.
type HostFactory = Arc<dyn Fn(Vec<NodeInfo>, &mut Engine, bool) -> Box<dyn Hosts> + Send + Sync>;

/// Nodes of one kind.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: Vec<Member>,
    /// Whether the main functions of its members must return.
    pub(crate) must_end: bool,
    /// The policy that restarts its members; absent if a panic is a finding.
    pub(crate) restart: Option<RestartPolicy>,
    /// Makes the hosts of its members, in order.
    pub(crate) hosts: HostFactory,
}

impl Group {
    pub(crate) fn of_machines<M: Machine>(name: &str, members: Vec<Member>, boot: MachineFactory<M>) -> Self {
        let hosts: HostFactory =
            Arc::new(move |nodes, engine, _| Box::new(MachineGroup::new(nodes, Arc::clone(&boot), &mut engine.core.devices)));
        Self { name: name.to_owned(), members, must_end: false, restart: None, hosts }
    }

    pub(crate) fn of_nodes(name: &str, members: Vec<Member>, main: MainFactory, site: &'static Location<'static>) -> Self {
        let hosts: HostFactory = Arc::new(move |nodes, engine, catches_return| {
            engine.core.kernel.expect_tasks();
            let main = if catches_return { caught_at_its_end(&main) } else { Arc::clone(&main) };
            Box::new(AsyncGroup::new(nodes, &main, site, &mut engine.core.devices))
        });
        Self { name: name.to_owned(), members, must_end: false, restart: None, hosts }
    }

    /// Requires its members to end.
    pub(crate) fn into_clients(self) -> Self {
        Self { must_end: true, ..self }
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Group").field("name", &self.name).field("members", &self.members.len()).finish_non_exhaustive()
    }
}
