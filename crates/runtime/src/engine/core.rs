//! The state that hosts and devices share.

use super::budget::Budget;
use super::device::{Device, Devices};
use super::kernel::{Arena, Kernel};
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

    /// Returns the device of a type, with the kernel that its methods take.
    ///
    /// # Panics
    /// If no device of the type was registered.
    pub fn device<D: Device>(&mut self) -> (&mut D, &mut Kernel) {
        (self.devices.find_mut(), &mut self.kernel)
    }

    /// Whether nothing is left to run: no pending event, and no task ready.
    pub fn is_idle(&mut self) -> bool {
        self.kernel.next_at().is_none() && !self.kernel.tasks.has_work()
    }
}
