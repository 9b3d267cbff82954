//! Async nodes: the executor that runs them, what they can do, and what happens to them.

mod foreign;
mod lives;
mod order;
mod ports;
mod select;
mod sleeps;
mod stalls;
mod tasks;
mod telling;
mod torture;
mod traps;

use std::sync::{Arc, Mutex};

use cluster_sim::prelude::*;
use cluster_sim::{RecordKind, VirtualInstant};

/// What node code and its drops wrote down, in order.
#[derive(Debug, Default)]
pub(crate) struct Log<T = String>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Log<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn write(&self, entry: impl Into<T>) {
        self.0.lock().expect("no writer panicked").push(entry.into());
    }

    /// What was written since it was last read.
    pub(crate) fn read(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().expect("no writer panicked"))
    }
}

/// Writes its name down when it is dropped.
pub(crate) struct Noted(pub(crate) &'static str, pub(crate) Log);

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.write(self.0);
    }
}

/// Hands out a value once, to whichever boot comes first.
pub(crate) struct Once<T>(Mutex<Option<T>>);

impl<T> Once<T> {
    pub(crate) fn new(value: T) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(value))))
    }

    pub(crate) fn take(&self) -> T {
        self.0.lock().expect("no taker panicked").take().expect("it is taken once")
    }
}

/// A scenario of `count` nodes that start at zero.
pub(crate) fn nodes<F: Future<Output = ()> + 'static>(count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Scenario {
    Scenario::new("executor").nodes("n", count, main).start_together()
}

pub(crate) fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The instant so many milliseconds after the start.
pub(crate) fn at(count: u64) -> VirtualInstant {
    VirtualInstant::ZERO + milliseconds(count)
}

/// How many records of that kind were kept.
pub(crate) fn count(sim: &Sim, kind: RecordKind) -> usize {
    sim.records().iter().filter(|record| record.kind == kind).count()
}
