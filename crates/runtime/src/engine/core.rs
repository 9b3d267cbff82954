//! What hosts and devices share.

use super::arena::Arena;
use super::budget::Budget;
use super::device::Devices;
use super::kernel::Kernel;
use crate::random::SeedSchedule;

/// Everything of a simulation but the code that runs on its nodes.
///
/// In a box of its own, so that it can be handed to a node's code for the length of a step by moving one pointer.
pub struct Core {
    /// Clock, queue, timers, health, records.
    pub kernel: Kernel,
    /// What lies between the nodes.
    pub devices: Devices,
}

impl Core {
    pub(crate) fn new(seeds: SeedSchedule, budget: Budget, arena: Arena) -> Self {
        Self { kernel: Kernel::new(seeds, budget, arena), devices: Devices::default() }
    }

    /// Whether nothing is due any more, at any time: no event waits and no task is ready.
    pub fn is_idle(&mut self) -> bool {
        self.kernel.next_at().is_none() && !self.kernel.tasks.has_work()
    }
}
