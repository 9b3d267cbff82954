//! A worker process, as the supervisor sees it.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::protocol::{MARK, WorkerMessage, WorkerOrder, write_line};
use crate::campaign::DeterminismError;

/// Messages queued for the supervisor.
const MESSAGES_QUEUED: usize = 64;
/// Lines kept of a worker's standard error.
const STDERR_LINES: usize = 12;

type StderrLines = Arc<Mutex<VecDeque<String>>>;

/// Output of a worker process.
pub(super) enum WorkerOutput {
    Message(WorkerMessage),
    /// No message within the timeout.
    TimedOut,
    /// The process ended, or closed its pipes.
    Exited(io::Result<ExitStatus>),
}

/// A worker process; dropping it kills the process.
pub(super) struct WorkerProcess {
    process: Child,
    orders: ChildStdin,
    messages: Receiver<Result<WorkerMessage, DeterminismError>>,
    stderr_lines: StderrLines,
}

impl WorkerProcess {
    /// Starts a worker.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        // The last lines are quoted; a backtrace would push out the rest.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // An interrupt at the terminal must reach the supervisor only, which ends its workers itself.
            command.process_group(0);
        }
        let mut process = command.spawn()?;
        let (sender, messages) = sync_channel(MESSAGES_QUEUED);
        let stderr_lines = StderrLines::default();
        // Both readers hold a sender: the channel closes when both pipes are closed.
        if let Some(stdout) = process.stdout.take() {
            read_messages(stdout, sender.clone());
        }
        if let Some(stderr) = process.stderr.take() {
            read_stderr(stderr, sender, Arc::clone(&stderr_lines));
        }
        let orders = process.stdin.take().expect("its standard input is a pipe");
        Ok(Self { process, orders, messages, stderr_lines })
    }

    /// Sends seeds to run. If the process is gone, the next `recv` shows it.
    pub(super) fn send_order(&mut self, seeds: &Range<u64>) {
        let _ = write_line(&mut self.orders, &WorkerOrder { from: seeds.start, to: seeds.end });
    }

    /// Waits for the next output.
    ///
    /// # Errors
    /// If the message is not one of the protocol's.
    pub(super) fn recv(&mut self, timeout: Duration) -> Result<WorkerOutput, DeterminismError> {
        match self.messages.recv_timeout(timeout) {
            Ok(message) => message.map(WorkerOutput::Message),
            Err(RecvTimeoutError::Timeout) => Ok(WorkerOutput::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Ok(WorkerOutput::Exited(self.process.wait())),
        }
    }

    /// The last lines of its standard error.
    pub(super) fn stderr_tail(&self) -> Vec<String> {
        self.stderr_lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // Both fail only if the process is already gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lines of a pipe that are not blank.
fn lines(pipe: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).filter(|line| !line.trim().is_empty())
}

fn read_messages(pipe: impl Read + Send + 'static, messages: SyncSender<Result<WorkerMessage, DeterminismError>>) {
    thread::spawn(move || {
        for line in lines(pipe) {
            if let Some(text) = line.strip_prefix(MARK) {
                let message = serde_json::from_str(text).map_err(|_| DeterminismError::Garbled { message: text.to_owned() });
                if messages.send(message).is_err() {
                    return;
                }
            }
        }
    });
}

fn read_stderr(
    pipe: impl Read + Send + 'static,
    messages: SyncSender<Result<WorkerMessage, DeterminismError>>,
    stderr_lines: StderrLines,
) {
    thread::spawn(move || {
        // Keeps the channel open until the pipe closes.
        let _open = messages;
        for line in lines(pipe) {
            let mut stderr_lines = stderr_lines.lock().unwrap_or_else(PoisonError::into_inner);
            if stderr_lines.len() == STDERR_LINES {
                stderr_lines.pop_front();
            }
            stderr_lines.push_back(line);
        }
    });
}
