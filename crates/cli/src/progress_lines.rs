//! Lines of progress on stderr, where there is no terminal for a bar.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crate::arguments::ProgressMode;
use crate::streams::print_stderr;

/// Work that ends within this time shows no bar; one that flashes by is noise.
pub(crate) const DELAY: Duration = Duration::from_millis(500);
/// Work that ends within this time prints no line.
const FIRST: Duration = Duration::from_secs(2);
/// Interval between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// Decides by real time when something is shown.
#[derive(Debug)]
pub(crate) struct ProgressLines {
    began: Instant,
    is_terminal: bool,
    /// When the next line is due; absent for never.
    next: Option<Duration>,
}

impl ProgressLines {
    #[expect(clippy::disallowed_methods, reason = "progress is shown by the time of the machine; no run reads it")]
    pub(crate) fn new(mode: ProgressMode) -> Self {
        let is_terminal = mode == ProgressMode::Auto && std::io::stderr().is_terminal();
        let next = match mode {
            ProgressMode::Auto => (!is_terminal).then_some(FIRST),
            ProgressMode::Lines => Some(Duration::ZERO),
            ProgressMode::Never => None,
        };
        Self { began: Instant::now(), is_terminal, next }
    }

    /// Real time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether a bar is shown at present.
    pub(crate) fn has_bar(&self) -> bool {
        self.is_terminal && self.elapsed() >= DELAY
    }

    /// Prints a line if one is due.
    pub(crate) fn show(&mut self, line: impl FnOnce() -> String) {
        if self.is_due(self.elapsed()) {
            print_stderr(&format!("cluster-sim: {}\n", line()));
        }
    }

    /// Whether a line is due after that much real time; the next one then is 10 s later.
    fn is_due(&mut self, elapsed: Duration) -> bool {
        let is_due = self.next.is_some_and(|next| elapsed >= next);
        if is_due {
            self.next = Some(elapsed + EVERY);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::off_a_terminal(Some(FIRST), [false, true, false, true])]
    #[case::lines(Some(Duration::ZERO), [true, false, true, false])]
    #[case::never(None, [false; 4])]
    fn lines_are_throttled_by_real_time(#[case] next: Option<Duration>, #[case] expected: [bool; 4]) {
        let mut lines = ProgressLines { next, ..ProgressLines::new(ProgressMode::Never) };
        assert_eq!([0, 2, 11, 13].map(|seconds| lines.is_due(Duration::from_secs(seconds))), expected);
    }
}
