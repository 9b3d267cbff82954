//! A child process, as its parent sees it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::line::{self, Line, VERSION};
use super::{Call, ChildError, ChildExit, FromChild};
use crate::clock::now;

/// Messages queued for the parent.
const MESSAGES_QUEUED: usize = 64;
/// Lines kept of each pipe.
const OUTPUT_LINES: usize = 12;
/// Interval at which a waiting parent asks whether to go on.
const TICK: Duration = Duration::from_millis(50);
/// Time for a process to end after it closed its pipes, and for its pipes to close after it ended.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// The last lines of a pipe.
type Tail = Arc<Mutex<VecDeque<String>>>;

/// A child process that sends messages of type `M`; dropping it kills the process.
pub(crate) struct ChildProcess<M> {
    process: Child,
    orders: ChildStdin,
    lines: Receiver<Line<FromChild<M>>>,
    stdout: Tail,
    stderr: Tail,
}

impl<M: DeserializeOwned + Send + 'static> ChildProcess<M> {
    /// Starts a process, and waits until it reaches the call.
    ///
    /// Returns nothing once `goes_on`, which is asked every 50 ms, returns false.
    ///
    /// # Errors
    /// If the process cannot be started, ends, reaches another call, or sends nothing for `timeout`.
    pub(crate) fn start(
        mut command: Command,
        call: &Call,
        timeout: Duration,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Option<Self>, ChildError> {
        let started = format!("{command:?}");
        // The last lines are quoted; a backtrace would push out the rest.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // An interrupt at the terminal must reach the parent only, whose end closes the pipes.
            command.process_group(0);
        }
        let spawned = command.spawn();
        let mut process =
            spawned.map_err(|error| ChildError::NotStarted { command: started.clone(), reason: error.to_string() })?;
        let (sender, lines) = sync_channel(MESSAGES_QUEUED);
        let (stdout, stderr) = (Tail::default(), Tail::default());
        // Both readers hold a sender: the channel closes when both pipes are closed.
        read_messages(process.stdout.take().expect("it is a pipe"), sender.clone(), Arc::clone(&stdout));
        read_output(process.stderr.take().expect("it is a pipe"), sender, Arc::clone(&stderr));
        let orders = process.stdin.take().expect("it is a pipe");
        let mut child = Self { process, orders, lines, stdout, stderr };
        match child.next(timeout, goes_on) {
            Ok(None) => Ok(None),
            Ok(Some(FromChild::Reached(found))) if found == *call => Ok(Some(child)),
            Ok(Some(FromChild::Reached(found))) => {
                Err(ChildError::OtherCall { expected: call.to_string(), found: found.to_string() })
            }
            Ok(Some(_)) => Err(ChildError::Garbled { message: "work before it came to its call".to_owned() }),
            Err(ChildError::Exited { exit, output } | ChildError::CutOff { exit, output, .. }) => {
                Err(ChildError::NeverReached { command: started, exit, output })
            }
            Err(error) => Err(error),
        }
    }

    /// Sends an order. If the process is gone, the next `recv` shows it.
    pub(crate) fn send(&mut self, order: &impl Serialize) {
        let _ = line::write(&mut self.orders, order);
    }

    /// Waits for the next message of its work; a sign of life, as any message, restarts the timeout.
    ///
    /// Returns nothing once `goes_on`, which is asked every 50 ms, returns false.
    ///
    /// # Errors
    /// If the process ended, panicked outside of a run, sent what the protocol does not allow, or nothing for `timeout`.
    pub(crate) fn recv(&mut self, timeout: Duration, goes_on: &dyn Fn() -> bool) -> Result<Option<M>, ChildError> {
        loop {
            match self.next(timeout, goes_on)? {
                None => return Ok(None),
                Some(FromChild::Sent(message)) => return Ok(Some(message)),
                Some(FromChild::Alive) => {}
                Some(FromChild::Panicked(message)) => return Err(ChildError::Panicked { message }),
                Some(FromChild::Reached(call)) => return Err(ChildError::Garbled { message: format!("it reached {call} again") }),
            }
        }
    }

    fn next(&mut self, timeout: Duration, goes_on: &dyn Fn() -> bool) -> Result<Option<FromChild<M>>, ChildError> {
        let began = now();
        let mut ended_at = None;
        loop {
            let left = timeout.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left.min(TICK)) {
                Ok(Line::Message(message)) => return Ok(Some(message)),
                Ok(Line::OtherVersion(found)) => return Err(ChildError::OtherVersion { expected: VERSION, found }),
                Ok(Line::Garbled(message)) => return Err(ChildError::Garbled { message }),
                Ok(Line::CutOff(message)) => {
                    // The other pipe closes too, after its last lines.
                    let _ = self.lines.recv_timeout(END_TIMEOUT);
                    let (exit, output) = (self.exit(), self.output());
                    return Err(ChildError::CutOff { exit, message, output });
                }
                Ok(Line::Output(_)) => unreachable!("readers keep output to themselves"),
                Err(RecvTimeoutError::Disconnected) => return Err(self.exited()),
                Err(RecvTimeoutError::Timeout) if !goes_on() => return Ok(None),
                // It may have started a process of its own, which keeps the pipes open.
                Err(RecvTimeoutError::Timeout) if matches!(self.process.try_wait(), Ok(Some(_))) => {
                    if ended_at.get_or_insert_with(now).elapsed() >= END_TIMEOUT {
                        return Err(self.exited());
                    }
                }
                Err(RecvTimeoutError::Timeout) if began.elapsed() < timeout => {}
                Err(RecvTimeoutError::Timeout) => return Err(ChildError::Silent { timeout, output: self.output() }),
            }
        }
    }

    fn exited(&mut self) -> ChildError {
        let exit = self.exit();
        ChildError::Exited { exit, output: self.output() }
    }

    /// Waits until the process has ended, and kills it if it goes on without its pipes.
    fn exit(&mut self) -> ChildExit {
        let began = now();
        loop {
            match self.process.try_wait() {
                Ok(Some(status)) => return ChildExit::of(status),
                Ok(None) if began.elapsed() < END_TIMEOUT => thread::park_timeout(TICK / 10),
                Ok(None) => {
                    let _ = self.process.kill();
                    return ChildExit::Killed { after: END_TIMEOUT };
                }
                Err(error) => return ChildExit::Unknown(error.to_string()),
            }
        }
    }

    /// The last lines of its standard error.
    pub(crate) fn stderr_tail(&self) -> Vec<String> {
        self.stderr.lock().iter().cloned().collect()
    }

    /// The last lines of both pipes, each on a line of its own.
    fn output(&self) -> String {
        let tails = [&self.stdout, &self.stderr];
        let lines = tails.map(|tail| tail.lock().clone());
        lines.iter().flatten().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
    }
}

impl<M> Drop for ChildProcess<M> {
    fn drop(&mut self) {
        // Both fail only if the process is already gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Calls `take` with each line of a pipe, with its newline, until the pipe closes or it returns false.
fn read_lines(pipe: impl Read + Send + 'static, mut take: impl FnMut(&[u8]) -> bool + Send + 'static) {
    thread::spawn(move || {
        let (mut pipe, mut bytes) = (BufReader::new(pipe), Vec::new());
        while pipe.read_until(b'\n', &mut bytes).is_ok_and(|length| length > 0) {
            if !take(&bytes) {
                return;
            }
            bytes.clear();
        }
    });
}

/// Sends the messages of a pipe, and keeps the last of its other lines.
fn read_messages<M: DeserializeOwned + Send + 'static>(
    pipe: impl Read + Send + 'static,
    messages: SyncSender<Line<FromChild<M>>>,
    tail: Tail,
) {
    read_lines(pipe, move |bytes| match Line::read(bytes) {
        Line::Output(text) => {
            keep(&tail, text);
            true
        }
        line => messages.send(line).is_ok(),
    });
}

/// Keeps the last lines of a pipe, and the channel open until it closes.
fn read_output<M: Send + 'static>(pipe: impl Read + Send + 'static, open: SyncSender<Line<FromChild<M>>>, tail: Tail) {
    read_lines(pipe, move |bytes| {
        let _open = &open;
        keep(&tail, String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned());
        true
    });
}

fn keep(tail: &Tail, line: String) {
    if line.trim().is_empty() {
        return;
    }
    let mut tail = tail.lock();
    if tail.len() == OUTPUT_LINES {
        tail.pop_front();
    }
    tail.push_back(line);
}
