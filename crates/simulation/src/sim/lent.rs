//! [`Lent`]: an observer of a run that its owner takes back afterwards.

use std::cell::RefCell;
use std::rc::Rc;

use cluster_sim_runtime::Record;
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::{RunObserver, Sim};
use crate::report::Report;

/// An observer shared by a run and by its owner, who does not hold the run.
///
/// Once taken back it observes nothing more, and has left.
#[derive(Debug)]
pub struct Lent<F>(Rc<RefCell<Option<F>>>);

impl<F> Lent<F> {
    /// Makes an observer ready to be lent.
    pub fn new(observer: F) -> Self {
        Self(Rc::new(RefCell::new(Some(observer))))
    }

    /// Takes the observer back.
    ///
    /// # Panics
    /// If it was taken back before.
    pub fn take(&self) -> F {
        self.0.borrow_mut().take().expect("an observer is taken back once")
    }

    fn with(&self, notify: impl FnOnce(&mut F)) {
        if let Some(observer) = &mut *self.0.borrow_mut() {
            notify(observer);
        }
    }
}

impl<F> Clone for Lent<F> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<F: RunObserver> RunObserver for Lent<F> {
    fn joins(&mut self, sim: &mut Sim) {
        self.with(|observer| observer.joins(sim));
    }

    fn event(&mut self, record: Record) {
        self.with(|observer| observer.event(record));
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.with(|observer| observer.fact(at, node, fact));
    }

    fn viewed(&mut self, node: NodeId, sim: &Sim) {
        self.with(|observer| observer.viewed(node, sim));
    }

    fn recovers(&mut self, at: VirtualInstant) {
        self.with(|observer| observer.recovers(at));
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.with(|observer| observer.stepped(sim));
    }

    fn ended(&mut self, sim: &mut Sim, report: &Report) {
        self.with(|observer| observer.ended(sim, report));
    }

    fn has_left(&self) -> bool {
        self.0.borrow().as_ref().is_none_or(RunObserver::has_left)
    }
}
