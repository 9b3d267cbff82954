//! The random choices of rules.

use cluster_sim_runtime::{Address, Choice, Kernel, Roll, Site, Stream};
use cluster_sim_types::{NodeId, Ratio};

const WHETHER: Stream = Stream::named("disk fault");
const WHERE: Stream = Stream::named("disk fault place");

/// Decides about one operation, or one sector, of a node's disk.
pub(in crate::disk) struct Decider<'k> {
    pub(in crate::disk) kernel: &'k mut Kernel,
    pub(in crate::disk) node: NodeId,
    /// The subject: a life, a path, an operation and its offset, the count of equal ones.
    pub(in crate::disk) about: Address,
}

impl Decider<'_> {
    fn site(&self, choice: Choice, stream: Stream, rule: Address) -> Site {
        Site { choice, stream, address: self.about.number(rule.key()), node: self.node, peer: self.node }
    }

    /// Whether the rule of that address does its thing.
    pub(in crate::disk) fn holds(&mut self, rule: Address, share: Ratio) -> bool {
        let site = self.site(Choice::DiskFault, WHETHER, rule);
        self.kernel.choose(site, |roll: Roll| u64::from(roll.holds(share))) == 1
    }

    /// Picks a place among that many for what the rule of that address does.
    pub(in crate::disk) fn place(&mut self, rule: Address, places: u64) -> u64 {
        let site = self.site(Choice::DiskFaultPlace, WHERE, rule);
        self.kernel.choose(site, |roll: Roll| roll.below(places.max(1)))
    }
}
