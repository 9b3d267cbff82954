//! The step `seams`: every crate that production code imports builds alone, without the simulator.

use std::io;
use std::path::Path;

use crate::command::{Call, CallError};
use crate::environment::Environment;
use crate::systems;

/// The crates that must build without `test-utils` besides the systems, each alone: with `--workspace` cargo would enable it for all.
pub const SEAMS: [&str; 8] = [
    "cluster-sim-types",
    "cluster-sim-runtime",
    "cluster-sim-transport",
    "cluster-sim-storage",
    "cluster-sim-node",
    "cluster-sim-invariants",
    "cluster-sim-metrics",
    "cluster-sim",
];

/// Those of them with a tokio twin, which must build with feature `tokio` and without the simulator.
pub const TOKIO_TWINS: [&str; 5] =
    ["cluster-sim-runtime", "cluster-sim-transport", "cluster-sim-storage", "cluster-sim-node", "cluster-sim"];

/// Builds each crate alone, up to the first that does not build.
///
/// # Errors
///
/// The systems could not be listed, or a crate does not build alone.
pub fn build(environment: &Environment) -> Result<(), SeamsError> {
    let Environment { root, cargo, .. } = environment;
    calls(root).map_err(SeamsError::Systems)?.iter().try_for_each(|call| call.run(cargo, root))?;
    Ok(())
}

/// The calls for the crates above and for each system.
fn calls(root: &Path) -> io::Result<Vec<Call>> {
    let systems = systems::packages(root)?;
    let seams = SEAMS.into_iter().chain(systems.iter().map(String::as_str));
    // Clippy costs as much as `cargo check` and also finds code that only the full build uses.
    let seams = seams.map(|seam| format!("clippy -p {seam} -- -D warnings"));
    let twins = TOKIO_TWINS.iter().map(|seam| format!("clippy -p {seam} --features tokio -- -D warnings"));
    Ok(seams.chain(twins).map(|line| Call::cargo(&line)).collect())
}

/// A crate does not build alone.
#[derive(Debug, thiserror::Error)]
pub enum SeamsError {
    /// The systems could not be listed.
    #[error("the systems could not be listed: {0}")]
    Systems(#[source] io::Error),
    /// A crate does not build.
    #[error(transparent)]
    Call(#[from] CallError),
}
