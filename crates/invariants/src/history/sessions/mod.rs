//! Session guarantees: each client sees its own past, whatever others see.

mod by_value;
mod by_version;
mod guarantee;
#[cfg(test)]
mod tests;

pub use by_value::ValueSessions;
pub use by_version::{SessionOp, Sessions};
pub use guarantee::SessionGuarantee;
