//! [`BuildInfo`]: the code that ran.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use cluster_sim_runtime::{finalize, fold_bytes};
use serde::{Deserialize, Serialize};

/// The code that ran; other code may run differently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildInfo {
    /// Git revision, with `-dirty` if a tracked file was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Hash of the lockfile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lockfile: Option<String>,
}

impl BuildInfo {
    /// Returns the git revision of the current folder and a hash of the nearest `Cargo.lock`.
    ///
    /// The revision ends in `-dirty` if a tracked file was changed. Looks for `Cargo.lock` from the current folder upwards.
    /// Fields that cannot be determined are absent.
    pub fn here() -> Self {
        env::current_dir().map_or_else(|_| Self::default(), |folder| Self::at(&folder))
    }

    /// One sentence for each known field in which `now` differs.
    pub fn changes_to(&self, now: &Self) -> Vec<String> {
        let pairs = [("revision", &self.revision, &now.revision), ("lockfile", &self.lockfile, &now.lockfile)];
        let changed = pairs.into_iter().filter_map(|(field, then, now)| {
            let (then, now) = (then.as_ref()?, now.as_ref()?);
            (then != now).then(|| format!("the {field} was {then} and is {now} now"))
        });
        changed.collect()
    }

    fn at(folder: &Path) -> Self {
        let revision = git(folder, &["rev-parse", "--verify", "HEAD"]);
        let is_dirty =
            || git(folder, &["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
        let revision = revision.map(|revision| if is_dirty() { format!("{revision}-dirty") } else { revision });
        Self { revision, lockfile: lockfile(folder) }
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    let output = git.current_dir(folder).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn lockfile(folder: &Path) -> Option<String> {
    let bytes = folder.ancestors().find_map(|folder| fs::read(folder.join("Cargo.lock")).ok())?;
    Some(format!("{:016x}", finalize(fold_bytes(0, &bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_git(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
        git(folder, &[&identity, arguments].concat()).unwrap_or_else(|| panic!("git {arguments:?} works in a folder of its own"));
    }

    #[test]
    fn build_info_holds_revision_dirtiness_and_lockfile() {
        let folder = tempfile::tempdir().expect("there is room");
        let (root, inner) = (folder.path(), folder.path().join("crates/store"));
        fs::create_dir_all(&inner).expect("there is room");
        fs::write(root.join("Cargo.lock"), "version = 4").expect("there is room");
        run_git(root, &["init"]);
        run_git(root, &["add", "."]);
        run_git(root, &["commit", "-m", "Begin"]);
        let clean = BuildInfo::at(&inner);
        let revision = clean.revision.clone().expect("there is one");
        assert!(revision.len() == 40 && revision.bytes().all(|digit| digit.is_ascii_hexdigit()), "{revision}");
        assert!(clean.lockfile.is_some());

        fs::write(root.join("new"), "not tracked").expect("there is room");
        assert_eq!(BuildInfo::at(&inner), clean, "what is not tracked is no change");
        fs::write(root.join("Cargo.lock"), "version = 3").expect("there is room");
        let changed = BuildInfo::at(&inner);
        assert_eq!(changed.revision, Some(format!("{revision}-dirty")));
        assert_ne!(changed.lockfile, clean.lockfile);
        fs::write(inner.join("Cargo.lock"), "version = 4").expect("there is room");
        assert_eq!(BuildInfo::at(&inner).lockfile, clean.lockfile, "the nearest counts");
    }

    #[test]
    fn build_info_is_empty_outside_a_repository() {
        let folder = tempfile::tempdir().expect("there is room");
        assert_eq!(BuildInfo::at(&folder.path().join("nowhere")), BuildInfo::default());
    }
}
