//! The trait of what connects nodes, and the table of devices.

use std::any::Any;

use cluster_sim_types::NodeId;

use super::kernel::Kernel;
use super::queue::DeviceId;

/// A component between the nodes, such as the network.
///
/// It owns its payloads, fires when an event names it, and wakes hosts through the kernel.
pub trait Device: Any {
    /// Handles a due event; `slot` is the number it was scheduled with.
    ///
    /// Returns the node to wake and a number with which it fetches its input; `None` wakes no node.
    fn fire(&mut self, kernel: &mut Kernel, slot: u32) -> Option<(NodeId, u32)>;

    /// Drops what waits here for a node whose life ended.
    fn node_ended(&mut self, kernel: &mut Kernel, node: NodeId);

    /// Makes due what waits here for a node that was resumed.
    fn node_resumed(&mut self, kernel: &mut Kernel, node: NodeId);

    /// Describes what a task waits for, for a report; `what` is the number it passed when it began to wait.
    fn describe(&self, kernel: &Kernel, what: u64) -> String;
}

/// The devices of an engine.
#[derive(Default)]
pub struct Devices {
    all: Vec<Box<dyn Device>>,
}

impl Devices {
    pub(crate) fn register(&mut self, device: impl Device) -> DeviceId {
        assert!(self.all.len() < DeviceId::MAX, "a simulation has a handful of devices");
        self.all.push(Box::new(device));
        DeviceId((self.all.len() - 1) as u16)
    }

    /// Returns the device `id`, downcast to its type.
    ///
    /// # Panics
    /// If the device has another type.
    #[inline]
    pub fn get<D: Device>(&self, id: DeviceId) -> &D {
        let device: &dyn Any = &*self.all[usize::from(id.0)];
        device.downcast_ref().expect("a device is asked for by the type it was registered with")
    }

    /// Returns the device `id` mutably, downcast to its type.
    ///
    /// # Panics
    /// If the device has another type.
    #[inline]
    pub fn get_mut<D: Device>(&mut self, id: DeviceId) -> &mut D {
        let device: &mut dyn Any = &mut *self.all[usize::from(id.0)];
        device.downcast_mut().expect("a device is asked for by the type it was registered with")
    }

    #[inline]
    pub(crate) fn fire(&mut self, id: DeviceId, kernel: &mut Kernel, slot: u32) -> Option<(NodeId, u32)> {
        self.all[usize::from(id.0)].fire(kernel, slot)
    }

    pub(crate) fn describe(&self, id: DeviceId, kernel: &Kernel, what: u64) -> String {
        self.all[usize::from(id.0)].describe(kernel, what)
    }

    pub(crate) fn each(&mut self) -> impl Iterator<Item = &mut Box<dyn Device>> {
        self.all.iter_mut()
    }
}
