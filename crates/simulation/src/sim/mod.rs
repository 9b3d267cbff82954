//! [`Sim`]: one live run.
//!
//! The definition of a scenario and a seed make a run ([`build`]). In the fault phase the [`run_loop`] takes one
//! event per turn: heals dropped guards, steps a node or applies one of the [`faults`], runs the [`checks`] over what changed,
//! and stops at a violation, a panic or a spent budget. Tests act through [`control`].
//!
//! [`finish`] ends the fault phase: planned faults are no longer applied, cuts heal, loss rules end, links get their declared
//! models, paused nodes resume, and all but the killed restart. In the recovery phase the run goes on until every `eventually`
//! check has held for `stable_for` and every client ([`clients`]) has returned, or until `recovery_timeout` is spent; what is
//! still pending is then a violation. Without `eventually` checks and clients there is no recovery phase. The result is a
//! [`Report`].
//!
//! A panic in node code or in a check is a finding that names the node or the check, and the place in the code. Tokio runtimes
//! around a test are out of reach of nodes ([`hidden_runtime`]). Panics in closures of a test, such as that
//! of [`Sim::inspect`], go through to the caller.

mod build;
mod checks;
mod claims;
mod clients;
mod control;
mod decisions;
mod exhausted;
mod failpoints;
mod faults;
mod finish;
mod hidden_runtime;
mod hold;
mod lent;
mod names;
mod observer;
mod operation_times;
mod restarts;
mod run_loop;
mod script;
mod slot;
mod triggers;
mod world;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::OperationLog;
use cluster_sim_runtime::{Digest, Engine, Record};
use cluster_sim_transport::{Control, FateRecord, Network, Service};
use cluster_sim_types::{NodeId, VirtualInstant};

pub(crate) use build::{Source, validate};
use checks::LiveChecks;
use claims::LiveClaims;
use clients::Clients;
pub use control::CallError;
pub use decisions::DecisionLog;
use faults::FaultState;
use hidden_runtime::HiddenRuntime;
pub use hidden_runtime::outside_of_runtimes;
pub use hold::MessageHold;
pub use lent::Lent;
pub use observer::RunObserver;
pub use operation_times::{BegunOperation, OperationTimes};
use restarts::Restarts;
pub use run_loop::message_of;
pub(crate) use script::Script;
pub use slot::ReportSlot;
use triggers::LiveTriggers;

use crate::definition::{Arenas, Definition};
use crate::fault::NodeNames;
use crate::report::Report;

/// One live run of a scenario, to be stepped and disturbed from a test.
///
/// A value without shared state: any number of them may run in one thread or in many. [`finish`](Self::finish) ends it and
/// returns the [`Report`]. After a finding or a spent budget [`is_over`](Self::is_over) is true, and every further action has no
/// effect and leaves no record.
#[must_use = "a run that is not finished says nothing: call `finish`"]
pub struct Sim {
    definition: Arc<Definition>,
    /// Takes the memory of the run when it ends.
    arenas: Arc<Arenas>,
    /// The numbers of the nodes by their names.
    nodes: Arc<NodeNames>,
    /// Drives the fault phase, in place of its duration.
    script: Option<Script>,
    engine: Engine,
    /// Where dropped guards of partitions ask to be healed.
    control: Arc<Control>,
    /// End of the virtual time budget.
    end: VirtualInstant,
    /// Where the clock stops at the latest: at the end, or at a fault that waits for a step.
    stop_at: VirtualInstant,
    checks: LiveChecks,
    faults: FaultState,
    triggers: LiveTriggers,
    claims: LiveClaims,
    /// Whether checks are followed by more: an observer, triggers, or faults that wait for a step.
    is_followed: bool,
    restarts: Restarts,
    clients: Clients,
    /// The operations that clients began.
    operations: Arc<OperationLog>,
    report: Report,
    /// Receives everything that happens, if set.
    observer: Option<Box<dyn RunObserver>>,
    /// Where the report is left for one who does not hold the run.
    slot: Option<ReportSlot>,
    /// Made when nodes first run inside of a tokio runtime.
    hidden: Option<Rc<HiddenRuntime>>,
    /// A finding or a spent budget ended the run; no further step is taken.
    over: bool,
}

impl Sim {
    /// The present virtual instant.
    pub fn now(&self) -> VirtualInstant {
        self.engine.core.kernel.now()
    }

    /// Length of the fault phase, as the scenario declares it.
    pub fn duration(&self) -> Duration {
        self.definition.duration
    }

    /// Running hash of all events so far.
    pub fn digest(&self) -> Digest {
        self.engine.core.kernel.digest()
    }

    /// Whether a finding or a spent budget ended the run; [`finish`](Self::finish) reports which.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Finds a node by its declared name, as in `edge/1`.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.node(name)
    }

    /// The nodes of a region, zone, rack, shard or group.
    ///
    /// Named as in `region:us-east`, `zone:a`, `rack:a/1`, `shard:0` or `group:store`. `None` if there is none of that name. Nodes of groups that were placed in the region are part of it.
    pub fn nodes_named(&self, name: &str) -> Option<&[NodeId]> {
        self.nodes.set(name)
    }

    fn network(&self) -> &Network {
        self.engine.core.devices.find()
    }

    /// Records the fate of every message from now on, to compare runs. Memory grows with every message.
    pub fn keep_fates(&mut self) {
        self.engine.core.devices.find_mut::<Network>().fabric.keep_fates();
    }

    /// Fates recorded so far, in the order in which they were decided.
    pub fn fates(&self) -> &[FateRecord] {
        self.network().fabric.fates(Service::Datagram)
    }

    /// Fates of all segments of sessions since [`keep_fates`](Self::keep_fates), in order of decision.
    pub fn session_fates(&self) -> &[FateRecord] {
        self.network().fabric.fates(Service::Session)
    }

    /// Records every event from now on, to compare runs. Memory grows with every event.
    ///
    /// If fates are recorded from the same instant on, the n-th fate is that of the n-th record of a send.
    pub fn keep_records(&mut self) {
        self.engine.core.kernel.keep_records();
    }

    /// Events recorded so far, in order; [`digest`](Self::digest) is their hash if recorded from the start.
    pub fn records(&self) -> &[Record] {
        self.engine.core.kernel.records()
    }
}
