//! Flags, and the help that teaches them.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cluster_sim::{Seed, SeedRange};

use crate::thresholds::Threshold;

const LEGEND: &str = "\
Exit codes:
  0    all held
  1    a finding: a rule broken, a panic, a run aborted by its lag policy, a threshold exceeded
  2    bad input or usage; nothing was run, and an existing report is as it was
  3    nondeterminism: the same seed gave two different runs
  4    a budget was exhausted, a rule could not be judged, or coverage that was required is missing
  101  a bug in cluster-sim itself
  130  interrupted

Environment:
  EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY
           messages that an edge cache's router may fall behind its source before the oldest are
           skipped, where the scenario does not print_stdout [default: 1024]; the report echoes it
  RUST_LOG what to log to stderr, such as debug or cluster_sim_edge_cache=debug; each line begins
           with the virtual time and the node [default: nothing]
";

const EXAMPLES: &str = "\
Examples:
  cluster-sim list
  cluster-sim run --scenario edge-cache --out report.json
  cluster-sim run --scenario scenarios/edge-cache.json --out report.json --seed 0x2a
  cluster-sim run --scenario edge-cache --out - --fail-on monotonic_violations=0
  cluster-sim sweep --scenario edge-cache-short
  cluster-sim replay target/cluster-sim/canary/0x5b/reproducer.json
  cluster-sim digests > tests/digests.toml
";

/// Runs a whole cluster in one thread on virtual time, breaks it, and reports what it saw.
#[derive(Debug, Parser)]
#[command(name = "cluster-sim", bin_name = "cluster-sim", version, term_width = 100)]
#[command(after_help = format!("{EXAMPLES}\n{LEGEND}"))]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one scenario once and write its report
    #[command(after_help = format!("{RUN_EXAMPLES}\n{LEGEND}"))]
    Run(RunArguments),
    /// Run one scenario from many seeds, and show those that fail
    ///
    /// Ends at the first seed that fails, or when so many failed in different ways. What it shows hangs on no number of threads, and not on
    /// --isolate. A seed that fails is run twice more; if these runs differ, it says so and nothing else.
    #[command(after_help = format!("{SWEEP_EXAMPLES}\n{LEGEND}"))]
    Sweep(SweepArguments),
    /// Show a failing run again from its reproducer, and print_stdout whether it is the same
    ///
    /// Runs the smallest story that the file holds. The exit code is that of the run, so 0 if the rule holds now; 3 if the code is what it was
    /// and the run is another one all the same.
    #[command(after_help = format!("{REPLAY_EXAMPLES}\n{LEGEND}"))]
    Replay(ReplayArguments),
    /// Run seeds for a process that says on stdin which
    #[command(hide = true)]
    Worker(ScenarioArguments),
    /// List the ready scenarios
    List,
    /// Print the digest of every ready scenario, in the form of tests/digests.toml
    ///
    /// Of the short scenarios also one digest that is folded over the runs from many seeds. The same lines come out whatever the machine
    /// and the number of threads: a changed line is a changed run.
    Digests {
        /// Run so many scenarios at a time [default: all cores]
        #[arg(long, value_name = "N")]
        threads: Option<NonZeroUsize>,
        /// Run the short scenarios from seeds 0 to N - 1
        #[arg(long, value_name = "N", default_value = "10000")]
        seeds: NonZeroU64,
    },
}

const RUN_EXAMPLES: &str = "\
A scenario file is JSON; the least one:
  {\"seed\":42,\"duration_secs\":30,\"edge_count\":3,\"client_count\":16,\"mutation_rate_per_sec\":10.0,
   \"chaos\":{\"delay_ms\":50,\"loss_rate\":0.05,\"reorder_rate\":0.1}}
Every report echoes its scenario with all defaults written out: start from that.

Examples:
  cluster-sim run --scenario edge-cache --out report.json
  cluster-sim run --scenario my.json --out report.json --seed $(git rev-parse HEAD)
  cluster-sim run --scenario my.json --out - --fail-on time_to_consistency_ms.unresolved=10
  cluster-sim run --scenario edge-cache --out report.json --twice
";

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// A scenario file, or the name of a ready scenario (see `cluster-sim list`)
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) scenario: PathBuf,
    /// Where to write the report, as JSON; `-` for stdout
    ///
    /// Folders on the way are created. The report is written whole or not at all: on any failure an existing one stays as it was.
    #[arg(long, value_name = "REPORT")]
    pub(crate) out: PathBuf,
    /// Run from another seed than the scenario's: decimal, 0x and hex digits, or a git hash of 40 digits
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<Seed>,
    /// Run it in a second process too, compare the two event by event, and exit with 3 where they differ
    #[arg(long)]
    pub(crate) check_determinism: bool,
    /// Exit with 1 if this number of the report's metrics_snapshot is greater than the limit; may be given several times
    #[arg(long = "fail-on", value_name = "METRIC=LIMIT")]
    pub(crate) fail_on: Vec<Threshold>,
}

const SWEEP_EXAMPLES: &str = "\
The summary goes to stdout; progress goes to stderr, if that is a terminal. Interrupted (Ctrl-C), it
shows what failed so far; interrupted twice, it ends at once.

Examples:
  cluster-sim sweep --scenario canary                   fresh seeds for each git revision
  cluster-sim sweep --scenario canary --seeds 10000 --failures 3
  cluster-sim sweep --scenario my.json --seeds 0x2a..0x2b
  cluster-sim sweep --scenario my.json --isolate        survives nodes that abort or never return
  cluster-sim sweep --scenario edge-cache-short --seeds 1000 --fail-on stale_reads=100
";

const REPLAY_EXAMPLES: &str = "\
Examples:
  cluster-sim replay target/cluster-sim/canary/0x5b/reproducer.json
  cluster-sim replay reproducer.json --whole            every fault, and chance as the seed had it
  cluster-sim replay reproducer.json --html story.html  the picture of it
";

#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// The reproducer.json that a failing sweep kept
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Run the whole story, as it was before anything was left out
    #[arg(long)]
    pub(crate) original: bool,
    /// Write a page with the run as a picture, which needs no network
    #[arg(long, value_name = "PAGE")]
    pub(crate) html: Option<PathBuf>,
}

/// What is run and judged, from whatever seeds.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScenarioArguments {
    /// A scenario file, or the name of a ready scenario (see `cluster-sim list`)
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) scenario: PathBuf,
    /// A seed fails too if this number of its run is greater than the limit; may be given several times
    #[arg(long = "fail-on", value_name = "METRIC=LIMIT")]
    pub(crate) fail_on: Vec<Threshold>,
    /// Count what the runs go through: faults, losses, points reached, operations
    #[arg(long)]
    pub(crate) coverage: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArguments {
    #[command(flatten)]
    pub(crate) case: ScenarioArguments,
    /// Which seeds: the first and the one after the last, or how many from 0
    ///
    /// By default 1024 that begin with the first 16 digits of the git revision of this folder, so that every revision tries others; from 0
    /// where there is no revision. They are printed first.
    #[arg(long, value_name = "A..B|N")]
    pub(crate) seeds: Option<SeedRange>,
    /// Go on until seeds failed in so many different ways
    #[arg(long, value_name = "K", default_value = "1")]
    pub(crate) max_failures: NonZeroUsize,
    /// Run so many seeds at a time [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Run seeds in processes of their own: one that crashes, exits or never comes back is the finding of its seed
    #[arg(long)]
    pub(crate) isolate: bool,
    /// The same as --coverage, and exit with 4 if something is missing: a point never reached, a rule with nothing to judge, a kind of
    /// fault without effect
    #[arg(long)]
    pub(crate) require_coverage: bool,
    /// Keep what there is to know of each failure in folders below this one: reproducer.json with the smallest story, report.html, and more
    #[arg(long, value_name = "FOLDER", default_value = "target/cluster-sim")]
    pub(crate) out: PathBuf,
    /// Write the verdicts as JUnit XML too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
