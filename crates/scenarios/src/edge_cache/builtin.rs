//! The ready scenarios of the edge cache: files that come with the crate.

use super::file::{Defaults, EdgeCacheFile};
use crate::registry::BuiltinScenario;

// The folder beside the manifest is a link to the one at the root of the repository, so that a package holds the files
// and the repository holds them once.
macro_rules! files {
    ($($name:literal: $summary:literal),* $(,)?) => {
        [$(($name, $summary, include_str!(concat!("../../scenarios/", $name, ".json")))),*]
    };
}

/// Those that are run from ten thousand seeds.
const SHORT: [&str; 2] = ["edge-cache-short", "edge-cache-short-async"];

impl EdgeCacheFile {
    /// The format's first example (EDGE-42), to start from in code.
    pub fn example() -> Self {
        let text = include_str!("../../scenarios/edge-cache.json");
        Self::parse(text, "edge-cache", &Defaults::default()).expect("the example is a scenario, which a test holds")
    }
}

/// The ready scenarios of the edge cache, the format's first example first.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    files! {
        "edge-cache": "loss, reordering, dropped invalidations and a cut-off edge; how stale do reads get",
        "edge-cache-control": "no chaos and no roaming: every violation counter must stay at zero",
        "edge-cache-burst-lag": "the router stalls, its subscription overflows, and the edges fetch snapshots",
        "edge-cache-version-gated": "the first scenario with edges that refuse old versions and fetch missing ones",
        "edge-cache-async": "the first scenario with clients written as async functions: every number is the same",
        "edge-cache-short": "one second with all that the first scenario has in thirty, for many seeds",
        "edge-cache-short-async": "the same, with clients written as async functions",
    }
    .map(|(name, summary, text)| {
        let ready = BuiltinScenario::new(name, summary, move |defaults| EdgeCacheFile::parse(text, name, defaults)?.prepare());
        if SHORT.contains(&name) { ready.for_many_seeds() } else { ready }
    })
}
