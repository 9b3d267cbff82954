//! The rule that news is known everywhere within a bound.

use std::collections::VecDeque;
use std::time::Duration;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, VirtualInstant, World};

use crate::message::Newest;

/// In the recovery phase every live node knows each piece of news within a bound (C11).
///
/// A newer piece will do.
///
/// So the news of every node counts, and not only of the one whose news is the newest in the end.
///
/// Right if no fault is in force in the recovery phase, and if the bound covers the way from one node to another.
#[derive(Debug)]
pub struct PromptNews {
    from: VirtualInstant,
    bound: Duration,
    /// The newest value that any node knew.
    newest: Newest,
    /// The news that is not judged yet, by instant.
    pending: VecDeque<News>,
    times_checked: u64,
}

/// A value, and the node that knew it first.
#[derive(Debug, Clone, Copy)]
struct News {
    value: Newest,
    from: NodeId,
    at: VirtualInstant,
}

impl PromptNews {
    /// Creates the rule for news from `from` on.
    pub fn new(from: VirtualInstant, bound: Duration) -> Self {
        Self { from, bound, newest: Newest::default(), pending: VecDeque::new(), times_checked: 0 }
    }

    fn learn(&mut self, node: NodeId, value: Newest, now: VirtualInstant) {
        if value > self.newest {
            self.newest = value;
            if now >= self.from {
                self.pending.push_back(News { value, from: node, at: now });
            }
        }
    }

    /// Judges the news whose bound has passed.
    fn judge(&mut self, world: &World<'_>) -> Verdict {
        while let Some(news) = self.pending.front().copied().filter(|news| world.now() - news.at > self.bound) {
            self.pending.pop_front();
            self.times_checked += 1;
            let ignorant = world.views::<Newest>().find(|(_, newest)| **newest < news.value);
            if let Some((node, newest)) = ignorant {
                let [name, from_name] = [node, news.from].map(|node| world.name(node));
                let (bound, at, value) = (self.bound.as_secs_f64(), news.at, news.value.0);
                let message = format!(
                    "{name} knows of nothing newer than {:#x}, {bound:.3}s after {from_name} knew of {value:#x} at {at}",
                    newest.0
                );
                // One report is enough.
                self.pending.clear();
                return Verdict::violated([node, news.from], message);
            }
        }
        Verdict::Holds
    }
}

impl Invariant for PromptNews {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(newest) = world.view::<Newest>(node) {
            self.learn(node, *newest, world.now());
        }
        if self.pending.is_empty() { Verdict::Holds } else { self.judge(world) }
    }

    /// News whose bound has passed.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        self.judge(world)
    }
}
