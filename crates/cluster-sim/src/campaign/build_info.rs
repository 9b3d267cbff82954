//! Which code runs, and where files about its runs go.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cluster_sim_runtime::{finalize, fold_bytes};

use crate::replay::BuildInfo;

/// Where files about failing runs go, below the folder that everything built goes to.
const FOLDER: &str = "cluster-sim";

impl BuildInfo {
    /// The code that runs here: the revision of the folder that this process is in, with `-dirty` if something was changed since, and a hash
    /// of the nearest lockfile upwards. What cannot be found out is not known.
    pub fn here() -> Self {
        env::current_dir().map_or_else(|_| Self::default(), |folder| Self::at(&folder))
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

/// `target/cluster-sim`, beside what this test was built to; in the present folder if it was built by something else than cargo.
pub(super) fn artifacts_root() -> PathBuf {
    let executable = env::current_exe().unwrap_or_default();
    let built = executable.ancestors().find(|folder| folder.ends_with("deps"));
    let target = built.and_then(Path::parent).and_then(Path::parent);
    target.unwrap_or(Path::new("target")).join(FOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_git(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
        git(folder, &[&identity, arguments].concat()).unwrap_or_else(|| panic!("git {arguments:?} works in a folder of its own"));
    }

    #[test]
    fn code_is_known_by_its_revision_whether_it_was_changed_and_its_lockfile() {
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

        fs::write(root.join("new"), "nobody knows it").expect("there is room");
        assert_eq!(BuildInfo::at(&inner), clean, "what is not tracked is no change");
        fs::write(root.join("Cargo.lock"), "version = 3").expect("there is room");
        let changed = BuildInfo::at(&inner);
        assert_eq!(changed.revision, Some(format!("{revision}-dirty")));
        assert_ne!(changed.lockfile, clean.lockfile);
        fs::write(inner.join("Cargo.lock"), "version = 4").expect("there is room");
        assert_eq!(BuildInfo::at(&inner).lockfile, clean.lockfile, "the nearest counts");
    }

    #[test]
    fn what_cannot_be_found_out_is_not_known() {
        let folder = tempfile::tempdir().expect("there is room");
        assert_eq!(BuildInfo::at(&folder.path().join("nowhere")), BuildInfo::default());
    }
}
