//! The second run in a fresh thread of this process.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use cluster_sim_runtime::Seed;

use super::DeterminismError;
use super::producer::Producer;
use super::protocol::{Disconnected, Listener, ProducerHandle, ProducerMessage, VerifierOrder};
use crate::report::OtherRun;
use crate::scenario::Scenario;
use crate::sim::message_of;

/// How many words may wait for the side that compares.
const WORDS: usize = 8;
/// What a main thread has, and twice as much as most runs are tested with.
const STACK_BYTES: usize = 8 << 20;

/// A run in a fresh thread.
pub(super) struct ProducerThread {
    words: Receiver<ProducerMessage>,
    orders: Sender<VerifierOrder>,
    /// Says nothing; cut off when the thread ends, however it does.
    working: Receiver<()>,
    thread: JoinHandle<()>,
    patience: Duration,
}

impl ProducerThread {
    /// Starts a run in a thread of its own; silence beyond the scenario's patience is an error.
    pub(super) fn start(scenario: Scenario, seed: Seed) -> Result<Self, DeterminismError> {
        let patience = scenario.0.step_timeout;
        let (words_in, words) = sync_channel(WORDS);
        let (orders, orders_out) = channel();
        let (working_in, working) = channel::<()>();
        let work = move || {
            let _working = working_in;
            let listener = ThreadListener { words: words_in, orders: orders_out };
            let (_, _report) = scenario.start(seed).run_observed(Producer::new(listener, patience));
        };
        let thread = Builder::new().name("cluster-sim twice".to_owned()).stack_size(STACK_BYTES).spawn(work);
        let thread =
            thread.map_err(|error| DeterminismError::NotStarted { elsewhere: OtherRun::FreshThread, reason: error.to_string() })?;
        Ok(Self { words, orders, working, thread, patience })
    }
}

impl ProducerHandle for ProducerThread {
    fn hear(&mut self) -> Result<ProducerMessage, DeterminismError> {
        self.words.recv_timeout(self.patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => silent(self.patience),
            // Why is known once the thread has ended.
            RecvTimeoutError::Disconnected => broke_off(String::new()),
        })
    }

    fn ask(&mut self, order: VerifierOrder) {
        // If the thread is gone, the next word is missing.
        let _ = self.orders.send(order);
    }

    fn finish(self) -> Result<(), DeterminismError> {
        let Self { words, orders, working, thread, patience } = self;
        drop((words, orders));
        match working.recv_timeout(patience) {
            // It is left behind.
            Err(RecvTimeoutError::Timeout) => Err(silent(patience)),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => thread.join().map_err(|panic| broke_off(message_of(&*panic))),
        }
    }

    fn leave(self) {
        // The two runs differ; how the other one would have ended is nobody's concern.
        let _ = self.finish();
    }

    fn explain(self, error: DeterminismError) -> DeterminismError {
        match error {
            DeterminismError::BrokeOff { .. } => self.finish().err().unwrap_or(error),
            // It was waited for long enough.
            _ => error,
        }
    }
}

fn silent(patience: Duration) -> DeterminismError {
    DeterminismError::Silent { elsewhere: OtherRun::FreshThread, patience, said: String::new() }
}

fn broke_off(reason: String) -> DeterminismError {
    DeterminismError::BrokeOff { elsewhere: OtherRun::FreshThread, reason, said: String::new() }
}

/// The side that compares, as the thread sees it.
struct ThreadListener {
    words: SyncSender<ProducerMessage>,
    orders: Receiver<VerifierOrder>,
}

impl Listener for ThreadListener {
    fn say(&mut self, word: ProducerMessage) -> Result<(), Disconnected> {
        self.words.send(word).map_err(|_| Disconnected)
    }

    fn wait(&mut self) -> Result<VerifierOrder, Disconnected> {
        self.orders.recv().map_err(|_| Disconnected)
    }
}
