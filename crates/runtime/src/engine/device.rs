//! What lies between the nodes.

use std::any::Any;

use cluster_sim_types::NodeId;

use super::kernel::Kernel;
use super::queue::DeviceId;

/// Something between the nodes, such as the network: it keeps its payloads itself, fires when an event names it, and wakes hosts
/// through the kernel.
pub trait Device: Any {
    /// An event of this device is due; `slot` is the number it was scheduled with.
    ///
    /// Answers with the node to wake and a number for it to fetch what it is woken for.
    fn fire(&mut self, kernel: &mut Kernel, slot: u32) -> Option<(NodeId, u32)>;

    /// A node's life ended: what waits for it here is lost.
    fn node_ended(&mut self, kernel: &mut Kernel, node: NodeId);

    /// A paused node goes on: what waits for it here is due.
    fn node_resumed(&mut self, kernel: &mut Kernel, node: NodeId);

    /// Says in words what a task waits for that said it waits for `what` of this device.
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

    /// The device of that id, as its type.
    ///
    /// # Panics
    /// If the id was handed out for a device of another type.
    #[inline]
    pub fn get<D: Device>(&self, id: DeviceId) -> &D {
        let device: &dyn Any = &*self.all[usize::from(id.0)];
        device.downcast_ref().expect("a device is asked for by the type it was registered with")
    }

    /// The device of that id, as its type, for changing it.
    ///
    /// # Panics
    /// If the id was handed out for a device of another type.
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
