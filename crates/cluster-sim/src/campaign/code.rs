//! Which code runs, and where files about its runs go.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cluster_sim_runtime::{finalize, fold_bytes};

use crate::replay::Code;

/// Where files about failing runs go, below the folder that everything built goes to.
const FOLDER: &str = "cluster-sim";

impl Code {
    /// The code that runs here: the revision of the folder that this process is in, with `-dirty` if something was changed since, and a hash
    /// of the nearest lockfile upwards. What cannot be found out is not known.
    pub fn here() -> Self {
        let revision = git(&["rev-parse", "--verify", "HEAD"]);
        let is_dirty = || git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
        let revision = revision.map(|revision| if is_dirty() { format!("{revision}-dirty") } else { revision });
        Self { revision, lockfile: lockfile() }
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn lockfile() -> Option<String> {
    let here = env::current_dir().ok()?;
    let bytes = here.ancestors().find_map(|folder| fs::read(folder.join("Cargo.lock")).ok())?;
    Some(format!("{:016x}", finalize(fold_bytes(0, &bytes))))
}

/// `target/cluster-sim`, beside what this test was built to; in the present folder if it was built by something else than cargo.
pub(super) fn artifacts_root() -> PathBuf {
    let executable = env::current_exe().unwrap_or_default();
    let built = executable.ancestors().find(|folder| folder.ends_with("deps"));
    let target = built.and_then(Path::parent).and_then(Path::parent);
    target.unwrap_or(Path::new("target")).join(FOLDER)
}
