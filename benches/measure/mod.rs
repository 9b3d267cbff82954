//! What every bench does alike: which cells there are, how they are asked for, timed and shown.

pub(crate) mod arguments;
pub(crate) mod cells;
pub(crate) mod clock;
pub(crate) mod measurement;
