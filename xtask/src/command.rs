//! Calls of programs, which can be printed and run.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// A program with its arguments and at most one environment variable. Prints as a shell command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    program: Program,
    arguments: Vec<String>,
    variable: Option<(&'static str, &'static str)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Program {
    /// The cargo of the [`Environment`](crate::environment::Environment).
    Cargo,
    Other(String),
}

impl Call {
    /// A call of cargo; splits `arguments` at spaces.
    pub fn cargo(arguments: &str) -> Self {
        Self { program: Program::Cargo, arguments: arguments.split_whitespace().map(str::to_owned).collect(), variable: None }
    }

    /// A call of another program; splits `arguments` at spaces.
    pub fn other(program: &Path, arguments: &str) -> Self {
        Self { program: Program::Other(program.display().to_string()), ..Self::cargo(arguments) }
    }

    /// Sets a variable in the environment of the call.
    #[must_use]
    pub fn with_variable(self, variable: &'static str, value: &'static str) -> Self {
        Self { variable: Some((variable, value)), ..self }
    }

    /// Appends an argument, which may contain spaces.
    #[must_use]
    pub fn with_argument(mut self, argument: &Path) -> Self {
        self.arguments.push(argument.display().to_string());
        self
    }

    /// Appends another call as the last arguments, for a program that runs a program.
    #[must_use]
    pub fn wrapping(mut self, other: &Self) -> Self {
        let program = match &other.program {
            Program::Cargo => "cargo".to_owned(),
            Program::Other(program) => program.clone(),
        };
        self.arguments.push(program);
        self.arguments.extend(other.arguments.iter().cloned());
        self
    }

    /// Starts the program without waiting for it; discards its stdout, inherits stderr.
    ///
    /// # Errors
    ///
    /// The program could not be started.
    pub fn start(&self, cargo: &Path, root: &Path) -> Result<Child, CallError> {
        self.command(cargo, root).stdout(Stdio::null()).spawn().map_err(|source| self.not_started(source))
    }

    /// Runs the program to its end; inherits stdout and stderr.
    ///
    /// # Errors
    ///
    /// The program could not be started, or failed.
    pub fn run(&self, cargo: &Path, root: &Path) -> Result<(), CallError> {
        let status = self.command(cargo, root).status().map_err(|source| self.not_started(source))?;
        self.succeeded(status)
    }

    /// Runs the program to its end and returns its stdout; inherits stderr.
    ///
    /// # Errors
    ///
    /// The program could not be started, or failed.
    pub fn read(&self, cargo: &Path, root: &Path) -> Result<Vec<u8>, CallError> {
        let mut command = self.command(cargo, root);
        command.stderr(Stdio::inherit());
        let Output { status, stdout, .. } = command.output().map_err(|source| self.not_started(source))?;
        self.succeeded(status).map(|()| stdout)
    }

    /// Runs the program to its end and returns its stdout, or `None` if it could not be started or failed; discards stderr.
    pub fn probe(&self, cargo: &Path, root: &Path) -> Option<Vec<u8>> {
        let output = self.command(cargo, root).output().ok()?;
        output.status.success().then_some(output.stdout)
    }

    fn command(&self, cargo: &Path, root: &Path) -> Command {
        let mut command = match &self.program {
            Program::Cargo => Command::new(cargo),
            Program::Other(program) => Command::new(program),
        };
        command.current_dir(root).args(&self.arguments).envs(self.variable);
        command
    }

    /// Checks how the program ended.
    ///
    /// # Errors
    ///
    /// The status is not success.
    pub fn succeeded(&self, status: ExitStatus) -> Result<(), CallError> {
        if status.success() { Ok(()) } else { Err(CallError::Ended { call: self.to_string(), status }) }
    }

    fn not_started(&self, source: io::Error) -> CallError {
        CallError::NotStarted { call: self.to_string(), source }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((variable, value)) = self.variable {
            write!(formatter, "{variable}=\"{value}\" ")?;
        }
        match &self.program {
            Program::Cargo => write!(formatter, "cargo")?,
            Program::Other(program) => write!(formatter, "{program}")?,
        }
        self.arguments.iter().try_for_each(|argument| write!(formatter, " {argument}"))
    }
}

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The program could not be started.
    #[error("`{call}` could not be started: {source}")]
    NotStarted {
        /// The call as a shell command.
        call: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The program failed.
    #[error("`{call}` ended with {status}")]
    Ended {
        /// The call as a shell command.
        call: String,
        /// Its exit status.
        status: ExitStatus,
    },
}
