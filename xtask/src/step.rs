//! The steps of the check, and the commands of each.

use clap::ValueEnum;

use crate::bench::programs;
use crate::command::Call;
use crate::environment::Profile;
use crate::nextest;
use crate::{seams, size, speed};

/// A check that every change must pass. Steps run in the order of their declaration, cheap ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Step {
    /// Rustfmt would change nothing
    Fmt,
    /// Clippy has no warning on any target or feature
    Clippy,
    /// cargo-nextest is installed; otherwise installs the pinned version
    Nextest,
    /// Every test passes, under cargo-nextest
    Test,
    /// The tests of what changed pass, and a few suites that use everything; only on request or with --quick
    Touched,
    /// Every example in the documentation runs
    Doctest,
    /// The documentation builds without broken links
    Docs,
    /// Every crate that production code imports builds alone, without the simulator
    Seams,
    /// The command line and the bench of `instructions` build in release mode
    Release,
    /// Two processes, on one thread and on two, print the committed digests, those of 10,000 seeds of each short scenario included
    Digests,
    /// The command line runs the users' scenario within 50 ms
    Speed,
    /// No event and no seed of a system exceeds its ceiling of instructions, counted by valgrind; skipped without valgrind
    Instructions,
    /// A large edge cache runs within 15 s and 1 GiB; only on request
    Size,
}

impl Step {
    /// All steps, in the order they run.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// The steps for a change at the desk: what finds most mistakes within two minutes.
    pub const QUICK: [Self; 3] = [Self::Fmt, Self::Clippy, Self::Touched];

    /// Whether the step runs when none is selected.
    fn by_default(self) -> bool {
        // `Size` needs up to 15 s of one core alone; `Test` includes `Touched`.
        !matches!(self, Self::Size | Self::Touched)
    }

    /// The selected steps and those they need, in the order they run; by default all that need no request.
    pub fn selection(only: &[Self]) -> Vec<Self> {
        let wanted = |step: &Self| {
            only.is_empty() && step.by_default()
                || only.contains(step)
                || only.iter().any(|selected| selected.needs().is_some_and(|needed| needed == *step))
        };
        Self::all().iter().copied().filter(wanted).collect()
    }

    /// The step that must run before this one.
    fn needs(self) -> Option<Self> {
        match self {
            Self::Test | Self::Touched => Some(Self::Nextest),
            Self::Digests | Self::Speed | Self::Instructions | Self::Size => Some(Self::Release),
            _ => None,
        }
    }

    /// The name on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value().expect("no step is hidden from the command line");
        value.get_name().to_owned()
    }

    /// The calls of cargo that make up the step; empty for steps with logic of their own.
    pub fn calls(self, profile: Profile) -> Vec<Call> {
        match self {
            Self::Fmt => vec![Call::cargo("fmt --all -- --check")],
            Self::Clippy => vec![Call::cargo("clippy --workspace --all-targets --all-features -- -D warnings")],
            Self::Test => vec![Call::cargo(match profile {
                Profile::Default => "nextest run --workspace --all-features",
                Profile::Ci => "nextest run --workspace --all-features --profile ci",
            })],
            Self::Doctest => vec![Call::cargo("test --doc --workspace --all-features")],
            Self::Docs => {
                vec![Call::cargo("doc --workspace --no-deps --all-features").with_variable("RUSTDOCFLAGS", "-D warnings")]
            }
            // Together: each is linked on one core, and most of what they consist of is built once.
            Self::Release => {
                vec![Call::cargo(&format!("build --release {} --bin cluster-sim --bench product", programs::OPTIMIZED))]
            }
            Self::Nextest | Self::Touched | Self::Seams | Self::Digests | Self::Speed | Self::Instructions | Self::Size => {
                Vec::new()
            }
        }
    }

    /// The commands of the step, on one line.
    pub fn line(self, profile: Profile) -> String {
        match self {
            Self::Nextest => format!("cargo nextest --version, and if that fails {}", nextest::install()),
            Self::Touched => {
                "cargo nextest run, with the packages and suites changed since the upstream branch or the last commit; \
                              only on request"
                    .to_owned()
            }
            Self::Digests => {
                "target/release/cluster-sim digests --threads 1, then --threads 2, compared with tests/digests.toml".to_owned()
            }
            Self::Speed => format!(
                "target/release/cluster-sim run --scenario {}, the best of several runs within {:?}",
                speed::SCENARIO,
                speed::BOUND
            ),
            Self::Instructions => {
                "valgrind --tool=callgrind on `cargo bench --bench product` and on sweeps, instructions per event and per seed \
                                   within their ceilings; skipped without valgrind"
                    .to_owned()
            }
            Self::Size => format!(
                "target/release/cluster-sim run --scenario {}, within {:?} and {} MiB; only on request",
                size::SCENARIO,
                size::TIME_BOUND,
                size::MEMORY_BOUND_KIB / 1024
            ),
            Self::Seams => {
                let (seams, twins) = (seams::SEAMS.join(" "), seams::TOKIO_TWINS.join(" "));
                format!(
                    "cargo clippy -p CRATE -- -D warnings, each alone: {seams} and every system; with --features tokio: {twins}"
                )
            }
            _ => self.calls(profile).iter().map(Call::to_string).collect::<Vec<_>>().join("; "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_selection_every_step_runs_but_those_on_request() {
        let on_request = |step: &Step| [Step::Size, Step::Touched].contains(step);
        assert_eq!(Step::selection(&[]), Step::all().iter().copied().filter(|step| !on_request(step)).collect::<Vec<_>>());
    }

    #[test]
    fn a_selected_step_runs_after_those_it_needs() {
        assert_eq!(Step::selection(&[Step::Digests, Step::Fmt]), [Step::Fmt, Step::Release, Step::Digests]);
        assert_eq!(Step::selection(&[Step::Test]), [Step::Nextest, Step::Test]);
        assert_eq!(Step::selection(&[Step::Size]), [Step::Release, Step::Size]);
        assert_eq!(Step::selection(&Step::QUICK), [Step::Fmt, Step::Clippy, Step::Nextest, Step::Touched]);
    }

    #[test]
    fn the_commands_of_every_step_fit_on_one_line() {
        for step in Step::all() {
            let line = step.line(Profile::Ci);
            assert!(!line.is_empty() && !line.contains('\n'), "{}: {line:?}", step.name());
        }
    }
}
