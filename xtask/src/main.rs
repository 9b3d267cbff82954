//! The command line of `cargo xtask`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::check::{self, Environment};
use xtask::rows;
use xtask::step::Step;

/// The one door for people and CI.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = AFTER)]
struct Arguments {
    /// Work on this workspace rather than on the one xtask was built in
    #[arg(long, global = true, value_name = "DIRECTORY")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    task: Task,
}

const AFTER: &str = "Start with `cargo xtask check`: a change that passes it is ready for review.";

#[derive(Debug, Subcommand)]
enum Task {
    /// Runs everything that must hold before a change is ready, in order, up to the first failure
    #[command(after_help = CHECK)]
    Check {
        /// Run this step and what it needs, nothing else; may be given several times
        #[arg(long, value_name = "STEP", value_enum)]
        only: Vec<Step>,
        /// Say what each step runs, and run nothing
        #[arg(long)]
        list: bool,
    },
    /// Writes docs/edge-cache-rows.md: which test proves which row of the edge cache's specification
    #[command(after_help = ROWS)]
    Rows,
}

const CHECK: &str = "Examples:
  cargo xtask check                           everything, as CI does
  cargo xtask check --list                    what each step runs
  cargo xtask check --only fmt --only clippy  two steps
  cargo xtask check --only size               a large cluster, which takes long and runs only where asked for

With CI set in the environment the tests run under nextest's profile `ci`, which writes target/nextest/ci/junit.xml.

Exit codes: 0 all steps passed, 1 a step failed, 2 the command line was wrong.";

const ROWS: &str = "A test proves the rows that begin its name: `edge_11_…` EDGE-11, `edge_12_13_…` both,
`edge_12_to_15_…` all four, `edge_d06_…` EDGE-D06.
Run this after naming, renaming or moving such a test; `tests/tidy` fails while the table is stale.";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = arguments.root.unwrap_or_else(own_workspace);
    match arguments.task {
        Task::Check { only, list: true } => {
            print!("{}", check::list(&only, environment(root).profile));
            ExitCode::SUCCESS
        }
        Task::Check { only, list: false } => match check::run(&only, &environment(root)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("{failure}");
                ExitCode::FAILURE
            }
        },
        Task::Rows => match rows::write(&root) {
            Ok(written) => {
                println!("wrote {}: {}", rows::TABLE, written);
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("could not write {}: {error}", rows::TABLE);
                ExitCode::FAILURE
            }
        },
    }
}

/// The workspace this program was built in.
fn own_workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("xtask lies in a folder of the workspace").to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
fn environment(root: PathBuf) -> Environment {
    Environment::new(root, std::env::var_os("CARGO"), std::env::var_os("CARGO_TARGET_DIR"), std::env::var_os("CI"))
}
