//! A sign of life while a long run works.

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A run that is done by then shows nothing: what flashes by helps nobody.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the sign moves.
const TICK: Duration = Duration::from_millis(100);

/// Does `work`, and shows on stderr that it goes on if that is a terminal and the work takes its time.
pub(crate) fn shown<T>(label: &str, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        // Dropping the sender, also while unwinding, is what ends the sign.
        let (working, finished) = channel::<()>();
        scope.spawn(move || {
            if finished.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let bar = ProgressBar::new_spinner().with_message(label.to_owned());
                let style = ProgressStyle::with_template("{spinner} running {msg}, {elapsed}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
                bar.enable_steady_tick(TICK);
                let _ = finished.recv();
                bar.finish_and_clear();
            }
        });
        let result = work();
        drop(working);
        result
    })
}
