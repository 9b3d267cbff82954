//! The producer in a fresh thread of this process.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use cluster_sim_runtime::Seed;
use cluster_sim_simulation::driver::message_of;

use super::DeterminismError;
use super::producer::Producer;
use super::protocol::{Disconnected, ProducerHandle, ProducerMessage, VerifierHandle, VerifierOrder};
use crate::runner::Runner;
use crate::trial::Trial;

/// Messages queued for the verifier.
const MESSAGES_QUEUED: usize = 8;
/// That of most main threads, and four times the default of a Rust thread.
const STACK_BYTES: usize = 8 << 20;

/// A producer in a fresh thread.
pub(super) struct ProducerThread {
    messages: Receiver<ProducerMessage>,
    orders: Sender<VerifierOrder>,
    /// Never carries a message; disconnects when the thread ends.
    working: Receiver<()>,
    thread: JoinHandle<()>,
    step_timeout: Duration,
}

impl ProducerThread {
    /// Starts the run; sending nothing for the step timeout is an error.
    pub(super) fn start(runner: Runner, seed: Seed) -> Result<Self, DeterminismError> {
        let step_timeout = runner.step_timeout();
        let (messages_in, messages) = sync_channel(MESSAGES_QUEUED);
        let (orders, orders_out) = channel();
        let (working_in, working) = channel::<()>();
        let work = move || {
            let _working = working_in;
            let verifier = ThreadVerifier { messages: messages_in, orders: orders_out };
            let (_, _report) = runner.run_observed(Trial::new(seed), Producer::new(verifier, step_timeout));
        };
        let thread = Builder::new().name("cluster-sim determinism".to_owned()).stack_size(STACK_BYTES).spawn(work);
        let thread = thread.map_err(|error| DeterminismError::NotStarted { reason: error.to_string() })?;
        Ok(Self { messages, orders, working, thread, step_timeout })
    }
}

impl ProducerHandle for ProducerThread {
    fn recv(&mut self) -> Result<ProducerMessage, DeterminismError> {
        self.messages.recv_timeout(self.step_timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => silent(self.step_timeout),
            // The reason is known once the thread has ended.
            RecvTimeoutError::Disconnected => broke_off(String::new()),
        })
    }

    fn request(&mut self, order: VerifierOrder) {
        // If the thread is gone, the next message is missing.
        let _ = self.orders.send(order);
    }

    fn join(self) -> Result<(), DeterminismError> {
        let Self { messages, orders, working, thread, step_timeout } = self;
        drop((messages, orders));
        match working.recv_timeout(step_timeout) {
            // The thread is left behind.
            Err(RecvTimeoutError::Timeout) => Err(silent(step_timeout)),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => thread.join().map_err(|panic| broke_off(message_of(&*panic))),
        }
    }

    fn abandon(self) {
        // The two runs differ, so the end of the other one does not matter.
        let _ = self.join();
    }

    fn explain(self, error: DeterminismError) -> DeterminismError {
        match error {
            DeterminismError::BrokeOff { .. } => self.join().err().unwrap_or(error),
            // It was waited for long enough.
            _ => error,
        }
    }
}

fn silent(timeout: Duration) -> DeterminismError {
    DeterminismError::Silent { timeout }
}

fn broke_off(reason: String) -> DeterminismError {
    DeterminismError::BrokeOff { reason }
}

/// The verifier, as the thread sees it.
struct ThreadVerifier {
    messages: SyncSender<ProducerMessage>,
    orders: Receiver<VerifierOrder>,
}

impl VerifierHandle for ThreadVerifier {
    fn send(&mut self, message: ProducerMessage) -> Result<(), Disconnected> {
        self.messages.send(message).map_err(|_| Disconnected)
    }

    fn recv_order(&mut self) -> Result<VerifierOrder, Disconnected> {
        self.orders.recv().map_err(|_| Disconnected)
    }
}
