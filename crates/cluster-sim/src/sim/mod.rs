//! One live run.

mod build;
mod checks;
mod clients;
mod control;
mod decisions;
mod faults;
mod finish;
mod names;
mod observer;
mod run_loop;
mod start;
mod world;

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{DeviceId, Digest, Engine, Record};
use cluster_sim_transport::{Control, FateRecord, Network};
use cluster_sim_types::{NodeId, VirtualInstant};

use checks::LiveChecks;
use clients::Clients;
pub use control::CallError;
use faults::FaultState;
pub(crate) use observer::RunObserver;
pub(crate) use run_loop::message_of;

use crate::report::Report;
use crate::scenario::Definition;

/// One live run of a scenario, steppable and disturbable by hand.
///
/// A value: two of them in one thread, or in many, know nothing of each other. [`Sim::finish`] ends it and says what it showed.
#[must_use = "a run that is not finished says nothing: call `finish`"]
pub struct Sim {
    definition: Arc<Definition>,
    engine: Engine,
    network: DeviceId,
    /// Where guards of partitions leave what they ask for.
    control: Arc<Control>,
    /// Where the budget of virtual time ends.
    end: VirtualInstant,
    checks: LiveChecks,
    faults: FaultState,
    clients: Clients,
    report: Report,
    /// Follows the run, if it is recorded or compared.
    observer: Option<Box<dyn RunObserver>>,
    /// A finding ended the run; nothing steps any more.
    over: bool,
}

impl Sim {
    /// The present instant.
    pub fn now(&self) -> VirtualInstant {
        self.engine.core.kernel.now()
    }

    /// How long things may go wrong, as the scenario says: so long a run that nobody drives by hand goes on before it is finished.
    pub fn duration(&self) -> Duration {
        self.definition.duration
    }

    /// The running hash of everything that happened so far.
    pub fn digest(&self) -> Digest {
        self.engine.core.kernel.digest()
    }

    /// Whether a finding ended the run: nothing steps any more, [`finish`](Self::finish) says why.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// The node of that declared name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        (0..self.engine.core.kernel.node_count()).map(NodeId).find(|node| &**self.engine.core.kernel.name(*node) == name)
    }

    fn network(&self) -> &Network {
        self.engine.core.devices.get(self.network)
    }

    /// Keeps every fate the network decides from here on, for comparing two runs. Memory grows with every message.
    pub fn keep_fates(&mut self) {
        self.engine.core.devices.get_mut::<Network>(self.network).keep_fates();
    }

    /// The fates kept so far, in the order in which they were decided.
    pub fn fates(&self) -> &[FateRecord] {
        self.network().fates()
    }

    /// The fates of everything that sessions put on links since [`keep_fates`](Self::keep_fates), in the order in which they were decided.
    pub fn session_fates(&self) -> &[FateRecord] {
        self.network().session_fates()
    }

    /// Keeps a record of everything that happens from here on, for comparing two runs. Memory grows with every event.
    ///
    /// Kept together with the fates, the n-th fate is that of the n-th record of a send.
    pub fn keep_records(&mut self) {
        self.engine.core.kernel.keep_records();
    }

    /// The records kept so far, in order; [`digest`](Self::digest) is their running hash if they were kept from the start.
    pub fn records(&self) -> &[Record] {
        self.engine.core.kernel.records()
    }
}
