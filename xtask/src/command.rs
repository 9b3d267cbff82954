//! One call of a program, as it is shown and as it is run.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// A call of a program with its arguments. Prints as a line that a shell understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    program: Program,
    arguments: Vec<String>,
    variable: Option<(&'static str, &'static str)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Program {
    /// The cargo that runs us.
    Cargo,
    Other(String),
}

impl Call {
    /// A call of cargo; the arguments are parted at spaces.
    pub fn cargo(arguments: &str) -> Self {
        Self { program: Program::Cargo, arguments: arguments.split_whitespace().map(str::to_owned).collect(), variable: None }
    }

    /// A call of another program; the arguments are parted at spaces.
    pub fn other(program: &Path, arguments: &str) -> Self {
        Self { program: Program::Other(program.display().to_string()), ..Self::cargo(arguments) }
    }

    /// This call with a variable set in its environment.
    #[must_use]
    pub fn with(self, variable: &'static str, value: &'static str) -> Self {
        Self { variable: Some((variable, value)), ..self }
    }

    /// This call with one argument more, which may hold spaces.
    #[must_use]
    pub fn and(mut self, argument: &Path) -> Self {
        self.arguments.push(argument.display().to_string());
        self
    }

    /// This call with another one as its last arguments: a program that runs a program.
    #[must_use]
    pub fn calling(mut self, other: &Self) -> Self {
        let program = match &other.program {
            Program::Cargo => "cargo".to_owned(),
            Program::Other(program) => program.clone(),
        };
        self.arguments.push(program);
        self.arguments.extend(other.arguments.iter().cloned());
        self
    }

    /// Starts it and leaves it running; what it prints is dropped, its messages go where ours go.
    ///
    /// # Errors
    ///
    /// The program could not be started.
    pub fn start(&self, cargo: &Path, root: &Path) -> Result<Child, CallError> {
        self.command(cargo, root).stdout(Stdio::null()).spawn().map_err(|source| self.not_started(source))
    }

    /// Runs to the end, its output going where ours goes.
    ///
    /// # Errors
    ///
    /// The program could not be started, or ended with anything but success.
    pub fn run(&self, cargo: &Path, root: &Path) -> Result<(), CallError> {
        let status = self.command(cargo, root).status().map_err(|source| self.not_started(source))?;
        self.succeeded(status)
    }

    /// Runs to the end and returns what it wrote to its standard output; its messages go where ours go.
    ///
    /// # Errors
    ///
    /// The program could not be started, or ended with anything but success.
    pub fn read(&self, cargo: &Path, root: &Path) -> Result<Vec<u8>, CallError> {
        let mut command = self.command(cargo, root);
        command.stderr(Stdio::inherit());
        let Output { status, stdout, .. } = command.output().map_err(|source| self.not_started(source))?;
        self.succeeded(status).map(|()| stdout)
    }

    /// What it wrote to its standard output, or nothing if it could not be started or failed. Its messages are swallowed.
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

    /// Whether it ended well.
    ///
    /// # Errors
    ///
    /// It ended with anything but success.
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
    /// Nothing was run.
    #[error("`{call}` could not be started: {source}")]
    NotStarted {
        /// The line as shown.
        call: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ran, and said no.
    #[error("`{call}` ended with {status}")]
    Ended {
        /// The line as shown.
        call: String,
        /// How it ended.
        status: ExitStatus,
    },
}
