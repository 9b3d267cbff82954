//! When the clients of a run began their operations.

use cluster_sim_runtime::Record;
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::{RunObserver, Sim};
use crate::report::Report;

/// An operation of a client that asks for its operations by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunOperation {
    /// When.
    pub at: VirtualInstant,
    /// The name of the client.
    pub client: String,
    /// The number of the operation; a client may begin one again in its next life.
    pub number: u64,
}

/// Notes which operations clients begin, and when.
#[derive(Debug, Default)]
pub struct OperationTimes(Vec<BegunOperation>);

impl OperationTimes {
    /// The operations, in the order in which they began.
    pub fn into_operations(self) -> Vec<BegunOperation> {
        self.0
    }

    fn take_from(&mut self, sim: &Sim) {
        let named = |(client, number)| BegunOperation { at: sim.now(), client: sim.node_name(client).to_owned(), number };
        self.0.extend(sim.operations.take_latest().into_iter().map(named));
    }
}

impl RunObserver for OperationTimes {
    fn joins(&mut self, sim: &mut Sim) {
        sim.operations.keep_latest();
    }

    fn event(&mut self, _: Record) {}

    fn fact(&mut self, _: VirtualInstant, _: NodeId, _: &dyn Fact) {}

    fn stepped(&mut self, sim: &mut Sim) {
        self.take_from(sim);
    }

    fn ended(&mut self, sim: &mut Sim, _: &Report) {
        self.take_from(sim);
    }

    fn has_left(&self) -> bool {
        false
    }
}
