//! Files that are written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cluster_sim_registry::{ScenarioError, ScenarioErrorKind};
use tempfile::{Builder, NamedTempFile};

use crate::streams::{unless_gone, write_stdout};

/// The file that a command reads, which no output may overwrite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'p> {
    /// Its kind, for errors: `scenario`.
    pub(crate) what: &'static str,
    pub(crate) path: &'p Path,
}

/// A place that was checked to be writable before the run whose report goes there.
#[derive(Debug)]
pub(crate) struct ReportFile {
    /// The flag that names it, for errors.
    flag: &'static str,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The standard output.
    Stdout,
    /// A device or pipe, which is written to in place.
    Device(PathBuf),
    /// A file, which appears or is replaced as a whole.
    File(PathBuf),
}

impl ReportFile {
    /// Checks that a report can be written to `out`, and creates missing folders; `input` is a file that must not be overwritten.
    ///
    /// # Errors
    /// If it cannot. An existing file is unchanged.
    pub(crate) fn prepare(flag: &'static str, out: &Path, input: Input<'_>) -> Result<Self, ScenarioError> {
        Ok(Self { flag, place: Place::prepare(flag, out, input)? })
    }

    /// The path; `None` for the standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Stdout => None,
            Place::Device(path) | Place::File(path) => Some(path),
        }
    }

    /// Writes a temporary file beside the path and renames it. A reader of stdout or of a pipe that went away is no error.
    ///
    /// # Errors
    /// If the disk fills up or the path changed since it was prepared. An existing report is unchanged.
    pub(crate) fn write(&self, text: &str) -> Result<(), ScenarioError> {
        let (path, written) = match &self.place {
            Place::Stdout => (Path::new("-"), write_stdout(text)),
            Place::Device(path) => {
                let open = fs::OpenOptions::new().write(true).open(path);
                (path.as_path(), unless_gone(open.and_then(|mut file| file.write_all(text.as_bytes()))))
            }
            Place::File(path) => (path.as_path(), replace(path, text)),
        };
        written.map_err(|error| unwritable(self.flag, path, path, &format!("make room or name another file ({error})")))
    }
}

impl Place {
    fn prepare(flag: &str, out: &Path, input: Input<'_>) -> Result<Self, ScenarioError> {
        let unwritable = |out: &Path, value: &Path, cure: &str| unwritable(flag, out, value, cure);
        if out == Path::new("-") {
            return Ok(Self::Stdout);
        }
        if out.file_name().is_none() {
            return Err(unwritable(out, out, "name a file"));
        }
        // A link is followed: what it points to is replaced, not the link.
        let target = fs::canonicalize(out).unwrap_or_else(|_| out.to_owned());
        match fs::metadata(&target) {
            Ok(existing) if existing.is_dir() => return Err(unwritable(out, out, "it is a folder: name a file in it")),
            Ok(existing) if !existing.is_file() => return Ok(Self::Device(target)),
            Ok(existing) if existing.permissions().readonly() => {
                return Err(unwritable(out, out, "it is marked as read-only: name another file, or allow writing"));
            }
            Ok(_) if fs::canonicalize(input.path).ok().as_ref() == Some(&target) => {
                return Err(unwritable(out, out, &format!("it is the {} itself: name another file", input.what)));
            }
            Err(_) if fs::symlink_metadata(out).is_ok_and(|link| link.is_symlink()) => {
                return Err(unwritable(
                    out,
                    out,
                    "it is a link to a file that is not there: name another file, or create that one",
                ));
            }
            Ok(_) | Err(_) => {}
        }
        let folder = folder(&target);
        fs::create_dir_all(folder).map_err(|error| unwritable(out, folder, &cure_for_folder(&error)))?;
        // The probe is deleted at once, so that an interrupted run leaves no stray file.
        temporary(folder, &target).map(drop).map_err(|error| unwritable(out, folder, &cure_for_folder(&error)))?;
        Ok(Self::File(target))
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = temporary(folder(path), path)?;
    file.write_all(text.as_bytes())?;
    // The bytes reach the disk before the name does: a power cut leaves the old report or the new one.
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Creates a temporary file in `folder` to replace `path`, with the permissions of an existing `path`.
fn temporary(folder: &Path, path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".cluster-sim-report-");
    if let Ok(existing) = fs::metadata(path) {
        let file = builder.tempfile_in(folder)?;
        fs::set_permissions(file.path(), existing.permissions())?;
        return Ok(file);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file; the umask of the process still applies.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn cure_for_folder(error: &io::Error) -> String {
    format!("name a file in a folder that you may write to ({error})")
}

fn unwritable(flag: &str, out: &Path, value: &Path, cure: &str) -> ScenarioError {
    let value = format!("{:?}", value.to_string_lossy());
    ScenarioError::new(ScenarioErrorKind::Unwritable, &out.to_string_lossy(), flag, &value, cure)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prepares a report of a scenario that is no file.
    fn prepare(out: &Path) -> Result<ReportFile, ScenarioError> {
        ReportFile::prepare("--out", out, Input { what: "scenario", path: Path::new("a builtin scenario") })
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn preparing_creates_only_folders() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("a/b/report.json");
        let report = prepare(&out).unwrap();
        assert_eq!(names(out.parent().unwrap()), [""; 0]);
        report.write("{}\n").unwrap();
        assert_eq!(names(out.parent().unwrap()), ["report.json"]);
        assert_eq!(fs::read_to_string(&out).unwrap(), "{}\n");
    }

    #[test]
    fn a_failed_rename_leaves_no_temporary_file() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("report.json");
        let report = prepare(&out).unwrap();
        fs::create_dir(&out).unwrap();
        let error = report.write("{}\n").unwrap_err();
        assert_eq!((error.kind, error.path.as_str()), (ScenarioErrorKind::Unwritable, "--out"));
        assert_eq!(names(root.path()), ["report.json"]);
    }

    #[test]
    fn a_panic_while_writing_leaves_only_the_old_report() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("report.json");
        fs::write(&out, "old").unwrap();
        let panicked = std::panic::catch_unwind(|| {
            prepare(&out).unwrap();
            let half = temporary(folder(&out), &out).unwrap();
            half.as_file().write_all(b"{").unwrap();
            panic!("in the middle of writing");
        });
        assert!(panicked.is_err());
        assert_eq!((fs::read_to_string(&out).unwrap().as_str(), names(root.path())), ("old", vec!["report.json".to_owned()]));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_permissions_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real.json"), root.path().join("link.json"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        prepare(&link).unwrap().write("new").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_refused_and_stays() {
        let root = tempfile::tempdir().unwrap();
        let link = root.path().join("link.json");
        std::os::unix::fs::symlink(root.path().join("gone.json"), &link).unwrap();
        let error = prepare(&link).unwrap_err();
        assert!(error.cure.starts_with("it is a link to a file that is not there"), "{error}");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let report = prepare(Path::new("/dev/null")).unwrap();
        assert!(matches!(report.place, Place::Device(_)));
        report.write("{}\n").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
