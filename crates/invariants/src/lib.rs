//! Checks: invariants, verdicts, and the read-only world that they inspect.
//!
//! An [`Invariant`] observes the changes of each step and inspects the [`World`]; it returns a [`Verdict`].
//!
//! This crate does not depend on the simulator. A [`World`] reads anything that is [`Observed`], so the code that checks a
//! simulation also checks a recording from production. A check cannot change what it inspects: the types give it shared access
//! only.

mod aim;
mod cycle_picture;
mod disk;
mod evidence_table;
pub mod history;
mod history_picture;
mod invariant;
mod objects;
mod observed;
mod reads;
mod verdict;
mod views;
mod world;

pub use cluster_sim_types::{
    CallFact, CallLogs, Change, Fact, FileChange, Health, Incarnation, NodeId, SeenFiles, Traffic, VirtualInstant,
};
pub use disk::DiskView;
pub use evidence_table::EvidenceTable;
pub use history::{History, HistoryError, Model, Process};
pub use invariant::Invariant;
pub use objects::ObjectsView;
pub use observed::Observed;
pub use reads::{Reads, Touched};
pub use verdict::{Evidence, IntoVerdict, Verdict, Violation};
pub use views::Views;
pub use world::World;
