//! Progress bars and spinners on stderr.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use cluster_sim::explore::ShrinkProgress;
use indicatif::{ProgressBar, ProgressStyle};

/// Work that ends within this time shows nothing; a bar that flashes by is noise.
const DELAY: Duration = Duration::from_millis(500);
/// How often the spinner moves.
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

/// Does `work` beside a spinner on stderr, if that is a terminal.
pub(crate) fn with_spinner<T>(label: &str, work: impl FnOnce() -> T) -> T {
    let bar = || {
        let bar = ProgressBar::new_spinner().with_message(label.to_owned());
        styled(bar, "{spinner} running {msg}, {elapsed}")
    };
    beside(bar, &Progress::default(), work)
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

/// The progress of a sweep on stderr, if that is a terminal.
pub(crate) struct SweepProgress {
    began: Instant,
    bar: Option<ProgressBar>,
}

impl SweepProgress {
    #[expect(clippy::disallowed_methods, reason = "a progress bar shows the time of the machine; no run reads it")]
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), bar: None }
    }

    /// Draws the latest progress.
    pub(crate) fn show(&mut self, progress: cluster_sim::explore::Progress) {
        let elapsed = self.began.elapsed();
        if elapsed < DELAY || !std::io::stderr().is_terminal() {
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

/// The progress of minimization on stderr, if that is a terminal; cleared when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct ShrinkBar {
    began: Instant,
    bar: Arc<Bar>,
}

/// A bar that is cleared when this is dropped.
#[derive(Default)]
struct Bar(OnceLock<ProgressBar>);

impl ShrinkBar {
    #[expect(clippy::disallowed_methods, reason = "a progress bar shows the time of the machine; no run reads it")]
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), bar: Arc::default() }
    }

    /// Draws the latest progress.
    pub(crate) fn show(&self, progress: &ShrinkProgress) {
        if self.began.elapsed() < DELAY || !std::io::stderr().is_terminal() {
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

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
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
    use super::*;

    #[test]
    fn rates_are_per_second() {
        let mut progress = cluster_sim::explore::Progress::default();
        progress.done = 500;
        progress.virtual_time = Duration::from_secs(1_000);
        progress.failures = 1;
        assert_eq!(rates(progress, Duration::from_millis(500)), "1000 seeds/s, 2000 s/s virtual, 1 failure");
    }

    #[test]
    fn minimization_shows_runs_faults_and_decisions() {
        let text = |decisions| minimization(&ShrinkProgress { runs: 12, faults: 3, decisions });
        assert_eq!(text(Some(7)), "minimizing: 12 runs, faults 3, decisions 7");
        assert_eq!(text(None), "minimizing: 12 runs, faults 3, decisions all of the seed");
    }
}
