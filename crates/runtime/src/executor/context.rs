//! The simulation whose code runs now, for the handles of node code to find.

use std::cell::RefCell;

use cluster_sim_types::{Incarnation, NodeId};

use super::task::TaskId;
use super::thread::is_unwinding;
use crate::engine::{Arena, Budget, Core};
use crate::random::{Seed, SeedSchedule};

thread_local! {
    /// The core of the simulation whose code runs in this thread now, and outside of any an empty one.
    ///
    /// No run can learn from it of another: it is put in before code of a node runs, and taken out again after, also by a panic.
    static ENTERED: RefCell<Box<Core>> = RefCell::new(Box::new(Core::new(SeedSchedule::new(Seed(0)), Budget::default(), Arena::default())));
}

/// Runs code of a node, with the simulation entered: its handles find the clock, the queue and the network.
///
/// Simulations nest: code of one may step another one.
pub fn enter<T>(core: &mut Box<Core>, node: NodeId, code: impl FnOnce() -> T) -> T {
    enter_as(core, node, None, code)
}

/// The same for a poll of `task`.
#[inline]
pub(super) fn enter_as<T>(core: &mut Box<Core>, node: NodeId, task: Option<TaskId>, code: impl FnOnce() -> T) -> T {
    let life = Life::of(core, node);
    core.kernel.tasks.current = task;
    core.kernel.tasks.acting = if core.kernel.lives(node, life.incarnation()) { life } else { Life::NONE };
    let inside = Inside::new(core);
    let result = code();
    drop(inside);
    core.kernel.tasks.current = None;
    core.kernel.tasks.acting = Life::NONE;
    result
}

/// Puts the core back into its place, also when the code panics.
struct Inside<'a> {
    place: &'a mut Box<Core>,
}

impl<'a> Inside<'a> {
    #[inline]
    fn new(place: &'a mut Box<Core>) -> Self {
        ENTERED.with_borrow_mut(|entered| std::mem::swap(entered, place));
        Self { place }
    }
}

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        ENTERED.with_borrow_mut(|entered| std::mem::swap(entered, self.place));
    }
}

/// Looks at the simulation that is entered in this thread; an empty one outside of any.
///
/// # Panics
/// If called from within itself: code of the user's that the simulation calls, such as a `Serialize`, may not use a node's handles.
#[inline]
pub fn entered<T>(look: impl FnOnce(&mut Core) -> T) -> T {
    ENTERED.with(|entered| match entered.try_borrow_mut() {
        Ok(mut core) => look(&mut core),
        Err(_) => panic!(
            "a node's handle is used by code that the simulation calls, such as a `Serialize`, `Clone` or `Drop` of a message"
        ),
    })
}

/// The same where that may be impossible: within itself, or while the thread ends.
#[inline]
pub fn try_entered<T>(look: impl FnOnce(&mut Core) -> T) -> Option<T> {
    ENTERED.try_with(|entered| entered.try_borrow_mut().ok().map(|mut core| look(&mut core))).ok()?
}

/// Whether code of a simulated node runs in this thread now.
pub fn is_entered() -> bool {
    try_entered(|core| core.kernel.tasks.mailbox.is_some()).unwrap_or(true)
}

/// The run of a core without async nodes.
pub(super) const NO_RUN: u64 = u64::MAX;

/// One life of a node of one simulation: what a handle of node code holds.
///
/// Two words, since handles ask for it at every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// The inbox of the run, and the first generation of its tasks.
    run: u64,
    /// Node and incarnation.
    being: u64,
}

impl Life {
    /// The present life of a node.
    ///
    /// # Panics
    /// If no async node was ever declared in that simulation.
    pub fn of(core: &Core, node: NodeId) -> Self {
        assert!(core.kernel.tasks.is_used(), "a simulation with async nodes has an inbox");
        let incarnation = core.kernel.incarnation(node);
        Self { run: core.kernel.tasks.run, being: u64::from(node.0) << 32 | u64::from(incarnation.0) }
    }

    /// No life of any node.
    pub(super) const NONE: Self = Self { run: NO_RUN, being: u64::MAX };

    /// The node.
    #[inline]
    pub fn node(self) -> NodeId {
        NodeId((self.being >> 32) as u32)
    }

    /// Which life of it.
    #[inline]
    pub fn incarnation(self) -> Incarnation {
        Incarnation(self.being as u32)
    }

    #[inline]
    fn is_of(self, core: &Core) -> bool {
        core.kernel.tasks.run == self.run
    }

    /// Whether this life goes on, in the simulation of this core.
    #[inline]
    pub fn goes_on(self, core: &Core) -> bool {
        core.kernel.tasks.acting == self || self.is_of(core) && core.kernel.lives(self.node(), self.incarnation())
    }

    /// Looks at the simulation of this life, also when the life is over. Nothing while a panic of the test's own goes through.
    ///
    /// # Panics
    /// If no code of this simulation's nodes runs now.
    #[inline]
    #[track_caller]
    pub fn read<T>(self, look: impl FnOnce(&mut Core) -> T) -> Option<T> {
        let seen = entered(|core| self.is_of(core).then(|| look(core)));
        if seen.is_none() {
            self.refuse();
        }
        seen
    }

    /// Does something in this life. Nothing is done once it is over: the handles of a crashed node are inert.
    ///
    /// # Panics
    /// If no code of this simulation's nodes runs now, for instance in a test between two steps: there is no clock to go by there.
    #[inline]
    #[track_caller]
    pub fn act<T>(self, act: impl FnOnce(&mut Core) -> T) -> Option<T> {
        let done = entered(|core| if self.goes_on(core) { Some(Some(act(core))) } else { self.is_of(core).then_some(None) });
        match done {
            Some(done) => done,
            None => {
                self.refuse();
                None
            }
        }
    }

    #[cold]
    #[track_caller]
    fn refuse(self) {
        if !is_unwinding() {
            panic!(
                "a handle of {} is used outside the steps of its simulation; reach into the node with `Sim::with_node` instead",
                self.node()
            );
        }
    }
}
