//! A process that works, as whoever leads it sees it.

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

/// How many words may wait.
const MESSAGES_QUEUED: usize = 64;
/// How many of the lines that a process printed to its standard error are kept.
const STDERR_LINES: usize = 12;

type StderrLines = Arc<Mutex<VecDeque<String>>>;

/// What is heard of a process.
pub(super) enum WorkerOutput {
    Message(WorkerMessage),
    /// Nothing for so long.
    TimedOut,
    /// It ended, or can say no more, which comes to the same.
    Exited(io::Result<ExitStatus>),
}

/// A process that works, which is ended when this is dropped.
pub(super) struct WorkerProcess {
    process: Child,
    orders: ChildStdin,
    messages: Receiver<Result<WorkerMessage, DeterminismError>>,
    stderr_lines: StderrLines,
}

impl WorkerProcess {
    /// Starts one.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        // What it says last is quoted, and a backtrace would crowd out the rest.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // An interrupt at the terminal is for whoever leads alone; it ends this process in its own time.
            command.process_group(0);
        }
        let mut process = command.spawn()?;
        let (sender, messages) = sync_channel(MESSAGES_QUEUED);
        let stderr_lines = StderrLines::default();
        // Both hold a sender: when it can say no more and print no more, it is over.
        if let Some(stdout) = process.stdout.take() {
            read_messages(stdout, sender.clone());
        }
        if let Some(stderr) = process.stderr.take() {
            read_stderr(stderr, sender, Arc::clone(&stderr_lines));
        }
        let orders = process.stdin.take().expect("its standard input is a pipe");
        Ok(Self { process, orders, messages, stderr_lines })
    }

    /// Gives it seeds to run. Whether it is left to do so shows when it is listened to.
    pub(super) fn send_order(&mut self, seeds: &Range<u64>) {
        let _ = write_line(&mut self.orders, &WorkerOrder { from: seeds.start, to: seeds.end });
    }

    /// Waits for what it says next.
    ///
    /// # Errors
    /// If it says what it cannot say.
    pub(super) fn recv(&mut self, timeout: Duration) -> Result<WorkerOutput, DeterminismError> {
        match self.messages.recv_timeout(timeout) {
            Ok(message) => message.map(WorkerOutput::Message),
            Err(RecvTimeoutError::Timeout) => Ok(WorkerOutput::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Ok(WorkerOutput::Exited(self.process.wait())),
        }
    }

    /// The last lines that it printed to its standard error.
    pub(super) fn stderr_tail(&self) -> Vec<String> {
        self.stderr_lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // Neither can fail but for a process that is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lines that come out of a pipe, without those that are empty.
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
        // Held to the end of the lines, and then dropped.
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
