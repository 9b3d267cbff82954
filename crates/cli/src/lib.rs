//! The command line of cluster-sim.
//!
//! Start at [`main`]: a crate with scenarios of its own adds them to a registry and calls it from a two-line binary.
//!
//! Deliberately absent: decisions about a run. Flags and environment become data here; the scenario decides everything else.

mod arguments;
mod digests;
mod environment;
mod log;
mod metric_limit;
mod progress;
mod replay;
mod report_file;
mod run;
mod summary;
mod sweep;

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use cluster_sim_scenarios::{Registry, ScenarioError};

use crate::arguments::{Arguments, Command};
use crate::environment::Environment;

/// The exit code of bad input and bad usage.
const BAD_INPUT: u8 = 2;

/// Runs the command line of this process over the scenarios of a registry.
///
/// Exit codes: 0 every rule held, 1 a finding, 2 bad input or usage, 3 nondeterminism, 4 budget exhausted or unknown, 130 interrupted. Bad
/// input is one line on stderr; nothing was run or written.
pub fn main(registry: &Registry) -> ExitCode {
    let arguments = Arguments::parse();
    if let Some((old, new)) = arguments.command.renamed_flag() {
        let message = format!("unexpected argument '{old}' found; it is named '{new}'");
        Arguments::command().error(ErrorKind::UnknownArgument, message).exit();
    }
    match execute(arguments, registry) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            print_stderr(&format!("cluster-sim: could not run: {error}\n"));
            ExitCode::from(BAD_INPUT)
        }
    }
}

fn execute(arguments: Arguments, registry: &Registry) -> Result<u8, ScenarioError> {
    match arguments.command {
        Command::Run(run) => {
            let Environment { defaults, log } = Environment::read()?;
            log::install(log);
            run::run(&run, registry, &defaults)
        }
        Command::Sweep(arguments) => {
            let Environment { defaults, log } = Environment::read()?;
            log::install(log);
            sweep::sweep(&arguments, registry, &defaults)
        }
        Command::Replay(arguments) => {
            let Environment { defaults, log } = Environment::read()?;
            log::install(log);
            replay::replay(&arguments, registry, &defaults)
        }
        Command::Worker(target) => {
            let Environment { defaults, log } = Environment::read()?;
            log::install(log);
            sweep::work(&target, registry, &defaults)
        }
        Command::List => {
            print_stdout(&list(registry));
            Ok(0)
        }
        Command::Digests { threads, seeds } => {
            print_stdout(&digests::digests(registry, threads, seeds.get())?);
            Ok(0)
        }
    }
}

/// Lists the builtin scenarios, a line each, and how to run one.
fn list(registry: &Registry) -> String {
    let width = registry.scenarios().map(|scenario| scenario.name().len()).max().unwrap_or(0);
    let mut text: String =
        registry.scenarios().map(|scenario| format!("{:width$}  {}\n", scenario.name(), scenario.summary())).collect();
    if let Some(first) = registry.scenarios().next() {
        text += &format!("\nrun one: cluster-sim run {}\n", first.name());
    }
    text
}

/// Prints to stdout; a closed pipe is no error.
fn print_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints to stderr; if that is closed, the exit code still reports the failure.
fn print_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
