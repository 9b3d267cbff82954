//! [`Request`]: what the environment asks a test to run.

use std::ffi::OsString;
use std::ops::Range;
use std::path::PathBuf;

use cluster_sim_runtime::Seed;

use crate::campaign::SeedRange;
use crate::environment::{REPLAY, SEED, SEEDS};

/// Request of the environment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The seeds of the test.
    Default,
    /// Exactly that seed, once.
    Seed(Seed),
    /// These seeds.
    Seeds(SeedRange),
    /// The case of a reproducer file.
    Replay(PathBuf),
}

impl Request {
    /// The seeds to run, for a test with these of its own.
    pub(super) fn seeds(&self, own: &Range<u64>) -> Range<u64> {
        match self {
            Self::Seeds(seeds) => seeds.seeds(),
            Self::Default | Self::Seed(_) | Self::Replay(_) => own.clone(),
        }
    }
}

/// Parses the environment; the error names the variable and the cure.
pub(super) fn requested(environment_variable: impl Fn(&str) -> Option<OsString>) -> Result<Request, String> {
    let value = |name: &str| environment_variable(name).map(|value| value.to_string_lossy().into_owned());
    let refused = |name: &str, error: &dyn std::fmt::Display| format!("{name} cannot be taken: {error}; or unset it");
    if let Some(file) = environment_variable(REPLAY) {
        return Ok(Request::Replay(PathBuf::from(file)));
    }
    match (value(SEED), value(SEEDS)) {
        (None, None) => Ok(Request::Default),
        (Some(seed), None) => seed.parse().map(Request::Seed).map_err(|error| refused(SEED, &error)),
        (None, Some(seeds)) => seeds.parse().map(Request::Seeds).map_err(|error| refused(SEEDS, &error)),
        (Some(seed), Some(seeds)) => {
            Err(format!("{SEED}={seed} asks for one seed and {SEEDS}={seeds} for others; unset one of the two variables"))
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn asked(seed: Option<&str>, seeds: Option<&str>) -> Result<Request, String> {
        requested(|name| match name {
            SEED => seed.map(OsString::from),
            SEEDS => seeds.map(OsString::from),
            _ => None,
        })
    }

    #[test]
    fn the_environment_asks_for_one_seed_or_for_many() {
        assert_eq!(asked(None, None), Ok(Request::Default));
        assert_eq!(asked(Some("0x2a"), None), Ok(Request::Seed(Seed(42))));
        let seeds = |text: &str| Ok(Request::Seeds(text.parse().unwrap()));
        assert_eq!((asked(None, Some("5..9")), asked(None, Some("9"))), (seeds("5..9"), seeds("0..9")));
    }

    #[rstest]
    #[case(Some("many"), None, "CLUSTER_SIM_SEED cannot be taken: \"many\" is not a seed; use a decimal number")]
    #[case(Some(""), None, "CLUSTER_SIM_SEED cannot be taken: \"\" is not a seed;")]
    #[case(None, Some("5..5"), "CLUSTER_SIM_SEEDS cannot be taken: \"5..5\" is no range of seeds")]
    #[case(Some("1"), Some("5..6"), "CLUSTER_SIM_SEED=1 asks for one seed and CLUSTER_SIM_SEEDS=5..6 for others; unset one")]
    fn an_invalid_request_is_named_with_its_cure(#[case] seed: Option<&str>, #[case] seeds: Option<&str>, #[case] expected: &str) {
        let message = asked(seed, seeds).unwrap_err();
        assert!(message.starts_with(expected) && message.contains("unset"), "{message}");
    }
}
