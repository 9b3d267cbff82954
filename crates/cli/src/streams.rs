//! Stdout and stderr.

use std::io::{self, ErrorKind, Write};

use cluster_sim::explain::printable;

/// Prints to stdout without what a terminal or a pipeline would obey; see [`write_stdout`].
pub(crate) fn print_stdout(text: &str) -> io::Result<()> {
    write_stdout(&printable(text))
}

/// Writes to stdout and flushes it. A reader that went away is no error.
pub(crate) fn write_stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    unless_gone(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// The result of a write; one to a reader that went away counts as done.
pub(crate) fn unless_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints to stderr without what a terminal or a pipeline would obey; if that is closed, the exit code still reports the failure.
pub(crate) fn print_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(printable(text).as_bytes());
}
