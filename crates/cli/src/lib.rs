//! The command line of cluster-sim.
//!
//! Start at [`main`]: a crate with scenarios of its own adds them to a registry and calls it from a two-line binary.
//!
//! Deliberately absent: decisions about a run. Flags and environment become data here; the scenario decides everything else.

mod arguments;
mod check;
mod digests;
mod environment;
mod fault_profile;
mod help;
mod history_file;
mod history_judge;
mod history_model;
mod interrupt;
mod judged_history;
mod log;
mod monitor;
mod output;
mod own_profile;
#[cfg(test)]
mod own_system_tests;
mod progress;
mod progress_lines;
mod replay;
mod report_file;
mod run;
#[cfg(test)]
mod run_counts;
mod schema;
mod streams;
mod summary;
mod sweep;
mod threads;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::ErrorKind;
use cluster_sim_registry::{Registry, ScenarioError, ScenarioErrorKind};

use crate::arguments::{Arguments, Command};
use crate::environment::Environment;
use crate::output::Output;
use crate::streams::{print_stderr, unless_gone};

/// The exit code of bad input, of bad usage, and of a pass of which not everything asked for could be written.
const BAD_INPUT: u8 = 2;

/// The exit code of a run that was not judged.
const UNKNOWN: u8 = 4;

/// Runs the command line of this process over the scenarios of a registry.
///
/// ```no_run
/// use cluster_sim_registry::Registry;
///
/// fn main() -> std::process::ExitCode {
///     // `.with(…)` adds a system of your own.
///     cluster_sim_cli::main(&Registry::new())
/// }
/// ```
///
/// Exit codes: 0 every rule held, 1 a finding, 2 bad input or usage, or an output that could not be written, 3 nondeterminism, 4 budget
/// exhausted or unknown, 130 interrupted (143 and 129 by SIGTERM and SIGHUP). Bad input is one line on stderr; nothing was run or written.
pub fn main(registry: &Registry) -> ExitCode {
    ExitCode::from(main_from(registry, std::env::args_os()))
}

/// Runs a command line as [`main`] does, and returns its exit code. The first word names the program.
pub fn main_from<W: Into<OsString> + Clone>(registry: &Registry, words: impl IntoIterator<Item = W>) -> u8 {
    let arguments = match parse(registry, words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // The help goes to stdout. If stderr is closed, the exit code still reports bad usage.
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            return if error.use_stderr() { BAD_INPUT } else { help_printed(printed) };
        }
    };
    execute(arguments, registry).unwrap_or_else(|error| {
        print_stderr(&format!("cluster-sim: could not run: {error}\n"));
        BAD_INPUT
    })
}

/// The exit code after the help was printed.
fn help_printed(printed: std::io::Result<()>) -> u8 {
    let mut output = Output::default();
    if let Err(error) = unless_gone(printed) {
        output.unwritten(format_args!("could not write to stdout: {error}"));
    }
    output.exit_code(0)
}

fn parse<W: Into<OsString> + Clone>(registry: &Registry, words: impl IntoIterator<Item = W>) -> Result<Arguments, clap::Error> {
    let mut command = help::command(registry);
    let mut matches = command.try_get_matches_from_mut(words)?;
    let arguments = Arguments::from_arg_matches_mut(&mut matches)?;
    match arguments.command.renamed_flag() {
        Some((old, new)) => {
            Err(command.error(ErrorKind::UnknownArgument, format!("unexpected argument '{old}' found; it is named '{new}'")))
        }
        None => Ok(arguments),
    }
}

fn execute(arguments: Arguments, registry: &Registry) -> Result<u8, ScenarioError> {
    let variables = || {
        let Environment { variables, log } = Environment::read(registry)?;
        log::install(log);
        Ok(variables)
    };
    match arguments.command {
        Command::Run(run) => run::run(&run, registry, &variables()?),
        Command::Sweep(arguments) => sweep::sweep(&arguments, registry, &variables()?),
        Command::Replay(arguments) => replay::replay(&arguments, registry, &variables()?),
        Command::Check(arguments) => check::check(&arguments),
        Command::Worker(target) => sweep::work(&target, registry, &variables()?),
        Command::FaultProfile { scenario } => Ok(printed(&own_profile::own_profile(scenario.as_deref(), registry, &variables()?)?)),
        Command::Schema { system, fields } => Ok(printed(&schema::schema(system.as_deref(), fields, registry)?)),
        Command::List { planted } => Ok(printed(&list(registry, planted))),
        Command::Digests { threads, seeds } => Ok(printed(&digests::digests(registry, threads.map(threads::capped), seeds.get())?)),
    }
}

/// Prints to stdout, and returns the exit code.
fn printed(text: &str) -> u8 {
    let mut output = Output::default();
    output.stdout(text);
    output.exit_code(0)
}

/// Lists the builtin scenarios, a line each, or those with a planted bug; then what to do with the first.
fn list(registry: &Registry, planted: bool) -> String {
    let listed: Vec<_> = if planted { registry.hunts_with_bugs().collect() } else { registry.scenarios().collect() };
    let width = listed.iter().map(|scenario| scenario.name().len()).max().unwrap_or(0);
    let lines = listed.iter().map(|scenario| format!("{:width$}  {}\n", scenario.name(), scenario.summary()));
    let hint = listed.first().map(|first| match planted {
        true => format!("\nfind one: cluster-sim sweep {} --seeds 2000\n", first.name()),
        false => format!("\nrun one: cluster-sim run {}\n", first.name()),
    });
    lines.chain(hint).collect()
}

/// The error for what this process or system cannot do.
fn unavailable(what: &str, error: &std::io::Error) -> ScenarioError {
    let cure = format!("run it on a system that supports it ({error})");
    ScenarioError::new(ScenarioErrorKind::Misfit, "command line", what, "this process", &cure)
}
