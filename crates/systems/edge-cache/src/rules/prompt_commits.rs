//! The rule that a commit reaches every edge within a bound.

use std::collections::VecDeque;
use std::time::Duration;

use cluster_sim_invariants::{Change, Invariant, Verdict, VirtualInstant, World};

use crate::config::Layout;
use crate::edge::EdgeView;
use crate::fact::EdgeFact;
use crate::message::{Key, Version};

/// Every commit of the recovery phase is held by every live edge within a bound (H19, C11).
///
/// Judges each commit by itself while others follow, so no later write of a key hides one that got lost.
///
/// Right for [gated](crate::ApplyMode::VersionGated) edges, if no fault is in force in the recovery phase, and if the bound
/// covers a stall of the router, the way to an edge, and the fetch of a version or a snapshot.
#[derive(Debug)]
pub struct PromptCommits {
    layout: Layout,
    from: VirtualInstant,
    bound: Duration,
    /// The commits that are not judged yet, by instant.
    pending: VecDeque<Commit>,
    times_checked: u64,
}

#[derive(Debug, Clone, Copy)]
struct Commit {
    key: Key,
    version: Version,
    at: VirtualInstant,
}

impl PromptCommits {
    /// Creates the rule for commits from `from` on.
    pub fn new(layout: Layout, from: VirtualInstant, bound: Duration) -> Self {
        Self { layout, from, bound, pending: VecDeque::new(), times_checked: 0 }
    }

    /// Judges the commits whose bound has passed.
    fn judge(&mut self, world: &World<'_>) -> Verdict {
        while let Some(commit) = self.pending.front().copied().filter(|commit| world.now() - commit.at > self.bound) {
            self.pending.pop_front();
            self.times_checked += 1;
            let verdict = self.check(commit, world);
            if verdict != Verdict::Holds {
                // One report is enough.
                self.pending.clear();
                return verdict;
            }
        }
        Verdict::Holds
    }

    fn check(&self, commit: Commit, world: &World<'_>) -> Verdict {
        let Commit { key, version, at } = commit;
        for edge in (0..self.layout.edges).map(|index| self.layout.edge(index)) {
            let held = world.view::<EdgeView>(edge).and_then(|view| view.versions.get(key as usize));
            if let Some(held) = held.filter(|held| **held < version) {
                let (name, bound) = (world.name(edge), self.bound.as_secs_f64());
                let message =
                    format!("{name} holds version {held} of key {key}, {bound:.3}s after version {version} was committed at {at}");
                return Verdict::violated([edge], message);
            }
        }
        Verdict::Holds
    }
}

impl Invariant for PromptCommits {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(EdgeFact::Committed { key, version }) = change.fact()
            && world.now() >= self.from
        {
            self.pending.push_back(Commit { key: *key, version: *version, at: world.now() });
        }
        if self.pending.is_empty() { Verdict::Holds } else { self.judge(world) }
    }

    /// Commits whose bound has passed.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        self.judge(world)
    }
}
