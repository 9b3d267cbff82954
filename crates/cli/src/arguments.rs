//! Flags.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cluster_sim::Seed;
use cluster_sim::explore::SeedRange;
use cluster_sim_registry::{MetricLimit, Prepared, ScenarioError, ScenarioErrorKind};

use crate::fault_profile::FaultProfileFile;
use crate::history_model::{HistoryModel, IsolationLevel};

/// The sections of every help: examples come before the list of flags.
const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Runs a whole cluster in one thread on virtual time, injects faults, and reports what happened.
#[derive(Debug, Parser)]
#[command(name = "cluster-sim", bin_name = "cluster-sim", version, term_width = 100)]
#[command(help_template = TEMPLATE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one scenario from one seed
    ///
    /// Prints a summary; with --out also writes a report as JSON.
    #[command(help_template = TEMPLATE)]
    #[command(override_usage = "cluster-sim run [OPTIONS] <SCENARIO>")]
    Run(RunArguments),
    /// Run one scenario from many seeds, and report those that fail
    ///
    /// Stops at the first seed that fails, or at the number of distinct failures that --max-failures gives. The output depends neither on
    /// --threads nor on --isolate. Each failing seed is run twice more; if these runs differ, the verdict is NONDETERMINISTIC.
    #[command(help_template = TEMPLATE)]
    #[command(override_usage = "cluster-sim sweep [OPTIONS] <SCENARIO>")]
    Sweep(SweepArguments),
    /// Run a failing seed again from its reproducer, and compare it with the recorded run
    ///
    /// Runs the minimized case that the file holds. The exit code is that of the run, so 0 if the rule holds now. It is 3 if the run differs
    /// although the code is unchanged.
    #[command(help_template = TEMPLATE)]
    Replay(ReplayArguments),
    /// Judge a recorded history: could a correct system have answered so?
    ///
    /// Reads the JSON lines that a recording writes, Jepsen's histories (history.edn, or its log) and the logs of Porcupine, up to 1 GiB; in
    /// memory a history takes at most ten times its file. A search that spends its bounds ends with UNKNOWN and 4.
    #[command(help_template = TEMPLATE, before_help = CHECK_EXAMPLES)]
    Check(CheckArguments),
    /// Run the seeds that a sweep sends on stdin
    #[command(hide = true)]
    Worker(ScenarioArguments),
    /// List the builtin scenarios
    #[command(help_template = TEMPLATE)]
    List {
        /// List those with a planted bug instead, each of which some seeds of a sweep find
        #[arg(long)]
        planted: bool,
    },
    /// Print the JSON Schema of scenario files
    ///
    /// Editors check a file against it; docs/scenario-files.md explains the format. Reader, schema and the list of --fields are made of one
    /// declaration.
    #[command(help_template = TEMPLATE)]
    Schema {
        /// A system [default: all that have scenario files]
        #[arg(value_name = "SYSTEM")]
        system: Option<String>,
        /// List the fields instead, a line each: what they accept, their default, their purpose
        #[arg(long)]
        fields: bool,
    },
    /// Print the fault profile of a scenario as JSON
    ///
    /// Change it, and run with --fault-profile. A profile says how often and how long faults occur, which kinds, and against whom; each
    /// seed draws other faults from it. A field that is left out has its default.
    #[command(help_template = TEMPLATE)]
    FaultProfile {
        /// A scenario file, or the name of a builtin scenario [default: the default profile]
        #[arg(value_name = "SCENARIO")]
        scenario: Option<PathBuf>,
    },
    /// Print the digest of every builtin scenario, in the form of tests/digests.toml
    ///
    /// For each short scenario also prints one digest folded over the runs from many seeds. The lines do not depend on the machine or the
    /// number of threads: a changed line is a changed run.
    #[command(help_template = TEMPLATE, before_help = DIGESTS_EXAMPLES)]
    Digests {
        /// Run N scenarios at a time, at most 256 or the number of cores [default: all cores]
        #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroUsize>)]
        threads: Option<NonZeroUsize>,
        /// Run the short scenarios from seeds 0 to N - 1
        #[arg(long, value_name = "N", default_value = "10000", value_parser = at_least_one::<NonZeroU64>)]
        seeds: NonZeroU64,
    },
}

impl Command {
    /// A flag on the command line that has another name, and that name.
    pub(crate) fn renamed_flag(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Run(run) if run.twice => Some(("--twice", "--check-determinism")),
            Self::Replay(replay) if replay.whole => Some(("--whole", "--original")),
            Self::Sweep(sweep) if sweep.failures.is_some() => Some(("--failures", "--max-failures")),
            _ => None,
        }
    }
}

/// The scenario to run: positional, or as `--scenario`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ScenarioChoice {
    /// A scenario file, or the name of a builtin scenario (see `cluster-sim list`)
    #[arg(value_name = "SCENARIO")]
    positional: Option<PathBuf>,
    /// Another way to give SCENARIO
    #[arg(long = "scenario", value_name = "FILE|NAME")]
    flag: Option<PathBuf>,
}

impl ScenarioChoice {
    /// The one scenario that was given.
    ///
    /// # Errors
    /// If none was given, or both the argument and the flag.
    pub(crate) fn name(&self) -> Result<&Path, ScenarioError> {
        match (&self.positional, &self.flag) {
            (Some(name), None) | (None, Some(name)) => Ok(name),
            (None, None) => {
                let cure = "name a builtin scenario (see `cluster-sim list`) or a file, as in `cluster-sim run NAME`";
                Err(ScenarioError::new(ScenarioErrorKind::MissingField, "command line", "SCENARIO", "nothing", cure))
            }
            (Some(positional), Some(_)) => {
                let value = format!("{:?}", positional.to_string_lossy());
                let cure = "leave out either it or --scenario";
                Err(ScenarioError::new(ScenarioErrorKind::Duplicate, "command line", "SCENARIO", &value, cure))
            }
        }
    }
}

impl From<&str> for ScenarioChoice {
    fn from(name: &str) -> Self {
        Self { positional: Some(name.into()), flag: None }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) scenario: ScenarioChoice,
    /// Write the report to this file, as JSON; `-` for stdout
    ///
    /// Creates missing folders. The report is written whole or not at all: on any failure an existing one is unchanged. Without --out no
    /// report is written. With `-` the summary goes to stderr.
    #[arg(long, value_name = "REPORT")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fault_profile: FaultProfileFile,
    /// Run from another seed than the scenario's: decimal, 0x and hex digits, or a git hash of 40 digits
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<Seed>,
    /// Run it in a second process too and compare the two event by event; exit with 3 if they differ
    #[arg(long)]
    pub(crate) check_determinism: bool,
    /// Print to stderr what each rule and each group of nodes took of the run's real time
    ///
    /// The run, its report and its digest are those of a run without the flag.
    #[arg(long, conflicts_with = "check_determinism")]
    pub(crate) profile: bool,
    /// Exit with 1 if this number of the report's metrics_snapshot exceeds the limit; may be given several times
    #[arg(long = "max", visible_alias = "fail-on", value_name = "METRIC=LIMIT")]
    pub(crate) limits: Vec<MetricLimit>,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    #[arg(long, hide = true)]
    pub(crate) twice: bool,
}

/// Bounds on a run, and how its progress is shown.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Bounds {
    #[command(flatten)]
    pub(crate) steps: MaxSteps,
    /// End after this much real time, with 4
    ///
    /// Where it ends depends on the machine; --max-steps ends every run of a seed at the same step.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) max_time: Option<Duration>,
    /// How to show progress on stderr
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) progress: ProgressMode,
}

/// A bound on the steps of a run.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct MaxSteps {
    /// End a run after N steps as UNKNOWN; a scenario file says the same by max_steps
    #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroU64>)]
    pub(crate) max_steps: Option<NonZeroU64>,
}

impl MaxSteps {
    /// The scenario with this bound.
    pub(crate) fn apply(self, prepared: Prepared) -> Prepared {
        match self.max_steps {
            Some(steps) => prepared.with_max_steps(steps.get()),
            None => prepared,
        }
    }
}

/// How progress is shown on stderr.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// A bar on a terminal; elsewhere a line after 2 s, then every 10 s
    #[default]
    Auto,
    /// A line at once, then every 10 s
    Lines,
    /// Nothing
    Never,
}

/// Parses a number of things of which there is at least one.
fn at_least_one<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "use a whole number from 1 on, such as 8".to_owned())
}

/// Parses a time in seconds that is not 0.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|time| !time.is_zero()).ok_or_else(|| "use seconds above 0, such as 60 or 0.5".to_owned())
}

const DIGESTS_EXAMPLES: &str = "\
Examples:
  cluster-sim digests > tests/digests.toml
  cluster-sim digests --seeds 100                   a quick look
";

const CHECK_EXAMPLES: &str = "\
Examples:
  cluster-sim check history.edn --model cas-register
  cluster-sim check history.jsonl --model registers --html history.html
  cluster-sim check history.edn --model list-append --level snapshot-isolation
  cluster-sim check c10-ok.txt --model texts --max-steps 1000000000

An event of a file is a call, or its end: ok, fail, or info if the client heard nothing:
  {:process 0, :type :invoke, :f :write, :value 3}
  {:process 0, :type :ok, :f :write, :value 3}
";

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The history
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The object or service that the operations of the file are about
    #[arg(long, value_name = "MODEL", value_enum)]
    pub(crate) model: HistoryModel,
    /// The isolation level that transactions are held against [default: strict-serializable]
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub(crate) level: Option<IsolationLevel>,
    /// Give up after this many steps of the model
    #[arg(long, value_name = "N", default_value = "100000000", value_parser = at_least_one::<NonZeroU64>)]
    pub(crate) max_steps: NonZeroU64,
    /// Give up once a search remembers more than this many MiB
    #[arg(long, value_name = "MIB", default_value = "512", value_parser = at_least_one::<NonZeroUsize>)]
    pub(crate) max_memory: NonZeroUsize,
    /// Draw the operations around a contradiction, or the cycle of transactions, as a self-contained HTML page
    #[arg(long, value_name = "PAGE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// The reproducer.json that a failing sweep wrote
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Run the original case, as it was before minimization
    #[arg(long)]
    pub(crate) original: bool,
    /// Draw the run as a self-contained HTML page
    #[arg(long, value_name = "PAGE")]
    pub(crate) html: Option<PathBuf>,
    /// How to show progress on stderr
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) progress: ProgressMode,
    #[arg(long, hide = true)]
    pub(crate) whole: bool,
}

/// A scenario and the rules that the command line adds to it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScenarioArguments {
    #[command(flatten)]
    pub(crate) scenario: ScenarioChoice,
    #[command(flatten)]
    pub(crate) fault_profile: FaultProfileFile,
    /// Fail a seed too if this number of its run exceeds the limit; may be given several times
    #[arg(long = "max", visible_alias = "fail-on", value_name = "METRIC=LIMIT")]
    pub(crate) limits: Vec<MetricLimit>,
    /// Count what the runs cover: faults, losses, coverage points, operations
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Print to stderr what each rule and each group of nodes took of the real time of all runs
    #[arg(long)]
    pub(crate) profile: bool,
    #[command(flatten)]
    pub(crate) steps: MaxSteps,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArguments {
    #[command(flatten)]
    pub(crate) target: ScenarioArguments,
    /// Which seeds: the first and the one after the last, how many from 0, or the one of a git hash of 40 digits
    ///
    /// By default 1024 that begin with the first 16 digits of the git revision of this folder, so that every revision tries others; from 0
    /// if there is no revision. They are printed first.
    #[arg(long, value_name = "A..B|N|HASH")]
    pub(crate) seeds: Option<SeedRange>,
    /// Stop once seeds have failed in K different ways
    #[arg(long, value_name = "K", default_value = "1", value_parser = at_least_one::<NonZeroUsize>)]
    pub(crate) max_failures: NonZeroUsize,
    /// Run N seeds at a time, at most 256 or the number of cores [default: all cores]
    #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroUsize>)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Run seeds in worker processes; an abort, an exit or a hang fails that seed
    #[arg(long)]
    pub(crate) isolate: bool,
    /// Like --coverage; exit with 4 if a coverage point is never reached, a rule has nothing to judge, or a kind of fault has no effect
    #[arg(long)]
    pub(crate) require_coverage: bool,
    /// Write a folder for each failure below this one: reproducer.json with the minimized case, report.html, and more
    #[arg(long, value_name = "FOLDER", default_value = "target/cluster-sim")]
    pub(crate) out: PathBuf,
    /// Write the verdicts as JUnit XML too; `-` for stdout
    ///
    /// Also says whether the whole sweep was run: one that was interrupted has an error. With `-` the summary goes to stderr.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Start no more seeds after this much real time, and end the minimization; exit with 4 unless a seed failed
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) max_time: Option<Duration>,
    /// How to show progress on stderr
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) progress: ProgressMode,
    #[arg(long, hide = true, value_name = "K")]
    pub(crate) failures: Option<String>,
}
