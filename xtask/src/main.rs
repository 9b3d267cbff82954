//! The command line of `cargo xtask`.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::bench::{self, Options, cells::Cell};
use xtask::check;
use xtask::environment::Environment;
use xtask::rows;
use xtask::step::Step;

/// Checks, benchmarks and generated tables of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = AFTER)]
struct Arguments {
    /// Work on this workspace instead of the one xtask was built in
    #[arg(long, global = true, value_name = "DIRECTORY")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    task: Task,
}

const AFTER: &str = "Start with `cargo xtask check`: a change that passes it is ready for review.";

#[derive(Debug, Subcommand)]
enum Task {
    /// Runs every check that a change must pass, in order, up to the first failure
    #[command(after_help = CHECK)]
    Check {
        /// Run only this step and the steps it needs; may be given several times
        #[arg(long, value_name = "STEP", value_enum)]
        only: Vec<Step>,
        /// Run only what finds most mistakes within two minutes: fmt, clippy, and the tests of what changed
        #[arg(long, conflicts_with = "only")]
        quick: bool,
        /// Print the commands of each step without running them
        #[arg(long)]
        list: bool,
    },
    /// Measures product, floor and peers; writes benches/results.json and the tables in docs/benchmarks.md
    #[command(after_help = BENCH)]
    Bench {
        /// Measure in N rounds; every program measures once in each
        #[arg(long, value_name = "N", default_value = "5")]
        rounds: NonZeroU32,
        /// Measure only this cell; may be given several times. Prints the tables instead of writing them
        #[arg(long, value_name = "CELL", value_parser = cell)]
        only: Vec<Cell>,
        /// Skip turmoil, madsim and tokio. Prints the tables instead of writing them
        #[arg(long)]
        no_peers: bool,
    },
    /// Writes the tests that prove each row of a system's specification, as its rows.toml declares them
    #[command(after_help = ROWS)]
    Rows,
}

const CHECK: &str = "Examples:
  cargo xtask check                           everything, as CI does
  cargo xtask check --quick                   while you work: two minutes
  cargo xtask check --list                    what each step runs
  cargo xtask check --only fmt --only clippy  two steps
  cargo xtask check --only size               a large cluster; slow, so it runs only on request

With CI set in the environment the tests run under nextest's profile `ci`, which writes target/nextest/ci/junit.xml.

Exit codes: 0 all steps passed, 1 a step failed, 2 the command line was wrong.";

const BENCH: &str = "Examples:
  cargo xtask bench                                  everything: builds for minutes, measures for ten more
  cargo xtask bench --only w1 --no-peers --rounds 9  one cell of floor and product, to try a change
  cargo bench --bench product -- --help              one program by itself

Cells: w1 w1-heap w1-faults w1-always w2-5 w2-50 w2-200 w3 w4 w4-always w5 peers-50 peers-500 peers-5000 startup short.
`cargo bench --bench product -- --help` explains each.
Every program must match its digest in benches/digests.toml. If a change of behaviour is intended, update the digests first with
`cargo bench --bench product -- --kind machines --bless`, and the same for `--kind async`.
Compare times with the floor of the same run only, and keep the machine idle meanwhile.

Exit codes: 0 measured, 1 something failed and nothing was written, 2 the command line was wrong.";

const ROWS: &str = "crates/systems/NAME/rows.toml says which rows a system has, and which file holds the table.
A test proves the rows that begin its name: `edge_11_…` EDGE-11, `edge_12_13_…` both rows,
`edge_12_to_15_…` all four, `edge_d06_…` EDGE-D06.
Run this after naming, renaming or moving such a test; `tests/tidy` fails while a table is stale.";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = arguments.root.unwrap_or_else(own_workspace);
    match arguments.task {
        Task::Check { only, quick, list } => {
            let only = if quick { Step::QUICK.to_vec() } else { only };
            if list {
                print!("{}", check::list(&only, environment(root).profile));
                return ExitCode::SUCCESS;
            }
            match check::run(&only, &environment(root)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(failure) => {
                    eprintln!("{failure}");
                    ExitCode::FAILURE
                }
            }
        }
        Task::Bench { rounds, only, no_peers } => {
            match bench::run(&Options { rounds, only, peers: !no_peers }, &environment(root)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("bench: {error}");
                    ExitCode::FAILURE
                }
            }
        }
        Task::Rows => match rows::write(&root) {
            Ok(written) => {
                written.iter().for_each(|table| println!("{table}"));
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("rows: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Parses the name of a cell.
fn cell(name: &str) -> Result<Cell, String> {
    let names = || Cell::all().map(Cell::name).collect::<Vec<_>>().join(" ");
    Cell::named(name).ok_or_else(|| format!("there is no such cell; use one of {}", names()))
}

/// The workspace that this program was built in.
fn own_workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("xtask lies in a folder of the workspace").to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the command line reads the environment and passes it on as data")]
fn environment(root: PathBuf) -> Environment {
    Environment::new(root, std::env::var_os("CARGO"), std::env::var_os("CARGO_TARGET_DIR"), std::env::var_os("CI"))
}
