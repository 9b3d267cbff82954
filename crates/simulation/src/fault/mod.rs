//! Faults as data, by family; plans of them, and profiles from which a seed draws a plan.
//!
//! | file | content |
//! |---|---|
//! | `network.rs`, `link.rs`, `domain.rs`, `node/`, `clock/`, `disk/`, `object_store/`, `process/` | a family of faults: all that is particular to its kinds |
//! | `cut.rs`, `turns.rs` | cuts in force, which cuts and flaps share; restarts of nodes one after the other |
//! | `family.rs` | the trait of a family: names, text, effect, end, what minimization tries |
//! | `families.rs` | a fault of any family while a run applies and ends it |
//! | `json.rs`, `objects_only.rs` | one form in JSON for all families; structs as objects only |
//! | `names.rs` | the nodes that faults may name, by their names and those of their regions, shards and groups |
//! | `plan.rs` | a timed list of faults, and what is refused in it |
//! | `claim.rs`, `fault_domain.rs` | the faults that a system claims to survive |
//! | `profile_file.rs` | a profile as JSON |
//! | `profile.rs`, `kinds.rs`, `swarm.rs`, `draw.rs`, `limit/` | the plan that a seed draws |
//!
//! The text of a fault is its sentence in the table of `event/sentence.rs`.

mod claim;
mod clock;
mod cut;
mod disk;
mod domain;
mod draw;
mod error;
mod families;
mod family;
mod fault_domain;
mod json;
mod kinds;
mod limit;
mod link;
mod names;
mod network;
mod node;
mod object_store;
mod objects_only;
mod plan;
mod process;
mod profile;
mod profile_file;
mod swarm;
mod turns;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub use claim::Claim;
pub(crate) use claim::Failure;
pub use clock::{ClockFault, Clocks};
pub use disk::DiskFault;
pub use domain::DomainFault;
pub(crate) use draw::Target;
pub use error::PlanError;
pub(crate) use families::{InForce, Resolved};
pub use family::SpanKind;
pub(crate) use family::{Applied, Declared, on_both_sides};
pub use fault_domain::FaultDomain;
pub use kinds::FaultKind;
pub use link::LinkFault;
pub(crate) use names::NodeNames;
pub use network::NetworkFault;
pub use node::NodeFault;
pub use object_store::{ObjectRequests, ObjectStoreFault};
pub use plan::{AfterStep, FaultPlan, ScheduledFault};
pub use process::ProcessFault;
pub(crate) use profile::CompiledProfile;
pub use profile::FaultProfile;
pub use profile_file::InvalidProfile;

use crate::event::fault_sentence;
use family::{Family, Kind};

/// A fault of any family. Names nodes as the scenario declares them, by group and index: `edge/1`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Fault {
    /// Of links: cuts, loss, other models.
    Network(NetworkFault),
    /// Of links and what they carry: impaired, held, reset.
    Link(LinkFault),
    /// Of a node.
    Node(NodeFault),
    /// Of several nodes as one event, such as all nodes of a zone.
    Domain(DomainFault),
    /// Of the clocks and timers of a node.
    Clock(ClockFault),
    /// Of the disk of a node.
    Disk(DiskFault),
    /// Of the process on a node.
    Process(ProcessFault),
    /// Of an object store.
    ObjectStore(ObjectStoreFault),
}

/// Calls the family of a fault.
macro_rules! of_family {
    ($fault:expr, $family:ident => $call:expr) => {
        match $fault {
            Fault::Network($family) => $call,
            Fault::Link($family) => $call,
            Fault::Node($family) => $call,
            Fault::Domain($family) => $call,
            Fault::Clock($family) => $call,
            Fault::Disk($family) => $call,
            Fault::Process($family) => $call,
            Fault::ObjectStore($family) => $call,
        }
    };
}

impl Fault {
    fn common(&self) -> Kind {
        of_family!(self, fault => fault.kind())
    }

    /// Name of the kind, such as `crash`.
    pub fn kind(&self) -> &'static str {
        self.common().name
    }

    /// How long it lasts; absent if it has no end of its own.
    pub fn duration(&self) -> Option<Duration> {
        of_family!(self, fault => fault.duration())
    }

    /// Its duration, to change it.
    pub fn duration_mut(&mut self) -> Option<&mut Duration> {
        of_family!(self, fault => fault.duration_mut())
    }

    /// Describes an effect of that size: `36 messages dropped`, `applied`, `no effect`; `count` writes a number.
    pub(crate) fn effect_text(&self, effect: u64, count: impl Fn(u64) -> String) -> String {
        match (effect, self.common().counts) {
            (0, _) => "no effect".to_owned(),
            (1, Some([one, _])) => format!("1 {one}"),
            (many, Some([_, unit])) => format!("{} {unit}", count(many)),
            (_, None) => "applied".to_owned(),
        }
    }

    /// The span that recordings show while it is in force; absent for a fault that is over at once.
    pub fn span(&self) -> Option<SpanKind> {
        self.common().span
    }

    /// Nodes that it names, with repetitions; those of the second side of a cut apart.
    pub fn sides(&self) -> [&[String]; 2] {
        of_family!(self, fault => fault.sides())
    }

    /// Nodes that it names, with repetitions.
    pub fn nodes(&self) -> Vec<&str> {
        self.sides().into_iter().flatten().map(String::as_str).collect()
    }

    /// Class of links that it names.
    pub fn links(&self) -> Option<&str> {
        of_family!(self, fault => fault.links())
    }

    /// Whether it lets a disk lose or change what it promised, without an error.
    pub(crate) fn damages_disk(&self) -> bool {
        matches!(self, Self::Disk(fault) if fault.damages())
    }

    /// Whether it crashes its node at a moment of its code, until when it waits; it ends there.
    pub(crate) fn waits_to_crash(&self) -> bool {
        let of_process =
            |fault: &ProcessFault| matches!(fault, ProcessFault::PoisonMessage { .. } | ProcessFault::CrashInIo { .. });
        match self {
            Self::Node(NodeFault::CrashAt { .. }) => true,
            Self::Process(fault) => of_process(fault),
            _ => false,
        }
    }

    /// Lists of nodes that may be made smaller, but not empty.
    pub fn targets_mut(&mut self) -> Vec<&mut Vec<String>> {
        of_family!(self, fault => fault.targets_mut())
    }

    /// Faults of the same nodes and links that do less.
    pub fn simpler(&self) -> Vec<Self> {
        of_family!(self, fault => fault.simpler().into_iter().map(Self::from).collect())
    }

    /// Whether it ends an earlier fault of the plan that has no end of its own, as a restart ends a crash.
    pub fn ends(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Network(fault), Self::Network(earlier)) => fault.ends(earlier),
            (Self::Link(fault), Self::Link(earlier)) => fault.ends(earlier),
            (Self::Node(fault), Self::Node(earlier)) => fault.ends(earlier),
            (Self::Domain(fault), Self::Domain(earlier)) => fault.ends(earlier),
            (Self::Clock(fault), Self::Clock(earlier)) => fault.ends(earlier),
            (Self::Disk(fault), Self::Disk(earlier)) => fault.ends(earlier),
            (Self::Process(fault), Self::Process(earlier)) => fault.ends(earlier),
            (Self::ObjectStore(fault), Self::ObjectStore(earlier)) => fault.ends(earlier),
            _ => false,
        }
    }

    /// Replaces names by numbers; `index` is its position in the plan.
    pub(crate) fn resolve(&self, index: usize, names: Declared<'_>) -> Result<Resolved, PlanError> {
        let names = Declared { index, kind: self.kind(), ..names };
        Ok(match self {
            Self::Network(fault) => Resolved::Network(fault.resolve(&names)?),
            Self::Link(fault) => Resolved::Link(fault.resolve(&names)?),
            Self::Node(fault) => Resolved::Node(fault.resolve(&names)?),
            Self::Domain(fault) => Resolved::Domain(fault.resolve(&names)?),
            Self::Clock(fault) => Resolved::Clock(fault.resolve(&names)?),
            Self::Disk(fault) => Resolved::Disk(fault.resolve(&names)?),
            Self::Process(fault) => Resolved::Process(fault.resolve(&names)?),
            Self::ObjectStore(fault) => Resolved::ObjectStore(fault.resolve(&names)?),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = of_family!(self, fault => fault.parts());
        formatter.write_str(&fault_sentence(self.kind(), &parts, self.duration()))
    }
}

#[cfg(test)]
mod tests;
