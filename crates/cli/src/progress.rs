//! Progress of sweeps, minimizations, digests and histories on stderr.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use cluster_sim::Seed;
use cluster_sim::explore::ShrinkProgress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::arguments::ProgressMode;
use crate::progress_lines::{DELAY, ProgressLines};

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(100);

/// A count of the pieces of work that are done.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU64);

impl Progress {
    /// Adds finished pieces.
    pub(crate) fn advance(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    fn done(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Does `work` beside a bar on stderr that counts its pieces, if that is a terminal.
pub(crate) fn with_bar<T>(label: &str, pieces: u64, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    let bar = || {
        let bar = ProgressBar::new(pieces).with_message(label.to_owned());
        styled(bar, "{bar:30} {pos} of {len} {msg}, {elapsed}, {eta} to go")
    };
    beside(bar, &progress, || work(&progress))
}

/// Does `work` beside a bar on stderr that counts bytes, if that is a terminal. `label` says what happens to them.
pub(crate) fn with_bytes<T>(label: &str, bytes: u64, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    let bar = || {
        let bar = ProgressBar::new(bytes).with_message(label.to_owned());
        styled(bar, "{bar:30} {bytes} of {total_bytes} {msg}, {elapsed}, {eta} to go")
    };
    beside(bar, &progress, || work(&progress))
}

/// Does `work` of unknown length beside a sign on stderr that it goes on, if that is a terminal.
pub(crate) fn with_spinner<T>(label: &str, work: impl FnOnce() -> T) -> T {
    let bar = || styled(ProgressBar::new_spinner().with_message(label.to_owned()), "{spinner} {msg}, {elapsed}");
    beside(bar, &Progress::default(), work)
}

/// The progress of a sweep on stderr.
pub(crate) struct SweepProgress {
    lines: ProgressLines,
    bar: Option<ProgressBar>,
}

impl SweepProgress {
    pub(crate) fn new(mode: ProgressMode) -> Self {
        Self { lines: ProgressLines::new(mode), bar: None }
    }

    /// Shows the latest progress, where it is due.
    pub(crate) fn show(&mut self, progress: cluster_sim::explore::Progress) {
        let elapsed = self.lines.elapsed();
        self.lines.show(|| sweep_line(progress, elapsed));
        if !self.lines.has_bar() {
            return;
        }
        let bar = self
            .bar
            .get_or_insert_with(|| styled(ProgressBar::new(progress.seeds), "{pos} of {len} seeds {wide_bar} {msg}, {eta} to go"));
        bar.set_message(rates(progress, elapsed));
        bar.set_position(progress.done);
    }
}

impl Drop for SweepProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The progress of minimization on stderr; a bar is cleared when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct ShrinkBar {
    lines: Arc<Mutex<ProgressLines>>,
    bar: Arc<Bar>,
}

/// A bar that is cleared when this is dropped.
#[derive(Default)]
struct Bar(OnceLock<ProgressBar>);

impl ShrinkBar {
    pub(crate) fn new(mode: ProgressMode) -> Self {
        Self { lines: Arc::new(Mutex::new(ProgressLines::new(mode))), bar: Arc::default() }
    }

    /// Shows the latest progress, where it is due.
    pub(crate) fn show(&self, progress: &ShrinkProgress) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.show(|| minimization(progress));
        if !lines.has_bar() {
            return;
        }
        let bar = self.bar.0.get_or_init(|| styled(ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"));
        bar.set_message(minimization(progress));
        bar.tick();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.0.get() {
            bar.finish_and_clear();
        }
    }
}

fn minimization(progress: &ShrinkProgress) -> String {
    let decisions = progress.decisions.map_or_else(|| "all of the seed".to_owned(), |count| count.to_string());
    format!("minimizing: {} runs, faults {}, decisions {decisions}", progress.runs, progress.faults)
}

/// A seed that runs longer than this is named with its time.
const LONG: Duration = Duration::from_secs(2);

/// A line about a sweep: seeds done, the seed that runs longest, and [`rates`].
fn sweep_line(progress: cluster_sim::explore::Progress, elapsed: Duration) -> String {
    let share = 100 * progress.done / progress.seeds.max(1);
    let at = match (progress.oldest.filter(|oldest| oldest.running_for >= LONG), progress.seed) {
        (Some(oldest), _) => format!(", at seed {} for {}s", Seed(oldest.seed), oldest.running_for.as_secs()),
        (None, Some(seed)) => format!(", at seed {}", Seed(seed)),
        (None, None) => String::new(),
    };
    format!("{} of {} seeds ({share} %){at}, {}", progress.done, progress.seeds, rates(progress, elapsed))
}

/// Seeds and virtual seconds per second, and failures up to now.
fn rates(progress: cluster_sim::explore::Progress, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-3);
    let seeds = progress.done as f64 / seconds;
    let virtual_seconds = progress.virtual_time.as_secs_f64() / seconds;
    let failures = match progress.failures {
        0 => "no failure".to_owned(),
        1 => "1 failure".to_owned(),
        failures => format!("{failures} failures"),
    };
    format!("{seeds:.0} seeds/s, {virtual_seconds:.0} s/s virtual, {failures}")
}

pub(crate) fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

/// Does `work` beside a bar that appears after [`DELAY`] and is cleared at the end.
fn beside<T>(bar: impl FnOnce() -> ProgressBar + Send, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        // Dropping the sender ends the thread of the bar, also while unwinding.
        let (working, finished) = channel::<()>();
        scope.spawn(move || {
            if finished.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                let bar = bar();
                bar.enable_steady_tick(TICK);
                while finished.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    bar.set_position(progress.done());
                }
                bar.finish_and_clear();
            }
        });
        let result = work();
        drop(working);
        result
    })
}

#[cfg(test)]
mod tests {
    use cluster_sim::explore::RunningSeed;

    use super::*;

    #[test]
    fn rates_are_per_second() {
        let mut progress = cluster_sim::explore::Progress::default();
        progress.done = 500;
        progress.virtual_time = Duration::from_secs(1_000);
        progress.failures = 1;
        assert_eq!(rates(progress, Duration::from_millis(500)), "1000 seeds/s, 2000 s/s virtual, 1 failure");
        (progress.seeds, progress.seed) = (2_000, Some(42));
        let line = sweep_line(progress, Duration::from_millis(500));
        assert_eq!(line, "500 of 2000 seeds (25 %), at seed 0x2a, 1000 seeds/s, 2000 s/s virtual, 1 failure");
        progress.oldest = Some(RunningSeed { seed: 7, running_for: Duration::from_millis(1_900) });
        assert!(sweep_line(progress, Duration::from_secs(2)).contains(", at seed 0x2a, "));
        progress.oldest = Some(RunningSeed { seed: 7, running_for: Duration::from_secs(72) });
        assert!(sweep_line(progress, Duration::from_secs(80)).contains(", at seed 0x7 for 72s, "));
    }

    #[test]
    fn minimization_shows_runs_faults_and_decisions() {
        let text = |decisions| minimization(&ShrinkProgress { runs: 12, faults: 3, decisions });
        assert_eq!(text(Some(7)), "minimizing: 12 runs, faults 3, decisions 7");
        assert_eq!(text(None), "minimizing: 12 runs, faults 3, decisions all of the seed");
    }
}
