//! The trait of what stands between the nodes or beside them, and the table of devices.
//!
//! A host that uses a device resolves its type to a [`DeviceKey`] once, when the host is made ([`Devices::key`]), and reaches it
//! with that key from then on. Code that runs seldom asks by type alone ([`Devices::find`]).
//!
//! The calls that a device gets, in their order relative to the code on the node:
//!
//! | call | when |
//! |---|---|
//! | [`registered`](Device::registered) | once, before all others |
//! | [`life_began`](Device::life_began) | before the host boots: its first step finds the device ready |
//! | [`fire`](Device::fire) | at each event that the device scheduled |
//! | [`node_resumed`](Device::node_resumed) | after the node's own timers and tasks were made due |
//! | [`life_ended`](Device::life_ended) | after the memory of the life was dropped: destructors still reach the device |
//! | [`fault_phase_ended`](Device::fault_phase_ended) | before paused nodes resume and crashed ones restart |
//! | [`run_ended`](Device::run_ended) | once, after every life was dropped |

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use cluster_sim_types::{Incarnation, NodeId};

use super::kernel::Kernel;
use super::queue::DeviceId;
use crate::executor::TaskId;

/// The end of a life, as its devices hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LifeEnd {
    /// The node crashed.
    Crashed,
    /// The node was asked to stop, and finished by its deadline. The unsynced writes that its operating system holds survive.
    Stopped,
    /// The node was killed for good, perhaps while it was down or before its first life.
    Killed,
    /// The main function of an async node returned. The node stays up with its last view, so a crash or kill may follow.
    Returned,
}

/// The host that a device wakes, and the number with which that host fetches its input.
///
/// One word, so that it is returned in registers: every arrival makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostWake(u64);

impl HostWake {
    /// Wakes the host of `node` with `number`.
    #[inline(always)]
    pub const fn new(node: NodeId, number: u32) -> Self {
        Self((node.0 as u64) << 32 | number as u64)
    }

    /// Returns the node.
    #[inline(always)]
    pub const fn node(self) -> NodeId {
        NodeId((self.0 >> 32) as u32)
    }

    /// Returns the number.
    #[inline(always)]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }
}

/// A component between the nodes or beside them, such as the network.
///
/// It owns its payloads, fires when an event names it, and wakes hosts through the kernel. The module documentation says when each
/// method is called.
pub trait Device: Any {
    /// Receives the id by which the device schedules its events and names its waits.
    fn registered(&mut self, id: DeviceId);

    /// Handles a due event; `slot` is the number it was scheduled with.
    ///
    /// Returns the host to wake; `None` wakes none.
    fn fire(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake>;

    /// Prepares what a node needs in a new life; its host boots next.
    fn life_began(&mut self, kernel: &mut Kernel, node: NodeId, incarnation: Incarnation) {
        let _ = (kernel, node, incarnation);
    }

    /// Drops what waits here for a node whose life ended.
    fn life_ended(&mut self, kernel: &mut Kernel, node: NodeId, incarnation: Incarnation, end: LifeEnd);

    /// Makes due what waits here for a node that was resumed.
    fn node_resumed(&mut self, kernel: &mut Kernel, node: NodeId);

    /// Ends the faults of this device at the end of the fault phase.
    fn fault_phase_ended(&mut self, kernel: &mut Kernel) {
        let _ = kernel;
    }

    /// Ends the device's part in the run; no further call follows.
    fn run_ended(&mut self, kernel: &mut Kernel) {
        let _ = kernel;
    }

    /// Lists the waits of tasks that the kernel was not told of.
    ///
    /// Each comes with a number for [`describe`](Self::describe).
    fn waits(&self) -> Vec<(TaskId, u64)> {
        Vec::new()
    }

    /// Describes what a task waits for, for a report; `what` is the number it passed when it began to wait.
    fn describe(&self, kernel: &Kernel, what: u64) -> String;
}

/// The id of a device together with its type.
///
/// Reaching a device by its key takes one index and one comparison.
pub struct DeviceKey<D> {
    id: DeviceId,
    device: PhantomData<fn() -> D>,
}

impl<D> DeviceKey<D> {
    const fn of(id: DeviceId) -> Self {
        Self { id, device: PhantomData }
    }

    /// Returns the id, as in [`Wake::Device`](super::Wake::Device).
    #[inline]
    pub const fn id(self) -> DeviceId {
        self.id
    }
}

impl<D> Clone for DeviceKey<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for DeviceKey<D> {}

impl<D> fmt::Debug for DeviceKey<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("DeviceKey").field(&self.id).finish()
    }
}

/// The devices of an engine, at most one of each type.
#[derive(Default)]
pub struct Devices {
    all: Vec<Box<dyn Device>>,
}

impl Devices {
    pub(crate) fn register<D: Device>(&mut self, device: D) -> DeviceKey<D> {
        assert!(self.all.len() < DeviceId::MAX, "a simulation has a handful of devices");
        assert!(self.position::<D>().is_none(), "hosts find a device by its type, so a simulation has one of each");
        let id = DeviceId(self.all.len() as u16);
        self.all.push(Box::new(device));
        self.all[usize::from(id.0)].registered(id);
        DeviceKey::of(id)
    }

    fn position<D: Device>(&self) -> Option<usize> {
        self.all.iter().position(|device| (&**device as &dyn Any).is::<D>())
    }

    /// Resolves a type to the key of its device.
    ///
    /// # Panics
    /// If no device of the type was registered.
    pub fn key<D: Device>(&self) -> DeviceKey<D> {
        let position = self.position::<D>();
        DeviceKey::of(DeviceId(position.expect("a device is registered before the hosts that use it") as u16))
    }

    /// Returns the device of a type.
    ///
    /// # Panics
    /// As [`key`](Self::key).
    pub fn find<D: Device>(&self) -> &D {
        self.get(self.key())
    }

    /// Returns the device of a type mutably.
    ///
    /// # Panics
    /// As [`key`](Self::key).
    pub fn find_mut<D: Device>(&mut self) -> &mut D {
        self.get_mut(self.key())
    }

    /// Returns the device of a key.
    ///
    /// # Panics
    /// If the key is of another engine, and the device has another type.
    #[inline]
    pub fn get<D: Device>(&self, key: DeviceKey<D>) -> &D {
        let device: &dyn Any = &*self.all[usize::from(key.id.0)];
        device.downcast_ref().expect("a key is used in the engine that it came from")
    }

    /// Returns the device of a key mutably.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[inline]
    pub fn get_mut<D: Device>(&mut self, key: DeviceKey<D>) -> &mut D {
        let device: &mut dyn Any = &mut *self.all[usize::from(key.id.0)];
        device.downcast_mut().expect("a key is used in the engine that it came from")
    }

    #[inline]
    pub(crate) fn fire(&mut self, id: DeviceId, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        self.all[usize::from(id.0)].fire(kernel, slot)
    }

    /// Lists the waits that the kernel was not told of, each with its device.
    pub(crate) fn waits(&self) -> impl Iterator<Item = (TaskId, DeviceId, u64)> {
        (0..)
            .zip(&self.all)
            .flat_map(|(index, device)| device.waits().into_iter().map(move |(task, what)| (task, DeviceId(index), what)))
    }

    pub(crate) fn describe(&self, id: DeviceId, kernel: &Kernel, what: u64) -> String {
        self.all[usize::from(id.0)].describe(kernel, what)
    }

    pub(crate) fn each(&mut self) -> impl Iterator<Item = &mut Box<dyn Device>> {
        self.all.iter_mut()
    }

    pub(crate) fn end_life(&mut self, kernel: &mut Kernel, node: NodeId, end: LifeEnd) {
        let incarnation = kernel.incarnation(node);
        self.each().for_each(|device| device.life_ended(kernel, node, incarnation, end));
    }
}
