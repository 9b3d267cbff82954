//! The outputs of a command, and whether all of them could be written.

use std::fmt::Display;

use crate::BAD_INPUT;
use crate::report_file::ReportFile;
use crate::streams::{print_stderr, print_stdout};

/// The outputs of one command.
///
/// One that cannot be written is told on stderr at once and changes the exit code at the end, so that it hides nothing that was found.
#[derive(Debug, Default)]
pub(crate) struct Output {
    is_incomplete: bool,
}

impl Output {
    /// Prints to stdout. A reader that went away, such as `head`, is no error.
    pub(crate) fn stdout(&mut self, text: &str) {
        if let Err(error) = print_stdout(text) {
            self.unwritten(format_args!("could not write to stdout: {error}"));
        }
    }

    /// Prints a summary to stdout, or to stderr if stdout holds one of these files.
    pub(crate) fn summary(&mut self, text: &str, files: &[Option<&ReportFile>]) {
        match files.iter().flatten().any(|file| file.path().is_none()) {
            true => print_stderr(text),
            false => self.stdout(text),
        }
    }

    /// Writes a file, and returns whether it was written.
    pub(crate) fn file(&mut self, file: &ReportFile, text: &str) -> bool {
        let written = file.write(text);
        if let Err(error) = &written {
            self.unwritten(format_args!("could not write: {error}"));
        }
        written.is_ok()
    }

    /// Says on stderr what was not written.
    pub(crate) fn unwritten(&mut self, problem: impl Display) {
        self.is_incomplete = true;
        print_stderr(&format!("cluster-sim: {problem}\n"));
    }

    /// The exit code: 2 instead of 0 if something was not written. Any other code tells more about the run and stays.
    pub(crate) fn exit_code(&self, code: u8) -> u8 {
        if self.is_incomplete && code == 0 { BAD_INPUT } else { code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_output_changes_only_the_code_of_a_pass() {
        let complete = Output::default();
        let incomplete = Output { is_incomplete: true };
        for code in [0, 1, 3, 4, 130] {
            assert_eq!(complete.exit_code(code), code);
            assert_eq!(incomplete.exit_code(code), if code == 0 { BAD_INPUT } else { code });
        }
    }
}
