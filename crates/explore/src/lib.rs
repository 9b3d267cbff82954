//! Runs scenarios over many seeds, checks determinism, minimizes failures, and replays them.
//!
//! Start at [`Explore`], the methods that this crate adds to [`Scenario`](cluster_sim_simulation::Scenario). Users name
//! `cluster-sim`, which re-exports this crate as its module `explore`.
//!
//! | module | contents |
//! |---|---|
//! | `extension` | the trait [`Explore`] |
//! | `test_macro` | what tests made with `#[cluster_sim::test]` call |
//! | `campaign` | sweeps over seeds, in threads or worker processes |
//! | `artifacts` | the files about a failing run |
//! | `environment` | environment variables that tests read |
//! | `file_names` | names of files and folders, made of names of users |
//! | `run_progress` | how far a run is, for another thread |
//! | `sealed` | keeps others from implementing the trait |
//! | `shell` | commands to paste, quoted for a shell |
//! | `rerun` | runs the case of a reproducer file again |
//! | `shrink` | minimizes a failing run |
//! | `determinism` | runs a seed twice and compares the runs; confirms failing seeds |
//! | `coverage` | counts what runs exercised |
//! | `profile` | measures what takes the time of runs |
//! | `child` | child processes: starts them, speaks with them |
//! | `clock` | the machine's clock, for bounds in real time |
//! | `watchdog` | finds steps that never return |
//! | `runner` | runs seeds and cases of a scenario, or of a test that steers its runs |
//! | `trial` | the run that such a test is asked for |
//! | `process_rules` | the rules that a run breaks by aborting or hanging its process |
//! | `replay` | failing runs as data: a case, what minimization made of it, the file that reproduces it |
//!
//! Only this crate uses threads, processes, real time, the environment and files. Runs never see any of them.

mod artifacts;
mod campaign;
mod child;
mod clock;
mod coverage;
mod determinism;
mod environment;
mod extension;
mod file_names;
mod process_rules;
mod profile;
mod replay;
mod rerun;
mod run_progress;
mod runner;
mod sealed;
mod shell;
mod shrink;
/// Called by the expansion of `#[cluster_sim::test]`; not part of the API.
#[doc(hidden)]
pub mod test_macro;
mod trial;
mod watchdog;

pub use artifacts::{ArtifactContext, Artifacts};
pub use campaign::{Campaign, Failure, InvalidSeedRange, Progress, RunningSeed, SeedRange, Sweep};
pub use child::{ChildError, ChildExit};
pub use coverage::{Coverage, FailpointCoverage, FaultCoverage};
pub use determinism::{DeterminismCheck, DeterminismError};
pub use extension::Explore;
pub use replay::{BuildInfo, Case, Minimized, REPRODUCER_FORMAT, Reproducer, ReproducerError, ScenarioSource};
pub use rerun::Replay;
pub use run_progress::RunProgress;
pub use shell::shell_quoted;
pub use shrink::{ShrinkBounds, ShrinkProgress};
pub use trial::Trial;
