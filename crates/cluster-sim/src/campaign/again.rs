//! How to see a failing seed of a test again.

use crate::report::Report;

/// The test that runs a campaign, by the names by which a runner of tests finds it.
#[derive(Debug, Clone)]
pub(super) struct Again {
    /// Its package.
    pub(super) package: String,
    /// The way to it from the root of its crate: `module::name`.
    pub(super) test: String,
}

impl Again {
    /// The line to paste. Where two runs of a seed differ, one run alone would show nothing: then it is a sweep of that seed.
    pub(super) fn line(&self, report: &Report) -> String {
        let Self { package, test } = self;
        let seed = report.seed();
        let seeds = match &report.divergence {
            Some(_) => format!("CLUSTER_SIM_SEEDS={}..{}", seed, cluster_sim_runtime::Seed(seed.0.saturating_add(1))),
            None => format!("CLUSTER_SIM_SEED={seed}"),
        };
        format!("{seeds} cargo nextest run -p {package} -E 'test(={test})'")
    }
}
