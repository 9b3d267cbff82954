//! The verifier: observes the run in this thread and compares it with the producer's, window by window.

use cluster_sim_runtime::Record;
use cluster_sim_simulation::driver::{MakeReport, RunObserver};
use cluster_sim_simulation::{Difference, DifferingEvent, Report, Sim};
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::DeterminismError;
use super::checkpoint::{Checkpoint, Window, WindowLog};
use super::diff;
use super::protocol::{ProducerHandle, ProducerMessage, VerifierOrder};
use crate::child::ChildError;

/// Result of the comparison.
#[derive(Debug)]
pub(super) enum Finding {
    /// The first event that differs.
    Event(DifferingEvent, Vec<Difference>),
    /// All windows are equal; these fields of the reports differ.
    Reports(Vec<Difference>),
    /// The runs could not be compared.
    Failed(DeterminismError),
}

/// Observes a run and compares it with that of a producer.
pub(super) struct Verifier<T> {
    producer: T,
    log: WindowLog,
    /// The last window agreed on, shown before a difference.
    last: Window,
    finding: Option<Finding>,
}

impl<T: ProducerHandle> Verifier<T> {
    pub(super) fn new(producer: T) -> Self {
        Self { producer, log: WindowLog::default(), last: Window::default(), finding: None }
    }

    /// Returns the producer, the result, and the number of equal entries.
    pub(super) fn into_parts(self) -> (T, Finding, u64) {
        let finding = self.finding.unwrap_or(Finding::Failed(DeterminismError::NoRun));
        (self.producer, finding, self.last.checkpoint.entries())
    }

    fn compare_windows(&mut self, sim: &mut Sim, report: Option<&Report>) {
        while let (None, Some(window)) = (&self.finding, self.log.next_window()) {
            match self.compare(&window, sim, report) {
                Ok(None) => {
                    let done = std::mem::replace(&mut self.last, window);
                    self.log.recycle(done, sim);
                }
                Ok(Some((event, differences))) => self.finding = Some(Finding::Event(event, differences)),
                Err(error) => self.finding = Some(Finding::Failed(error)),
            }
        }
    }

    fn compare(
        &mut self,
        window: &Window,
        sim: &Sim,
        report: Option<&Report>,
    ) -> Result<Option<(DifferingEvent, Vec<Difference>)>, DeterminismError> {
        if self.recv_checkpoint()? == window.checkpoint {
            self.producer.request(VerifierOrder::Agreed);
            return Ok(None);
        }
        self.producer.request(VerifierOrder::Log);
        loop {
            match self.producer.recv()? {
                ProducerMessage::Log(right) => {
                    let found = diff::find(&self.last, window, &right, sim, report);
                    return found.map(Some).ok_or_else(|| ChildError::garbled(&right).into());
                }
                // Sent before the order arrived.
                ProducerMessage::Checkpoint(_) | ProducerMessage::Alive => {}
                message => return Err(ChildError::garbled(&message).into()),
            }
        }
    }

    fn recv_checkpoint(&mut self) -> Result<Checkpoint, DeterminismError> {
        loop {
            match self.producer.recv()? {
                ProducerMessage::Checkpoint(checkpoint) => return Ok(checkpoint),
                ProducerMessage::Alive => {}
                message => return Err(ChildError::garbled(&message).into()),
            }
        }
    }

    fn compare_reports(&mut self, report: &Report) -> Finding {
        loop {
            match self.producer.recv() {
                Ok(ProducerMessage::Report(right)) => return Finding::Reports(diff::differences(&report.as_data(), &right)),
                Ok(ProducerMessage::Alive) => {}
                Ok(message) => return Finding::Failed(ChildError::garbled(&message).into()),
                Err(error) => return Finding::Failed(error),
            }
        }
    }
}

impl<T: ProducerHandle + 'static> RunObserver for Verifier<T> {
    fn event(&mut self, record: Record) {
        self.log.event(record);
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.log.fact(at, node, fact);
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.compare_windows(sim, None);
    }

    fn ended(&mut self, sim: &mut Sim, report: &Report) {
        self.log.end();
        self.compare_windows(sim, Some(report));
        if self.finding.is_none() {
            self.finding = Some(self.compare_reports(report));
        }
    }

    fn has_left(&self) -> bool {
        self.finding.is_some()
    }
}
