//! The builtin scenarios of the edge cache: files embedded in the crate.

use cluster_sim_registry::BuiltinScenario;

use super::defaults::Defaults;
use super::file::EdgeCacheFile;

// The folder beside the manifest is a link to the one at the root of the repository, so that the package contains the files and the
// repository has them once.
macro_rules! files {
    ($($name:literal: $summary:literal),* $(,)?) => {
        [$(($name, $summary, include_str!(concat!("../../scenarios/", $name, ".json")))),*]
    };
}

/// The scenarios whose digests are compared from 10,000 seeds.
const SHORT: [&str; 2] = ["edge-cache-short", "edge-cache-short-async"];

impl EdgeCacheFile {
    /// The format's first example (EDGE-42), a start for scenarios built in code.
    pub fn example() -> Self {
        let text = include_str!("../../scenarios/edge-cache.json");
        Self::parse(text, "edge-cache", &Defaults::default()).expect("a test parses the example")
    }
}

/// The edge cache by name, the format's first example first.
pub(super) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    files! {
        "edge-cache": "loss, reordering, dropped invalidations and a partitioned edge: how stale do reads get",
        "edge-cache-control": "no chaos and no roaming: every violation counter must stay at zero",
        "edge-cache-burst-lag": "the router stalls, its subscription overflows, and the edges fetch snapshots",
        "edge-cache-version-gated": "edge-cache with edges that refuse old versions and fetch missing ones",
        "edge-cache-async": "edge-cache with clients written as async functions: every number is the same",
        "edge-cache-short": "edge-cache in one second instead of thirty, for many seeds",
        "edge-cache-short-async": "edge-cache-short with clients written as async functions",
    }
    .map(|(name, summary, text)| {
        let scenario = BuiltinScenario::new(name, summary, move |variables| {
            EdgeCacheFile::parse(text, name, &Defaults::of(variables))?.prepare()
        });
        if SHORT.contains(&name) { scenario.for_many_seeds() } else { scenario }
    })
}
