//! The promises of the queue as rules: the six invariants of the contract.
//!
//! They keep a ledger of their own, by the facts of clients at the moment of each acknowledgement, and compare it with what brokers
//! apply, what consumers read, and what lies on disks and in the object store. Each takes constant time for a record.
//!
//! | rule | id |
//! |---|---|
//! | [`NoAckedLoss`] | I1 |
//! | [`DenseOffsets`] | I2 |
//! | [`WholeReads`] | I3 |
//! | [`GroupsAdvance`] | I4 |
//! | [`converged`] | I5 |
//! | [`TrimmedIsShipped`] | I6, L7 |
//! | [`LinearManifest`] | L9, L10 |

mod acked;
mod converge;
mod dense;
mod groups;
mod linear;
mod reads;
mod trimmed;

pub use acked::NoAckedLoss;
pub use converge::converged;
pub use dense::DenseOffsets;
pub use groups::GroupsAdvance;
pub use linear::LinearManifest;
pub use reads::WholeReads;
pub use trimmed::TrimmedIsShipped;
