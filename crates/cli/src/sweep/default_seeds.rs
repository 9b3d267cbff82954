//! The default seeds of a sweep: fresh ones for every revision of the code.

use std::path::Path;
use std::process::{Command, Stdio};

use cluster_sim::Seed;
use cluster_sim::explore::SeedRange;

/// The number of default seeds.
const COUNT: u32 = 1024;

/// Returns seeds that begin with the git revision of a folder, or with 0 if there is none, and the reason as text.
pub(super) fn fresh(folder: &Path) -> (SeedRange, String) {
    match revision(folder) {
        Ok(revision) => match revision.parse::<Seed>() {
            Ok(first) if revision.len() == 40 => {
                (SeedRange::from(first, COUNT), format!("{COUNT} from git revision {}", &revision[..12]))
            }
            _ => from_zero(&format!("git names {revision:?} as the revision, which does not have 40 digits")),
        },
        Err(reason) => from_zero(&reason),
    }
}

fn from_zero(reason: &str) -> (SeedRange, String) {
    (SeedRange::from(Seed(0), COUNT), format!("{COUNT} from 0, since {reason}; --seeds selects others"))
}

/// The git revision of a folder, or why there is none.
fn revision(folder: &Path) -> Result<String, String> {
    let mut git = Command::new("git");
    git.args(["rev-parse", "--verify", "HEAD"]).current_dir(folder).stdin(Stdio::null());
    let output = git.output().map_err(|error| format!("git could not be run ({error})"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("there is no git revision here ({})", stderr.lines().next().unwrap_or("git printed nothing").trim()))
}
