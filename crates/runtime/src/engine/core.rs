//! The state that hosts and devices share.

use super::arena::Arena;
use super::budget::Budget;
use super::device::Devices;
use super::kernel::Kernel;
use crate::random::SeedSchedule;

/// All state of a simulation except the code on its nodes.
///
/// Boxed, so that entering a simulation moves one pointer.
pub struct Core {
    /// Clock, queue, timers, health, records.
    pub kernel: Kernel,
    /// Connections between nodes, such as the network.
    pub devices: Devices,
}

impl Core {
    pub(crate) fn new(seeds: SeedSchedule, budget: Budget, arena: Arena) -> Self {
        Self { kernel: Kernel::new(seeds, budget, arena), devices: Devices::default() }
    }

    /// Whether nothing is left to run: no pending event, and no task ready.
    pub fn is_idle(&mut self) -> bool {
        self.kernel.next_at().is_none() && !self.kernel.tasks.has_work()
    }
}
