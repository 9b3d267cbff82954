//! The names of the model, and the numbers that decide about it.

use std::collections::{BTreeMap, BTreeSet};

/// Numbers of a test, from its own seed.
#[derive(Debug, Clone)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// Names in the cache and on the medium.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) current: BTreeMap<String, usize>,
    pub(crate) durable: BTreeMap<String, usize>,
    /// Those that changed since the last sync. One that failed counts.
    pub(crate) dirty: BTreeSet<String>,
}

impl Names {
    pub(crate) fn set(&mut self, name: &str, inode: Option<usize>) {
        set(&mut self.current, name, inode);
        self.dirty.insert(name.to_owned());
    }

    pub(crate) fn sync(&mut self) {
        for name in std::mem::take(&mut self.dirty) {
            set(&mut self.durable, &name, self.current.get(&name).copied());
        }
    }

    pub(crate) fn crash(&mut self, numbers: &mut Numbers) {
        for name in std::mem::take(&mut self.dirty) {
            if numbers.below(2) == 0 {
                set(&mut self.durable, &name, self.current.get(&name).copied());
            }
        }
        self.current.clone_from(&self.durable);
    }
}

fn set(names: &mut BTreeMap<String, usize>, name: &str, inode: Option<usize>) {
    match inode {
        Some(inode) => drop(names.insert(name.to_owned(), inode)),
        None => drop(names.remove(name)),
    }
}
