//! Groups of nodes.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use cluster_sim_node::{AsyncGroup, Machine, MachineFactory, MachineGroup, MainFactory, NodeInfo};
use cluster_sim_runtime::{Engine, Hosts};
use cluster_sim_types::{Region, Shard};

/// A node of a group before nodes are numbered. Members with equal group and shard are peers.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) region: Region,
    pub(crate) shard: Shard,
}

impl Member {
    pub(crate) fn in_group(group: &str, index: u32) -> Self {
        Self { name: format!("{group}/{index}"), region: Region(0), shard: Shard(0) }
    }
}

type HostFactory = Arc<dyn Fn(Vec<NodeInfo>, &mut Engine) -> Box<dyn Hosts> + Send + Sync>;

/// Nodes of one kind.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: Vec<Member>,
    /// Whether the main functions of its members must return.
    pub(crate) must_end: bool,
    /// Makes the hosts of its members, in order.
    pub(crate) hosts: HostFactory,
}

impl Group {
    pub(crate) fn of_machines<M: Machine>(name: &str, members: Vec<Member>, boot: MachineFactory<M>) -> Self {
        let hosts: HostFactory =
            Arc::new(move |nodes, engine| Box::new(MachineGroup::new(nodes, Arc::clone(&boot), &mut engine.core.devices)));
        Self { name: name.to_owned(), members, must_end: false, hosts }
    }

    pub(crate) fn of_nodes(name: &str, members: Vec<Member>, main: MainFactory, site: &'static Location<'static>) -> Self {
        let hosts: HostFactory = Arc::new(move |nodes, engine| {
            engine.core.kernel.expect_tasks();
            Box::new(AsyncGroup::new(nodes, &main, site, &mut engine.core.devices))
        });
        Self { name: name.to_owned(), members, must_end: false, hosts }
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
