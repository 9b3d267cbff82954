//! The producer in another process: this executable, started to make the same call.
//!
//! Orders come on standard input, messages go to standard output, each on a line that starts with [`MARK`]. All other lines
//! belong to the program; the last of them are quoted in errors.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use cluster_sim_simulation::OtherRun;

use super::DeterminismError;
use super::protocol::{Call, Disconnected, ProducerHandle, ProducerMessage, VerifierHandle, VerifierOrder};
use crate::campaign::reexec::{VARIABLE, arguments};

/// Start of a line that carries a message or an order.
const MARK: &str = "cluster-sim determinism: ";
/// Messages queued for the verifier.
const MESSAGES_QUEUED: usize = 8;
/// Output lines kept for errors.
const OUTPUT_LINES: usize = 12;

type Received = Result<ProducerMessage, DeterminismError>;
type OutputLines = Arc<Mutex<VecDeque<String>>>;

/// A producer in another process; dropping it kills the process.
pub(super) struct ProducerProcess {
    process: Child,
    orders: ChildStdin,
    messages: Receiver<Received>,
    output_lines: OutputLines,
    command: String,
    step_timeout: Duration,
    /// Whether it reached the call.
    is_reached: bool,
}

impl ProducerProcess {
    /// Starts this executable so that its thread `thread` makes call `number`, and waits until it does.
    pub(super) fn start(thread: &str, number: u64, call: &Call, step_timeout: Duration) -> Result<Self, DeterminismError> {
        let not_started =
            |error: std::io::Error| DeterminismError::NotStarted { other_run: OtherRun::OtherProcess, reason: error.to_string() };
        let executable = std::env::current_exe().map_err(not_started)?;
        let mut command = Command::new(executable);
        command.args(arguments(thread)).env(VARIABLE, number.to_string());
        // The last lines are quoted; a backtrace would push out the rest.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(not_started)?;
        let (sender, messages) = sync_channel(MESSAGES_QUEUED);
        let output_lines = OutputLines::default();
        // Both readers hold a sender: the channel closes when both pipes are closed.
        if let Some(stdout) = process.stdout.take() {
            read_lines(stdout, sender.clone(), Arc::clone(&output_lines));
        }
        if let Some(stderr) = process.stderr.take() {
            read_lines(stderr, sender, Arc::clone(&output_lines));
        }
        let orders = process.stdin.take().expect("its standard input is a pipe");
        let command = format!("{command:?}");
        let mut started = Self { process, orders, messages, output_lines, command, step_timeout, is_reached: false };
        match started.recv()? {
            ProducerMessage::Reached(found) if found == *call => started.is_reached = true,
            ProducerMessage::Reached(found) => {
                return Err(DeterminismError::OtherCall { expected: call.to_string(), found: found.to_string() });
            }
            message => return Err(DeterminismError::garbled(&message)),
        }
        Ok(started)
    }

    /// The error for a process whose pipes are closed.
    fn ended(&mut self) -> DeterminismError {
        let status = self.process.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let output = self.output();
        if self.is_reached {
            DeterminismError::BrokeOff { other_run: OtherRun::OtherProcess, reason: status, output }
        } else {
            DeterminismError::NeverReached { command: self.command.clone(), status, output }
        }
    }

    fn output(&self) -> String {
        let lines = self.output_lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
    }
}

impl ProducerHandle for ProducerProcess {
    fn recv(&mut self) -> Received {
        match self.messages.recv_timeout(self.step_timeout) {
            Ok(Ok(ProducerMessage::Panicked(reason))) => {
                Err(DeterminismError::BrokeOff { other_run: OtherRun::OtherProcess, reason, output: String::new() })
            }
            Ok(received) => received,
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => Err(DeterminismError::Silent {
                other_run: OtherRun::OtherProcess,
                timeout: self.step_timeout,
                output: self.output(),
            }),
        }
    }

    fn request(&mut self, order: VerifierOrder) {
        // If the process is gone, the next message is missing.
        let _ = write_line(&mut self.orders, &order);
    }

    fn join(mut self) -> Result<(), DeterminismError> {
        match self.recv() {
            Ok(message) => Err(DeterminismError::garbled(&message)),
            Err(DeterminismError::BrokeOff { .. }) if self.process.wait().is_ok_and(|status| status.success()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn abandon(self) {}

    fn explain(self, error: DeterminismError) -> DeterminismError {
        error
    }
}

impl Drop for ProducerProcess {
    fn drop(&mut self) {
        // Both fail only if the process is already gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends the messages of a pipe to the verifier, and keeps its last other lines.
fn read_lines(pipe: impl Read + Send + 'static, messages: SyncSender<Received>, output_lines: OutputLines) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            if let Some(text) = line.strip_prefix(MARK) {
                let message = serde_json::from_str(text).map_err(|_| DeterminismError::Garbled { message: text.to_owned() });
                if messages.send(message).is_err() {
                    return;
                }
            } else if !line.trim().is_empty() {
                let mut output_lines = output_lines.lock().unwrap_or_else(PoisonError::into_inner);
                if output_lines.len() == OUTPUT_LINES {
                    output_lines.pop_front();
                }
                output_lines.push_back(line.into_owned());
            }
        }
    });
}

/// Writes a message on a line of its own, even after output without a newline.
fn write_line(pipe: &mut impl Write, message: &impl serde::Serialize) -> std::io::Result<()> {
    let text = serde_json::to_string(message).expect("words and orders are plain data");
    pipe.write_all(format!("\n{MARK}{text}\n").as_bytes())?;
    pipe.flush()
}

/// The process that started this one.
pub(super) struct ParentProcess;

impl VerifierHandle for ParentProcess {
    fn send(&mut self, message: ProducerMessage) -> Result<(), Disconnected> {
        write_line(&mut std::io::stdout().lock(), &message).map_err(|_| Disconnected)
    }

    fn recv_order(&mut self) -> Result<VerifierOrder, Disconnected> {
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
