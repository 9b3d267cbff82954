//! The parts that all benches share: cells, command line, timing and output.

pub(crate) mod arguments;
pub(crate) mod cells;
pub(crate) mod clock;
pub(crate) mod digests;
pub(crate) mod measurement;
