//! The steps of the check, and what each runs.

use clap::ValueEnum;

use crate::command::Call;
use crate::nextest;
use crate::{size, speed};

/// One thing that must hold before a change is ready. They run in the order of their declaration, cheapest answers first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Step {
    /// The formatting is rustfmt's
    Fmt,
    /// Clippy is content with every target and feature
    Clippy,
    /// cargo-nextest is there; installs the pinned version where it is not
    Nextest,
    /// Every test passes, under cargo-nextest
    Test,
    /// Every example in the documentation runs
    Doctest,
    /// The documentation builds, and its links lead somewhere
    Docs,
    /// The crates that production code imports build alone, without the simulator
    Seams,
    /// The command line builds, optimised
    Release,
    /// The digests, of the short scenarios from 10,000 seeds, are the committed ones, in two processes, on one thread and on two
    Digests,
    /// The command line runs the users' scenario within 50 ms
    Speed,
    /// An event takes no more instructions than it may, as valgrind counts them; skipped where there is no valgrind
    Instructions,
    /// A large edge cache runs within 15 s and 1 GiB; only where asked for
    Size,
}

/// The profile of cargo-nextest that the tests run under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// At somebody's desk.
    Default,
    /// In a pipeline: writes JUnit.
    Ci,
}

/// The crates that must build without `test-utils`, each alone: `--workspace` switches it on for all of them.
pub const SEAMS: [&str; 10] = [
    "cluster-sim-types",
    "cluster-sim-runtime",
    "cluster-sim-transport",
    "cluster-sim-node",
    "cluster-sim-invariants",
    "cluster-sim-metrics",
    "cluster-sim",
    "cluster-sim-edge-cache",
    "cluster-sim-echo",
    "cluster-sim-gossip",
];

/// Those of them with a real twin, which must build with it and without the simulator.
pub const REAL_TWINS: [&str; 4] = ["cluster-sim-runtime", "cluster-sim-transport", "cluster-sim-node", "cluster-sim"];

impl Step {
    /// All steps, in the order they run.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Whether it runs where none was asked for.
    fn by_default(self) -> bool {
        // A quarter of a minute of one core, which the other steps do not take all together.
        self != Self::Size
    }

    /// The steps asked for and those they need, in the order they run; where none was asked for all that run by default.
    pub fn selection(only: &[Self]) -> Vec<Self> {
        let wanted = |step: &Self| {
            only.is_empty() && step.by_default()
                || only.contains(step)
                || only.iter().any(|asked| asked.needs().is_some_and(|needed| needed == *step))
        };
        Self::all().iter().copied().filter(wanted).collect()
    }

    /// The step that must have run before this one has a meaning.
    fn needs(self) -> Option<Self> {
        match self {
            Self::Test => Some(Self::Nextest),
            Self::Digests | Self::Speed | Self::Size => Some(Self::Release),
            _ => None,
        }
    }

    /// Its name, as `--only` takes it.
    pub fn name(self) -> String {
        let value = self.to_possible_value().expect("no step is hidden from the command line");
        value.get_name().to_owned()
    }

    /// The calls of cargo it consists of. Empty for those that look before or after they act.
    pub fn calls(self, profile: Profile) -> Vec<Call> {
        match self {
            Self::Fmt => vec![Call::cargo("fmt --all -- --check")],
            Self::Clippy => vec![Call::cargo("clippy --workspace --all-targets --all-features -- -D warnings")],
            Self::Test => vec![Call::cargo(match profile {
                Profile::Default => "nextest run --workspace --all-features",
                Profile::Ci => "nextest run --workspace --all-features --profile ci",
            })],
            Self::Doctest => vec![Call::cargo("test --doc --workspace --all-features")],
            Self::Docs => vec![Call::cargo("doc --workspace --no-deps --all-features").with("RUSTDOCFLAGS", "-D warnings")],
            // Clippy costs what `cargo check` does and makes errors of what only the full build uses.
            Self::Seams => {
                let seams = SEAMS.iter().map(|seam| format!("clippy -p {seam} -- -D warnings"));
                let twins = REAL_TWINS.iter().map(|seam| format!("clippy -p {seam} --features tokio -- -D warnings"));
                seams.chain(twins).map(|line| Call::cargo(&line)).collect()
            }
            Self::Release => vec![Call::cargo("build --release -p cluster-sim-cli")],
            Self::Nextest | Self::Digests | Self::Speed | Self::Instructions | Self::Size => Vec::new(),
        }
    }

    /// What it runs, on one line.
    pub fn line(self, profile: Profile) -> String {
        match self {
            Self::Nextest => format!("cargo nextest --version, and where it does not answer {}", nextest::install()),
            Self::Digests => {
                "target/release/cluster-sim digests --threads 1, then --threads 2, against tests/digests.toml".to_owned()
            }
            Self::Speed => format!(
                "target/release/cluster-sim run --scenario {}, the best of some runs within {:?}",
                speed::SCENARIO,
                speed::BOUND
            ),
            Self::Instructions => "valgrind --tool=callgrind on `cargo bench --bench product`, instructions an event within their \
                                   ceilings; skipped where there is no valgrind"
                .to_owned(),
            Self::Size => format!(
                "target/release/cluster-sim run --scenario {}, within {:?} and {} MiB; only where asked for",
                size::SCENARIO,
                size::TIME_BOUND,
                size::MEMORY_BOUND_KIB / 1024
            ),
            Self::Seams => {
                let (seams, twins) = (SEAMS.join(" "), REAL_TWINS.join(" "));
                format!("cargo clippy -p CRATE -- -D warnings, each alone: {seams}; with --features tokio: {twins}")
            }
            _ => self.calls(profile).iter().map(Call::to_string).collect::<Vec<_>>().join("; "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_choice_every_step_runs_that_does_not_take_long() {
        let asked_for = |step: &Step| *step == Step::Size;
        assert_eq!(Step::selection(&[]), Step::all().iter().copied().filter(|step| !asked_for(step)).collect::<Vec<_>>());
    }

    #[test]
    fn a_step_brings_what_it_needs_in_order() {
        assert_eq!(Step::selection(&[Step::Digests, Step::Fmt]), [Step::Fmt, Step::Release, Step::Digests]);
        assert_eq!(Step::selection(&[Step::Test]), [Step::Nextest, Step::Test]);
        assert_eq!(Step::selection(&[Step::Size]), [Step::Release, Step::Size]);
    }

    #[test]
    fn every_step_says_what_it_runs_on_one_line() {
        for step in Step::all() {
            let line = step.line(Profile::Ci);
            assert!(!line.is_empty() && !line.contains('\n'), "{}: {line:?}", step.name());
        }
    }
}
