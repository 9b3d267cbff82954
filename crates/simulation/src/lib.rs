//! One simulated run: scenarios, faults, the run itself, its report and its recording.
//!
//! Users name `cluster-sim`, which re-exports what they need of this crate.
//!
//! | module | contents |
//! |---|---|
//! | `event`, `decision` | what happens in a run, and the choices that made it happen, as data; the sentences of both |
//! | `known_names` | the known names in an error about an unknown one |
//! | `fault` | faults, plans of them, and profiles from which a seed draws a plan |
//! | `report` | the report of a run as data, text and signature |
//! | `definition` | what a scenario declares, as data |
//! | `sim` | builds a run from a definition and takes its steps |
//! | `recording` | a run from start to end as data |
//! | `scenario` | [`Scenario`], which fills in a definition and starts runs of it |
//! | `profile` | [`Profile`]: what took the time of a run |
//! | `cluster` | [`SimulatedCluster`]: regions and shards over one run |
//!
//! A module imports only from those above it in this list. [`driver`] and [`text`] are what the crates that repeat and show runs
//! need beyond the public API.

mod cluster;
mod decision;
mod definition;
#[doc(hidden)]
pub mod driver;
mod event;
mod fault;
mod known_names;
mod profile;
mod recording;
mod report;
mod scenario;
mod sim;
#[doc(hidden)]
pub mod text;

pub use cluster::{ClusterBuilder, ClusterError, NotConverged, SimulatedCluster};
pub use decision::Decision;
pub use definition::{RestartPolicy, ScenarioError, Trigger};
pub use event::{EventKind, EventMessage, Key, Sent, TaskEnd};
pub use fault::{
    AfterStep, Claim, ClockFault, Clocks, DiskFault, DomainFault, Fault, FaultDomain, FaultKind, FaultPlan, FaultProfile,
    InvalidProfile, LinkFault, NetworkFault, NodeFault, ObjectRequests, ObjectStoreFault, PlanError, ProcessFault, ScheduledFault,
    SpanKind,
};
pub use profile::{Profile, ProfilePart, ProfileSubject};
pub use recording::{Event, LeftOut, NodeView, Recording, Span};
pub use report::{
    AssumptionExceeded, CheckKind, CheckReport, CheckWork, Difference, DifferingEvent, Divergence, DivergenceKind, FailureSummary,
    FaultLine, FaultRecord, Finding, NodeRestart, OtherRun, Outcome, PanicFinding, PanicSite, Report,
};
pub use scenario::{Domain, Scenario, ScenarioSize};
pub use sim::{CallError, MessageHold, Sim};
