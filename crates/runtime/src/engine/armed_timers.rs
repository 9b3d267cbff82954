//! The timers that a host has set, by its own name for each.

use std::time::Duration;

use cluster_sim_types::NodeId;
use rustc_hash::FxHashMap;

use super::kernel::Kernel;
use super::timers::TimerSlot;

/// The timers that a host set and that are not due yet, by token.
///
/// Most hosts have a few, which a list finds fastest; beyond `LISTED_MAX` a table takes over, so that a host
/// with 10,000 timers pays for one as a host with ten does.
#[derive(Debug, Default)]
pub struct ArmedTimers {
    listed: Vec<(u64, TimerSlot)>,
    /// All timers, once there were too many for the list.
    table: Option<Box<FxHashMap<u64, TimerSlot>>>,
}

impl ArmedTimers {
    /// The largest number of timers in the list.
    const LISTED_MAX: usize = 8;

    /// Sets the timer `token` of `node`, or moves it if it is set.
    #[inline]
    pub fn set(&mut self, kernel: &mut Kernel, node: NodeId, token: u64, after: Duration) {
        match self.find(token) {
            Some(slot) => kernel.rearm(slot, after),
            None => {
                let slot = kernel.set_timer(node, token, after);
                self.insert(token, slot);
            }
        }
    }

    /// Cancels the timer `token`, if it is set.
    #[inline]
    pub fn cancel(&mut self, kernel: &mut Kernel, token: u64) {
        if let Some(slot) = self.remove(token) {
            kernel.cancel_timer(slot);
        }
    }

    /// Removes the timer `token`, which came due, and returns its slot.
    #[inline]
    pub fn remove(&mut self, token: u64) -> Option<TimerSlot> {
        if let Some(table) = &mut self.table {
            return table.remove(&token);
        }
        let index = self.position(token)?;
        Some(self.listed.swap_remove(index).1)
    }

    #[inline]
    fn position(&self, token: u64) -> Option<usize> {
        self.listed.iter().position(|(listed, _)| *listed == token)
    }

    #[inline]
    fn find(&self, token: u64) -> Option<TimerSlot> {
        match &self.table {
            Some(table) => table.get(&token).copied(),
            None => self.position(token).map(|index| self.listed[index].1),
        }
    }

    /// Adds a timer that is not set.
    #[inline]
    fn insert(&mut self, token: u64, slot: TimerSlot) {
        if self.table.is_none() && self.listed.len() < Self::LISTED_MAX {
            self.listed.push((token, slot));
        } else {
            self.insert_in_table(token, slot);
        }
    }

    #[inline(never)]
    fn insert_in_table(&mut self, token: u64, slot: TimerSlot) {
        let listed = &mut self.listed;
        let table = self.table.get_or_insert_with(|| Box::new(listed.drain(..).collect()));
        table.insert(token, slot);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::engine::Arena;
    use crate::engine::Budget;
    use crate::random::{Seed, SeedSchedule};

    #[derive(Debug, Clone, Copy)]
    enum Operation {
        Set(u64),
        Cancel(u64),
        Remove(u64),
    }

    fn operations() -> impl Strategy<Value = Vec<Operation>> {
        let token = 0..40_u64;
        let operation = prop_oneof![
            3 => token.clone().prop_map(Operation::Set),
            1 => token.clone().prop_map(Operation::Cancel),
            1 => token.prop_map(Operation::Remove),
        ];
        prop::collection::vec(operation, 0..200)
    }

    proptest! {
        #[test]
        fn list_and_table_hold_the_timers_that_are_set(operations in operations()) {
            let mut kernel = Kernel::new(SeedSchedule::new(Seed(1)), Budget::default(), Arena::default());
            let node = kernel.add_node("node".into());
            let mut timers = ArmedTimers::default();
            let mut model: BTreeMap<u64, TimerSlot> = BTreeMap::new();
            for operation in operations {
                match operation {
                    Operation::Set(token) => {
                        timers.set(&mut kernel, node, token, Duration::from_secs(1));
                        let slot = timers.find(token).expect("a timer that was set is found");
                        prop_assert_eq!(*model.entry(token).or_insert(slot), slot, "setting a set timer moves it");
                    }
                    Operation::Cancel(token) => {
                        timers.cancel(&mut kernel, token);
                        model.remove(&token);
                    }
                    Operation::Remove(token) => prop_assert_eq!(timers.remove(token), model.remove(&token)),
                }
                prop_assert!((0..40).all(|token| timers.find(token) == model.get(&token).copied()));
                prop_assert!(timers.listed.len() <= ArmedTimers::LISTED_MAX);
            }
        }
    }
}
