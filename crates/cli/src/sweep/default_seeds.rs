//! The seeds of a sweep that was told none: others for every revision of the code.

use std::path::Path;
use std::process::{Command, Stdio};

use cluster_sim::{Seed, SeedRange};

/// How many there are.
const COUNT: u32 = 1024;

/// Seeds that begin with the git revision of a folder, or with 0 where there is none; and why these.
pub(super) fn fresh(folder: &Path) -> (SeedRange, String) {
    match revision(folder) {
        Ok(revision) => match revision.parse::<Seed>() {
            Ok(first) if revision.len() == 40 => {
                (SeedRange::from(first, COUNT), format!("{COUNT} from git revision {}", &revision[..12]))
            }
            _ => without(&format!("git names {revision:?} as the revision, which is none of 40 digits")),
        },
        Err(reason) => without(&reason),
    }
}

fn without(reason: &str) -> (SeedRange, String) {
    (SeedRange::from(Seed(0), COUNT), format!("{COUNT} from 0, the same each time, since {reason}; --seeds names others"))
}

/// The revision that a folder is at, or why there is none.
fn revision(folder: &Path) -> Result<String, String> {
    let mut git = Command::new("git");
    git.args(["rev-parse", "--verify", "HEAD"]).current_dir(folder).stdin(Stdio::null());
    let output = git.output().map_err(|error| format!("git could not be asked for a revision ({error})"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("there is no git revision here ({})", said.lines().next().unwrap_or("git says nothing").trim()))
}
