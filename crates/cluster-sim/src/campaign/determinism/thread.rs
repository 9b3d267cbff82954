//! The second run in a fresh thread of this process.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use cluster_sim_runtime::Seed;

use super::TwiceError;
use super::producer::Telling;
use super::protocol::{Gone, Listener, Order, Teller, Word};
use crate::report::Elsewhere;
use crate::scenario::Scenario;
use crate::sim::message_of;

/// How many words may wait for the side that compares.
const WORDS: usize = 8;
/// What a main thread has, and twice as much as most runs are tested with.
const STACK_BYTES: usize = 8 << 20;

/// A run in a fresh thread.
pub(super) struct ThreadTeller {
    words: Receiver<Word>,
    orders: Sender<Order>,
    /// Says nothing; cut off when the thread ends, however it does.
    working: Receiver<()>,
    thread: JoinHandle<()>,
    patience: Duration,
}

impl ThreadTeller {
    /// Starts a run in a thread of its own; silence beyond the scenario's patience is an error.
    pub(super) fn start(scenario: Scenario, seed: Seed) -> Result<Self, TwiceError> {
        let patience = scenario.0.patience;
        let (words_in, words) = sync_channel(WORDS);
        let (orders, orders_out) = channel();
        let (working_in, working) = channel::<()>();
        let work = move || {
            let _working = working_in;
            let listener = ThreadListener { words: words_in, orders: orders_out };
            let (_, _report) = scenario.start(seed).run_followed(Telling::new(listener, patience));
        };
        let thread = Builder::new().name("cluster-sim twice".to_owned()).stack_size(STACK_BYTES).spawn(work);
        let thread =
            thread.map_err(|error| TwiceError::NotStarted { elsewhere: Elsewhere::FreshThread, reason: error.to_string() })?;
        Ok(Self { words, orders, working, thread, patience })
    }
}

impl Teller for ThreadTeller {
    fn hear(&mut self) -> Result<Word, TwiceError> {
        self.words.recv_timeout(self.patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => silent(self.patience),
            // Why is known once the thread has ended.
            RecvTimeoutError::Disconnected => broke_off(String::new()),
        })
    }

    fn ask(&mut self, order: Order) {
        // If the thread is gone, the next word is missing.
        let _ = self.orders.send(order);
    }

    fn finish(self) -> Result<(), TwiceError> {
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

    fn explain(self, error: TwiceError) -> TwiceError {
        match error {
            TwiceError::BrokeOff { .. } => self.finish().err().unwrap_or(error),
            // It was waited for long enough.
            _ => error,
        }
    }
}

fn silent(patience: Duration) -> TwiceError {
    TwiceError::Silent { elsewhere: Elsewhere::FreshThread, patience, said: String::new() }
}

fn broke_off(reason: String) -> TwiceError {
    TwiceError::BrokeOff { elsewhere: Elsewhere::FreshThread, reason, said: String::new() }
}

/// The side that compares, as the thread sees it.
struct ThreadListener {
    words: SyncSender<Word>,
    orders: Receiver<Order>,
}

impl Listener for ThreadListener {
    fn say(&mut self, word: Word) -> Result<(), Gone> {
        self.words.send(word).map_err(|_| Gone)
    }

    fn wait(&mut self) -> Result<Order, Gone> {
        self.orders.recv().map_err(|_| Gone)
    }
}
