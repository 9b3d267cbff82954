//! The second run in a process of its own: the same executable, started to make the same call.
//!
//! It reads orders from its standard input and says words on its standard output, each on a line that begins with a mark; all other lines
//! are the program's own, and are quoted should it come to a bad end.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::DeterminismError;
use super::protocol::{Call, Disconnected, Listener, ProducerHandle, ProducerMessage, VerifierOrder};
use crate::campaign::reexec::{VARIABLE, arguments};
use crate::report::OtherRun;

/// What begins a line that carries a word or an order.
const MARK: &str = "cluster-sim twice: ";
/// How many words may wait for the side that compares.
const WORDS: usize = 8;
/// How many of the lines that a process printed are quoted.
const QUOTED: usize = 12;

type WorkerOutput = Result<ProducerMessage, DeterminismError>;
type Printed = Arc<Mutex<VecDeque<String>>>;

/// A run in another process, which is ended when this is dropped.
pub(super) struct ProducerProcess {
    process: Child,
    orders: ChildStdin,
    words: Receiver<WorkerOutput>,
    printed: Printed,
    command: String,
    patience: Duration,
    /// It came to the call.
    reached: bool,
}

impl ProducerProcess {
    /// Starts this executable again, so that its thread of that name makes the call of that number, and waits until it comes to it.
    pub(super) fn start(thread: &str, number: u64, call: &Call, patience: Duration) -> Result<Self, DeterminismError> {
        let not_started =
            |error: std::io::Error| DeterminismError::NotStarted { elsewhere: OtherRun::OtherProcess, reason: error.to_string() };
        let executable = std::env::current_exe().map_err(not_started)?;
        let mut command = Command::new(executable);
        command.args(arguments(thread)).env(VARIABLE, number.to_string());
        // What it says last is quoted, and a backtrace would crowd out the rest.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(not_started)?;
        let (words_in, words) = sync_channel(WORDS);
        let printed = Printed::default();
        // Both hold a sender: when it can say no more and print no more, it is over.
        if let Some(stdout) = process.stdout.take() {
            listen(stdout, words_in.clone(), Arc::clone(&printed));
        }
        if let Some(stderr) = process.stderr.take() {
            listen(stderr, words_in, Arc::clone(&printed));
        }
        let orders = process.stdin.take().expect("its standard input is a pipe");
        let command = format!("{command:?}");
        let mut started = Self { process, orders, words, printed, command, patience, reached: false };
        match started.hear()? {
            ProducerMessage::CoveragePoint(found) if found == *call => started.reached = true,
            ProducerMessage::CoveragePoint(found) => {
                return Err(DeterminismError::OtherCall { expected: call.to_string(), found: found.to_string() });
            }
            word => return Err(DeterminismError::garbled(&word)),
        }
        Ok(started)
    }

    /// How a process that can say no more came to its end.
    fn ended(&mut self) -> DeterminismError {
        let status = self.process.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = self.said();
        if self.reached {
            DeterminismError::BrokeOff { elsewhere: OtherRun::OtherProcess, reason: status, said }
        } else {
            DeterminismError::NeverReached { command: self.command.clone(), status, said }
        }
    }

    fn said(&self) -> String {
        let lines = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
    }
}

impl ProducerHandle for ProducerProcess {
    fn hear(&mut self) -> WorkerOutput {
        match self.words.recv_timeout(self.patience) {
            Ok(Ok(ProducerMessage::Panicked(reason))) => {
                Err(DeterminismError::BrokeOff { elsewhere: OtherRun::OtherProcess, reason, said: String::new() })
            }
            Ok(heard) => heard,
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => {
                Err(DeterminismError::Silent { elsewhere: OtherRun::OtherProcess, patience: self.patience, said: self.said() })
            }
        }
    }

    fn ask(&mut self, order: VerifierOrder) {
        // If the process is gone, the next word is missing.
        let _ = write_line(&mut self.orders, &order);
    }

    fn finish(mut self) -> Result<(), DeterminismError> {
        match self.hear() {
            Ok(word) => Err(DeterminismError::garbled(&word)),
            Err(DeterminismError::BrokeOff { .. }) if self.process.wait().is_ok_and(|status| status.success()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn leave(self) {}

    fn explain(self, error: DeterminismError) -> DeterminismError {
        error
    }
}

impl Drop for ProducerProcess {
    fn drop(&mut self) {
        // Neither can fail but for a process that is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads what a process prints: words go to whoever compares, the last other lines are kept.
fn listen(pipe: impl Read + Send + 'static, words: SyncSender<WorkerOutput>, printed: Printed) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            if let Some(text) = line.strip_prefix(MARK) {
                let word = serde_json::from_str(text).map_err(|_| DeterminismError::Garbled { word: text.to_owned() });
                if words.send(word).is_err() {
                    return;
                }
            } else if !line.trim().is_empty() {
                let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
                if printed.len() == QUOTED {
                    printed.pop_front();
                }
                printed.push_back(line.into_owned());
            }
        }
    });
}

/// Writes something on a line of its own, whatever was printed before it without an end of line.
fn write_line(pipe: &mut impl Write, what: &impl serde::Serialize) -> std::io::Result<()> {
    let text = serde_json::to_string(what).expect("words and orders are plain data");
    pipe.write_all(format!("\n{MARK}{text}\n").as_bytes())?;
    pipe.flush()
}

/// The process that started this one.
pub(super) struct ParentProcess;

impl Listener for ParentProcess {
    fn say(&mut self, word: ProducerMessage) -> Result<(), Disconnected> {
        write_line(&mut std::io::stdout().lock(), &word).map_err(|_| Disconnected)
    }

    fn wait(&mut self) -> Result<VerifierOrder, Disconnected> {
        let mut line = String::new();
        loop {
            line.clear();
            match std::io::stdin().lock().read_line(&mut line) {
                Ok(0) | Err(_) => return Err(Disconnected),
                Ok(_) => {}
            }
            if let Some(text) = line.strip_prefix(MARK) {
                return serde_json::from_str(text).map_err(|_| Disconnected);
            }
        }
    }
}
