//! The workspace and the tools that every task is handed, and the clock of the machine.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The cargo-nextest profile of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// For interactive use.
    Default,
    /// For CI; writes JUnit XML.
    Ci,
}

/// The workspace, the cargo and the profile that a task uses.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The workspace, and the working directory of every call.
    pub root: PathBuf,
    /// The cargo that every call of cargo runs.
    pub cargo: PathBuf,
    /// The target directory of cargo, from the environment; otherwise taken from `cargo metadata`.
    pub target: Option<PathBuf>,
    /// The nextest profile of the tests.
    pub profile: Profile,
}

impl Environment {
    /// Takes the values of the variables `CARGO`, `CARGO_TARGET_DIR` and `CI`; an empty `CI` counts as unset.
    pub fn new(root: PathBuf, cargo: Option<OsString>, target: Option<OsString>, ci: Option<OsString>) -> Self {
        let target = target.map(|target| root.join(target));
        let cargo = cargo.map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
        let profile = if ci.is_some_and(|value| !value.is_empty()) { Profile::Ci } else { Profile::Default };
        Self { root, cargo, target, profile }
    }
}

#[expect(clippy::disallowed_methods, reason = "the duration of a step is time of the machine")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_ci_counts_as_unset() {
        let environment = |ci: Option<&str>| Environment::new(PathBuf::new(), None, None, ci.map(OsString::from)).profile;
        assert_eq!(environment(None), Profile::Default);
        assert_eq!(environment(Some("")), Profile::Default);
        assert_eq!(environment(Some("true")), Profile::Ci);
    }
}
