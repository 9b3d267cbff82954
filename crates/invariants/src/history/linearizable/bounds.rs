//! What a check may spend.

/// What a check may spend before it answers that it cannot decide.
///
/// The search is exponential in the worst case: whether a history is linearizable is NP-complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Steps of the model, over all objects.
    pub steps: u64,
    /// Bytes for what the search of one object remembers, as an estimate.
    pub memory: usize,
}

impl Default for Bounds {
    /// A hundred million steps and 512 MiB: some ten seconds of one core.
    fn default() -> Self {
        Self { steps: 100_000_000, memory: 512 << 20 }
    }
}

/// A bound that was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    Steps,
    Memory,
}

/// What is left of the bounds.
#[derive(Debug)]
pub(super) struct Budget {
    bounds: Bounds,
    steps: u64,
    memory: usize,
}

impl Budget {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, steps: 0, memory: 0 }
    }

    pub(super) fn take_step(&mut self) -> Result<(), Spent> {
        self.steps += 1;
        if self.steps > self.bounds.steps { Err(Spent::Steps) } else { Ok(()) }
    }

    pub(super) fn take_memory(&mut self, bytes: usize) -> Result<(), Spent> {
        self.memory += bytes;
        if self.memory > self.bounds.memory { Err(Spent::Memory) } else { Ok(()) }
    }

    /// Gives the memory back at the end of a search.
    pub(super) fn free_memory(&mut self) {
        self.memory = 0;
    }
}
