//! The step `nextest`: installs a pinned version of cargo-nextest if none is installed.

use std::path::Path;

use crate::command::{Call, CallError};

/// The version that is installed if there is none.
///
/// 0.9.114 is the newest that builds with the workspace's `rust-version` of 1.88: 0.9.115 asks for 1.89, 0.9.130 for 1.91.
pub const PINNED: Version = Version(0, 9, 114);

/// The oldest version that understands `.config/nextest.toml`: the first with `default-filter`.
pub const OLDEST: Version = Version(0, 9, 84);

/// Major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Installs the pinned version unless one at least as new as [`OLDEST`] is installed.
///
/// # Errors
///
/// The installation failed, or nextest does not run after it.
pub fn ensure(cargo: &Path, root: &Path) -> Result<(), NextestError> {
    if installed(cargo, root) {
        return Ok(());
    }
    println!("      cargo-nextest {OLDEST} or newer is not installed; installing {PINNED}");
    install().run(cargo, root)?;
    if installed(cargo, root) { Ok(()) } else { Err(NextestError::StillAbsent) }
}

/// The call that installs the pinned version.
pub fn install() -> Call {
    Call::cargo(&format!("install cargo-nextest --locked --version {PINNED}"))
}

fn installed(cargo: &Path, root: &Path) -> bool {
    let printed = Call::cargo("nextest --version").probe(cargo, root);
    printed.and_then(|printed| version(&String::from_utf8_lossy(&printed))).is_some_and(|version| version >= OLDEST)
}

/// Parses the output of `cargo nextest --version`: `cargo-nextest 0.9.114 (…)`.
fn version(printed: &str) -> Option<Version> {
    let mut numbers = printed.strip_prefix("cargo-nextest ")?.split_whitespace().next()?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some(Version(next()?, next()?, next()?))
}

/// cargo-nextest could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum NextestError {
    /// Cargo could not install it.
    #[error(transparent)]
    Install(#[from] CallError),
    /// It was installed and does not run.
    #[error("cargo-nextest was installed, but `cargo nextest --version` fails; add cargo's folder `bin` to PATH")]
    StillAbsent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: 0.9.143"), Some(Version(0, 9, 143)));
        assert!(version("cargo-nextest 0.9.100").expect("a version") > version("cargo-nextest 0.9.84").expect("a version"));
        assert_eq!(version("error: no such command: `nextest`"), None);
    }

    #[test]
    fn the_configuration_requires_the_oldest_accepted_version() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.config/nextest.toml");
        let text = std::fs::read_to_string(path).expect("the configuration of nextest is committed");
        let table: toml::Table = text.parse().expect("the configuration of nextest is TOML");
        assert_eq!(table["nextest-version"]["required"].as_str(), Some(OLDEST.to_string().as_str()));
        assert!(PINNED >= OLDEST);
    }
}
