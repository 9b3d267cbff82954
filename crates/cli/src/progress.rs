//! A sign of life while long work goes on.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use cluster_sim::ShrinkProgress;
use indicatif::{ProgressBar, ProgressStyle};

/// Work that is done by then shows nothing: what flashes by helps nobody.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the sign moves.
const TICK: Duration = Duration::from_millis(100);

/// How much of some work is done.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU64);

impl Progress {
    /// So much more is done.
    pub(crate) fn advance(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    fn done(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Does `work`, and shows on stderr that it goes on if that is a terminal and the work takes its time.
pub(crate) fn shown<T>(label: &str, work: impl FnOnce() -> T) -> T {
    let bar = || {
        let bar = ProgressBar::new_spinner().with_message(label.to_owned());
        styled(bar, "{spinner} running {msg}, {elapsed}")
    };
    beside(bar, &Progress::default(), work)
}

/// The same for work of so many pieces, of which it shows how many are done.
pub(crate) fn counted<T>(label: &str, pieces: u64, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    let bar = || {
        let bar = ProgressBar::new(pieces).with_message(label.to_owned());
        styled(bar, "{bar:30} {pos} of {len} {msg}, {elapsed}, {eta} to go")
    };
    beside(bar, &progress, || work(&progress))
}

/// Shows on stderr how far a sweep is, if that is a terminal.
pub(crate) struct SweepProgress {
    began: Instant,
    bar: Option<ProgressBar>,
}

impl SweepProgress {
    #[expect(clippy::disallowed_methods, reason = "whoever waits is told how fast it goes; no run is")]
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), bar: None }
    }

    /// Shows how far it is now.
    pub(crate) fn show(&mut self, progress: cluster_sim::Progress) {
        let elapsed = self.began.elapsed();
        if elapsed < PATIENCE || !std::io::stderr().is_terminal() {
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

/// Shows on stderr how far the search for smaller stories is, if that is a terminal; gone when the last of its clones is.
#[derive(Clone)]
pub(crate) struct ShrinkBar {
    began: Instant,
    bar: Arc<Bar>,
}

/// A bar that is gone when this is dropped.
#[derive(Default)]
struct Bar(OnceLock<ProgressBar>);

impl ShrinkBar {
    #[expect(clippy::disallowed_methods, reason = "whoever waits is told how far it is; no run is")]
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), bar: Arc::default() }
    }

    /// Shows how far it is now.
    pub(crate) fn show(&self, progress: &ShrinkProgress) {
        if self.began.elapsed() < PATIENCE || !std::io::stderr().is_terminal() {
            return;
        }
        let bar = self.bar.0.get_or_init(|| styled(ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"));
        bar.set_message(story_so_far(progress));
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

fn story_so_far(progress: &ShrinkProgress) -> String {
    let decisions = progress.decisions.map_or_else(|| "those of the seed".to_owned(), |count| count.to_string());
    format!("looking for the smallest story: {} runs, faults {}, decisions {decisions}", progress.runs, progress.faults)
}

/// How much is done in a second, and what was found.
fn rates(progress: cluster_sim::Progress, elapsed: Duration) -> String {
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

/// Does `work` beside a bar that appears when it takes its time, and that is gone when the work is done.
fn beside<T>(bar: impl FnOnce() -> ProgressBar + Send, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        // Dropping the sender, also while unwinding, is what ends the sign.
        let (working, finished) = channel::<()>();
        scope.spawn(move || {
            if finished.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
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
    fn what_is_done_is_told_by_the_second() {
        let mut progress = cluster_sim::Progress::default();
        progress.done = 500;
        progress.virtual_time = Duration::from_secs(1_000);
        progress.failures = 1;
        assert_eq!(rates(progress, Duration::from_millis(500)), "1000 seeds/s, 2000 s/s virtual, 1 failure");
    }

    #[test]
    fn how_far_a_search_is_is_told_by_what_is_left() {
        let told = |decisions| story_so_far(&ShrinkProgress { runs: 12, faults: 3, decisions });
        assert_eq!(told(Some(7)), "looking for the smallest story: 12 runs, faults 3, decisions 7");
        assert_eq!(told(None), "looking for the smallest story: 12 runs, faults 3, decisions those of the seed");
    }
}
