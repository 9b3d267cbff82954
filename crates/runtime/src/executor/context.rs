//! The simulation that node code runs in, found through a thread-local.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use cluster_sim_types::{Incarnation, NodeId};

use super::task::TaskId;
use super::thread::is_unwinding;
use crate::engine::{Arena, Budget, Core, Kernel};
use crate::random::{Seed, SeedSchedule};

thread_local! {
    /// The core of the simulation whose code runs in this thread, an empty one outside of any; absent during an access.
    ///
    /// Runs cannot observe each other through it: a core is swapped in before node code runs and swapped out afterwards, also on
    /// a panic. Constant at first and never dropped, so that an access is a load and two stores.
    static ENTERED: Cell<ManuallyDrop<Option<Box<Core>>>> = const { Cell::new(ManuallyDrop::new(None)) };

    /// Makes the empty core at the first access of the thread, and drops it at the end of the thread.
    static EMPTY: EmptyCore = EmptyCore::make();
}

struct EmptyCore;

impl EmptyCore {
    fn make() -> Self {
        let core = Core::new(SeedSchedule::new(Seed(0)), Budget::default(), Arena::default());
        ENTERED.set(ManuallyDrop::new(Some(Box::new(core))));
        Self
    }
}

impl Drop for EmptyCore {
    fn drop(&mut self) {
        drop(ManuallyDrop::into_inner(ENTERED.take()));
    }
}

/// The entered core during an access. Puts it back when dropped, also on a panic.
struct Access(Option<Box<Core>>);

impl Access {
    /// Begins an access; `None` within another one, and at the end of the thread.
    #[inline(always)]
    fn begin() -> Option<Self> {
        match ManuallyDrop::into_inner(ENTERED.take()) {
            Some(core) => Some(Self(Some(core))),
            None => Self::begin_first(),
        }
    }

    /// Begins the first access of the thread.
    #[cold]
    #[inline(never)]
    fn begin_first() -> Option<Self> {
        EMPTY.try_with(|_| ()).ok()?;
        ManuallyDrop::into_inner(ENTERED.take()).map(|core| Self(Some(core)))
    }

    #[inline(always)]
    fn core(&mut self) -> &mut Box<Core> {
        self.0.as_mut().expect("a core is there until the access ends")
    }
}

impl Drop for Access {
    #[inline(always)]
    fn drop(&mut self) {
        ENTERED.set(ManuallyDrop::new(self.0.take()));
    }
}

/// Runs node code with the simulation entered, so that handles find clock, queue and network.
///
/// Simulations nest: code of one may step another.
pub fn enter<T>(core: &mut Box<Core>, node: NodeId, code: impl FnOnce() -> T) -> T {
    enter_as(core, node, code)
}

/// Enters as [`enter`] does, outside of any task.
pub(super) fn enter_as<T>(core: &mut Box<Core>, node: NodeId, code: impl FnOnce() -> T) -> T {
    let life = Life::of(core, node);
    let active = if core.kernel.lives(node, life.incarnation()) { life } else { Life::NONE };
    enter_in(core, active, None, code)
}

/// Enters for a poll of `task`, in the life `active` that continues.
#[inline(always)]
pub(super) fn enter_in<T>(core: &mut Box<Core>, active: Life, task: Option<TaskId>, code: impl FnOnce() -> T) -> T {
    core.kernel.tasks.current = task;
    core.kernel.tasks.active_life = active;
    let guard = EnterGuard::new(core);
    let result = code();
    drop(guard);
    core.kernel.tasks.current = None;
    core.kernel.tasks.active_life = Life::NONE;
    result
}

/// Swaps the core back when dropped, also on a panic.
struct EnterGuard<'a> {
    core: &'a mut Box<Core>,
}

impl<'a> EnterGuard<'a> {
    #[inline]
    fn new(core: &'a mut Box<Core>) -> Self {
        swap(core);
        Self { core }
    }
}

impl Drop for EnterGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        swap(self.core);
    }
}

#[inline(always)]
fn swap(core: &mut Box<Core>) {
    let mut access = Access::begin().expect("no simulation is entered during an access");
    std::mem::swap(access.core(), core);
}

/// Accesses the simulation entered in this thread; an empty one outside of any.
///
/// # Panics
/// If called reentrantly: user code that the simulation calls, such as a `Serialize`, must not use a node's handles.
#[inline]
pub fn entered<T>(access: impl FnOnce(&mut Core) -> T) -> T {
    match Access::begin() {
        Some(mut begun) => access(begun.core()),
        None => panic!(
            "a node's handle is used by code that the simulation calls, such as a `Serialize`, `Clone` or `Drop` of a message"
        ),
    }
}

/// Accesses it like [`entered`]; `None` if called reentrantly or while the thread ends.
#[inline]
pub fn try_entered<T>(access: impl FnOnce(&mut Core) -> T) -> Option<T> {
    Access::begin().map(|mut begun| access(begun.core()))
}

/// Whether code of a simulated node runs in this thread.
pub fn is_entered() -> bool {
    try_entered(|core| core.kernel.tasks.mailbox.is_some()).unwrap_or(true)
}

/// The run id of a core without async nodes.
pub(super) const NO_RUN: u64 = u64::MAX;

/// One life of a node of one simulation, held by every handle of node code.
///
/// Two words, since handles check it at every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// The slot of the run's inbox, and the first generation of its tasks.
    run: u64,
    /// Node and incarnation.
    node_and_incarnation: u64,
}

impl Life {
    /// Returns the present life of a node.
    ///
    /// # Panics
    /// If the simulation has no async nodes.
    pub fn of(core: &Core, node: NodeId) -> Self {
        assert!(core.kernel.tasks.is_used(), "a simulation with async nodes has an inbox");
        Self::in_kernel(&core.kernel, node)
    }

    /// Returns the present life of a node.
    pub(super) fn in_kernel(kernel: &Kernel, node: NodeId) -> Self {
        let incarnation = kernel.incarnation(node);
        Self { run: kernel.tasks.run, node_and_incarnation: u64::from(node.0) << 32 | u64::from(incarnation.0) }
    }

    /// Matches no life.
    pub(super) const NONE: Self = Self { run: NO_RUN, node_and_incarnation: u64::MAX };

    /// Returns the slot of the run's inbox.
    #[inline(always)]
    pub(super) const fn slot(self) -> u16 {
        (self.run >> 32) as u16
    }

    /// Returns the node.
    #[inline]
    pub fn node(self) -> NodeId {
        NodeId((self.node_and_incarnation >> 32) as u32)
    }

    /// Returns the incarnation.
    #[inline]
    pub fn incarnation(self) -> Incarnation {
        Incarnation(self.node_and_incarnation as u32)
    }

    #[inline]
    fn is_of(self, core: &Core) -> bool {
        core.kernel.tasks.run == self.run
    }

    /// Whether this life continues in the simulation of `core`.
    #[inline(always)]
    pub fn goes_on(self, core: &Core) -> bool {
        core.kernel.tasks.active_life == self || self.goes_on_elsewhere(core)
    }

    /// Whether this life continues while code of another one runs.
    #[inline(never)]
    fn goes_on_elsewhere(self, core: &Core) -> bool {
        self.is_of(core) && core.kernel.lives(self.node(), self.incarnation())
    }

    /// Accesses the simulation of this life, even after the life has ended.
    ///
    /// Returns `None` only while a panic unwinds.
    ///
    /// # Panics
    /// If no code of this simulation's nodes runs now.
    #[inline]
    #[track_caller]
    pub fn read<T>(self, access: impl FnOnce(&mut Core) -> T) -> Option<T> {
        let seen = entered(|core| self.is_of(core).then(|| access(core)));
        if seen.is_none() {
            self.panic_outside();
        }
        seen
    }

    /// Acts in this life; `None` once it has ended, since handles of a crashed node are inert.
    ///
    /// # Panics
    /// If no code of this simulation's nodes runs now, for instance in a test between two steps: no clock is defined there.
    #[inline]
    #[track_caller]
    pub fn act<T>(self, act: impl FnOnce(&mut Core) -> T) -> Option<T> {
        let done = entered(|core| self.goes_on(core).then(|| act(core)));
        if done.is_none() {
            self.check_inside();
        }
        done
    }

    /// Panics as [`act`](Self::act) does, if the life has not just ended.
    #[cold]
    #[track_caller]
    fn check_inside(self) {
        if !entered(|core| self.is_of(core)) {
            self.panic_outside();
        }
    }

    #[cold]
    #[track_caller]
    fn panic_outside(self) {
        if !is_unwinding() {
            panic!(
                "a handle of {} is used outside the steps of its simulation; reach into the node with `Sim::with_node` instead",
                self.node()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_core_goes_with_its_thread() {
        drop(EmptyCore::make());
        assert!(ManuallyDrop::into_inner(ENTERED.take()).is_none());
    }
}
