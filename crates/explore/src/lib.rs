//! Runs scenarios over many seeds, checks determinism, minimizes failures, and replays them.
//!
//! Start at [`Explore`], the methods that this crate adds to [`Scenario`](cluster_sim_simulation::Scenario). Users name
//! `cluster-sim`, which re-exports this crate as its module `explore`.
//!
//! | module | contents |
//! |---|---|
//! | `replay` | failing runs as data: a case, what minimization made of it, the file that reproduces it |
//! | `campaign` | sweeps over seeds in threads or processes, determinism checks, minimization, replays, files about failures |
//! | `extension` | the trait [`Explore`] |
//!
//! Only this crate uses threads, processes, real time, the environment and files. Runs never see any of them.

mod campaign;
mod extension;
mod replay;

/// Called by the expansion of `#[cluster_sim::test]`; not part of the API.
#[doc(hidden)]
pub use campaign::test_macro;
pub use campaign::{
    ArtifactContext, Artifacts, Campaign, ChildError, ChildExit, Coverage, DeterminismCheck, DeterminismError, Failure,
    FaultCoverage, InvalidSeedRange, Progress, Replay, SeedRange, ShrinkBounds, ShrinkProgress, Sweep,
};
pub use extension::Explore;
pub use replay::{BuildInfo, Case, Minimized, REPRODUCER_FORMAT, Reproducer, ReproducerError, ScenarioSource};
