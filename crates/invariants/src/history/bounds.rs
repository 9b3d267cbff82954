//! Limits of what a check spends.

/// Limits after which a check answers that it cannot decide.
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
pub(crate) enum Spent {
    Steps,
    Memory,
}

impl Spent {
    /// Says which bound was spent, and the cure.
    pub(crate) fn reason(self, bounds: Bounds) -> String {
        match self {
            Self::Steps => format!("{} steps of the model were not enough: raise `Bounds::steps`", bounds.steps),
            Self::Memory => format!("{} bytes were not enough: raise `Bounds::memory`, or split the objects by key", bounds.memory),
        }
    }
}

/// The part of the bounds that is left.
#[derive(Debug)]
pub(crate) struct Budget {
    bounds: Bounds,
    steps: u64,
    memory: usize,
}

impl Budget {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, steps: 0, memory: 0 }
    }

    pub(crate) fn steps_taken(&self) -> u64 {
        self.steps
    }

    pub(crate) fn take_step(&mut self) -> Result<(), Spent> {
        self.steps += 1;
        if self.steps > self.bounds.steps { Err(Spent::Steps) } else { Ok(()) }
    }

    pub(crate) fn take_memory(&mut self, bytes: usize) -> Result<(), Spent> {
        self.memory += bytes;
        if self.memory > self.bounds.memory { Err(Spent::Memory) } else { Ok(()) }
    }

    /// Gives the memory back at the end of a search.
    pub(crate) fn free_memory(&mut self) {
        self.memory = 0;
    }
}
