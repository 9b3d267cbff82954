//! Helpers that the suites in `tests/` and the examples share. Nothing outside this workspace depends on it.
//!
//! Short forms: [`units`] for durations, instants and ratios, [`links`] for link models, [`faults`] for the faults of a plan.
//! Scenarios with known behaviour: [`ledger`] replicates entries and can be given one of five flaws, [`echo`] is a closed loop of
//! clients and a server. Around nodes: [`log`] collects what node code writes down.
//! Random cases: [`arbitrary`] makes any link and any plan for proptest, [`uniform`] draws plans without a swarm.
//! Comparisons: [`equivalence`] asserts that machines and tasks send equal messages, [`panics`] reads the message of a panic.
//! Plug-ins: [`own_system`] is a system in one file, added to a registry in one line.
//! Traps: [`oddities`] counts what is odd and correct.
//! Committed reproducers: [`regressions`] lists those of planted bugs.
//!
//! Deliberately absent: anything that only one suite needs. Such helpers stand beside their tests.

pub mod arbitrary;
pub mod arbitrary_disks;
pub mod arbitrary_objects;
pub mod echo;
pub mod equivalence;
pub mod faults;
pub mod ledger;
pub mod links;
pub mod log;
pub mod oddities;
pub mod own_system;
pub mod panics;
pub mod regressions;
pub mod uniform;
pub mod units;
