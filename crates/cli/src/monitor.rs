//! Beside a single run: shows how far it is, and ends the process when a signal or a limit asks for it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::UNKNOWN;
use crate::arguments::ProgressMode;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::progress::styled;
use crate::progress_lines::ProgressLines;
use crate::streams::print_stderr;

/// How often signals and limits are looked at.
const TICK: Duration = Duration::from_millis(50);

/// Watches a run. Nothing but its outputs is lost if the process ends in the middle of it: these are written after it.
pub(crate) struct Monitor<'m> {
    pub(crate) mode: ProgressMode,
    pub(crate) interrupt: &'m Interrupt,
    /// Real time that the run may take.
    pub(crate) max_time: Option<Duration>,
    /// The first words of the summary of a run that was ended: name and seed.
    pub(crate) name: String,
    /// How far the run is.
    pub(crate) position: &'m (dyn Fn() -> String + Sync),
    /// Whether stdout is for a report.
    pub(crate) stdout_is_taken: bool,
}

impl Monitor<'_> {
    /// Does `work` under this watch, or ends the process with 128 and the number of a signal, or with 4 after `max_time`.
    pub(crate) fn beside<T>(self, work: impl FnOnce() -> T) -> T {
        thread::scope(|scope| {
            // Dropping the sender ends the watch, also while unwinding.
            let (working, finished) = channel::<()>();
            scope.spawn(move || self.watch(&finished));
            let result = work();
            drop(working);
            result
        })
    }

    fn watch(&self, finished: &Receiver<()>) {
        let (mut lines, mut bar) = (ProgressLines::new(self.mode), None);
        loop {
            lines.show(|| format!("{}: {}", self.name, (self.position)()));
            if lines.has_bar() {
                let bar = bar.get_or_insert_with(|| styled(ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"));
                bar.set_message(format!("{}: {}", self.name, (self.position)()));
                bar.tick();
            }
            if finished.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            if let Some((why, code)) = self.end(lines.elapsed()) {
                clear(bar.take());
                let text = format!("UNKNOWN  {}\n      {why} at {}; the run was not judged\n", self.name, (self.position)());
                match self.stdout_is_taken {
                    true => print_stderr(&text),
                    false => Output::default().stdout(&text),
                }
                std::process::exit(code.into())
            }
        }
        clear(bar);
    }

    /// Why the run ends now, and the exit code.
    fn end(&self, elapsed: Duration) -> Option<(String, u8)> {
        let is_late = self.max_time.filter(|max_time| elapsed >= *max_time);
        let late = is_late.map(|time| (format!("ended by --max-time {}", time.as_secs_f64()), UNKNOWN));
        self.interrupt.exit_code().map(|code| ("interrupted".to_owned(), code)).or(late)
    }
}

fn clear(bar: Option<ProgressBar>) {
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}
