//! [`Draw`]: from what a profile makes one fault, and [`Drawn`], a kind that it draws.

use std::time::Duration;

use cluster_sim_runtime::Roll;
use cluster_sim_transport::Impairment;
use cluster_sim_types::{Ratio, Shard};

use super::{Fault, FaultDomain, FaultKind};

/// A kind of fault that profiles draw. Another kind changes the plan of every seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawn {
    /// Addresses the rolls about this kind; unique among all families.
    pub(crate) number: u64,
    /// Its name in a profile.
    pub(crate) kind: FaultKind,
    /// How many percent of the seeds with faults draw it.
    pub(crate) percent: u32,
    /// Makes the fault; absent if there are too few nodes for it.
    pub(crate) fault: fn(&Draw<'_>) -> Option<Fault>,
}

/// A node that faults may hit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) name: &'a str,
    pub(crate) group: &'a str,
    pub(crate) region: Option<&'a str>,
    pub(crate) shard: Shard,
    pub(crate) zone: Option<&'a str>,
    pub(crate) rack: Option<&'a str>,
    /// Whether it serves an object store.
    pub(crate) serves_objects: bool,
    /// Its earliest start.
    pub(crate) starts: Duration,
}

impl Target<'_> {
    /// The place of that kind in which it stands, by its name.
    pub(super) fn domain(&self, kind: FaultDomain) -> Option<String> {
        match kind {
            FaultDomain::Rack => self.rack.map(str::to_owned),
            FaultDomain::Zone => self.zone.map(str::to_owned),
            FaultDomain::Region => self.region.map(str::to_owned),
            FaultDomain::Shard => Some(self.shard.0.to_string()),
        }
    }

    /// Whether it is in a group of that name, or in a set named as in `region:us-east`, `zone:a`, `rack:a/1` or `shard:0`.
    pub(super) fn is_in(&self, set: &str) -> bool {
        let of = |prefix| set.strip_prefix(prefix);
        self.group == set
            || of("group:") == Some(self.group)
            || of("region:").is_some_and(|region| self.region == Some(region))
            || of("zone:").is_some_and(|zone| self.zone == Some(zone))
            || of("rack:").is_some_and(|rack| self.rack == Some(rack))
            || of("shard:").is_some_and(|shard| shard.parse() == Ok(self.shard.0))
    }
}

/// Names of the nodes and classes of links that faults may hit.
#[derive(Clone, Copy)]
pub(super) struct Targets<'a> {
    /// The nodes that may crash or pause, and whose clocks may lie.
    pub(super) nodes: &'a [&'a str],
    /// Those of them whose disks may be damaged.
    pub(super) disks: &'a [&'a str],
    /// The nodes that serve an object store; faults of the store are not those of its node.
    pub(super) stores: &'a [&'a str],
    /// The nodes that faults of links may name.
    pub(super) cut: &'a [&'a str],
    /// The nodes of each region that faults of links may name.
    pub(super) regions: &'a [Vec<&'a str>],
    pub(super) links: &'a [&'a str],
    /// The racks, zones and regions of these nodes whose nodes all may crash, as faults name them.
    pub(super) domains: &'a [String],
    /// The declared points in node code.
    pub(super) failpoints: &'a [&'a str],
    /// Whether a node is one of `nodes`.
    pub(super) is_hit: &'a dyn Fn(&str) -> bool,
    /// Whether a node is one of `cut`.
    pub(super) is_cut: &'a dyn Fn(&str) -> bool,
}

impl<'a> Targets<'a> {
    /// The nodes that faults of that kind may hit.
    pub(super) fn of(self, kind: FaultKind) -> &'a [&'a str] {
        match kind {
            kind if kind.is_of_object_stores() => self.stores,
            kind if kind.damages_disks() => self.disks,
            kind if hits_nodes(kind) => self.nodes,
            _ => self.cut,
        }
    }

    /// Whether faults of that kind may hit the node.
    pub(super) fn allow(self, kind: FaultKind, node: &str) -> bool {
        match kind {
            kind if kind.is_of_object_stores() => self.stores.contains(&node),
            kind if kind.damages_disks() => self.disks.contains(&node),
            kind if hits_nodes(kind) => (self.is_hit)(node),
            _ => (self.is_cut)(node),
        }
    }
}

/// The group of a node: its name up to the last `/`.
pub(super) fn group_of(node: &str) -> &str {
    node.rsplit_once('/').map_or(node, |(group, _)| group)
}

fn hits_nodes(kind: FaultKind) -> bool {
    match kind {
        FaultKind::Crash | FaultKind::QuickRestart | FaultKind::Pause | FaultKind::Failpoint => true,
        _ => kind.is_of_clocks() || kind.is_of_disks() || kind.is_of_processes(),
    }
}

/// The parts of one fault.
#[derive(Clone, Copy)]
pub(crate) struct Draw<'a> {
    /// Decides what is open. Its low bits are independent of the high ones that pick a node.
    pub(crate) roll: Roll,
    pub(crate) length: Duration,
    node: &'a str,
    targets: Targets<'a>,
}

impl<'a> Draw<'a> {
    /// A fault of node `given`, or of the one that the roll picks; absent without nodes for that kind.
    pub(super) fn new(
        roll: Roll,
        (kind, targets): (FaultKind, Targets<'a>),
        given: Option<&'a str>,
        length: Duration,
    ) -> Option<Self> {
        let node = given.or_else(|| roll.pick(targets.of(kind)).copied())?;
        Some(Self { roll, length, node, targets })
    }

    /// The node that it hits.
    pub(crate) fn node(&self) -> String {
        self.node.to_owned()
    }

    /// All other nodes that faults of links may name; absent if there are none.
    pub(super) fn others(&self) -> Option<Vec<String>> {
        let others: Vec<String> =
            self.targets.cut.iter().filter(|node| **node != self.node).map(|node| (*node).to_owned()).collect();
        Some(others).filter(|others| !others.is_empty())
    }

    /// Another node that faults of links may name.
    pub(super) fn other(&self) -> Option<String> {
        let cut = self.targets.cut;
        let first = Roll(self.roll.0.rotate_left(24)).below(cut.len() as u64) as usize;
        let from_there = cut[first..].iter().chain(&cut[..first]);
        from_there.copied().find(|other| *other != self.node).map(str::to_owned)
    }

    /// All nodes on two sides; absent if a side is empty.
    pub(super) fn split(&self) -> Option<[Vec<String>; 2]> {
        // One bit of the roll per node decides its side.
        let nodes = || (0_u32..).zip(self.targets.cut);
        let side = |bit| nodes().filter(move |(index, _)| self.roll.0.rotate_right(*index) & 1 == bit);
        let sides = [0, 1].map(|bit| side(bit).map(|(_, node)| (*node).to_owned()).collect::<Vec<_>>());
        Some(sides).filter(|sides| sides.iter().all(|side| !side.is_empty()))
    }

    /// The nodes of a region, and those outside of it; absent without a region or without others.
    pub(super) fn region(&self) -> Option<[Vec<String>; 2]> {
        let inside = Roll(self.roll.0.rotate_left(40)).pick(self.targets.regions)?;
        let outside = self.targets.cut.iter().filter(|node| !inside.contains(node));
        let sides = [inside.iter().map(|node| (*node).to_owned()).collect(), outside.map(|node| (*node).to_owned()).collect()];
        Some(sides).filter(|[_, outside]: &[Vec<String>; 2]| !outside.is_empty())
    }

    /// 1 to 100 percent, by the lowest 16 bits.
    pub(crate) fn ratio(&self) -> Ratio {
        Ratio::percent((1 + (self.roll.0 & 0xffff) * 100 / 0x1_0000) as u32)
    }

    /// 10 to 640 ms, each step twice as long as the one before and equally frequent.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(10 << (((self.roll.0 >> 16) & 0xff) % 7))
    }

    /// A value from `least` on, in that many octaves that are equally frequent, by the lowest 24 bits.
    pub(crate) fn octaves(&self, least: u64, count: u64) -> u64 {
        let octave = ((self.roll.0 & 0xffff) * count) >> 16;
        (least << octave) + (((least << octave) * ((self.roll.0 >> 16) & 0xff)) >> 8)
    }

    /// A small number by bits that are independent of those of the ratio, the delay and the coin.
    pub(super) fn low(&self) -> u64 {
        (self.roll.0 >> 26) & 0xff
    }

    /// 1 KiB to 1 MiB, each step four times as many and equally frequent.
    pub(super) fn bytes(&self) -> u64 {
        1_024 << (2 * (self.low() % 6))
    }

    /// 1 in half of all cases, 2 in a quarter, and so on.
    pub(super) fn nth(&self) -> u32 {
        1 + (self.roll.0 >> 16 | 1 << 7).trailing_zeros()
    }

    /// Below 10 ms, by the lowest 16 bits.
    pub(super) fn quickly(&self) -> Duration {
        Duration::from_micros(((self.roll.0 & 0xffff) * 10_000) >> 16)
    }

    /// The length of the fault in half of all cases, else less than 10 ms.
    pub(super) fn time_down(&self) -> Duration {
        if self.coin() { self.quickly() } else { self.length }
    }

    /// The nodes of the group of the node that it hits, as far as faults of nodes may hit them, with that node first.
    pub(super) fn group(&self) -> Vec<String> {
        let group = group_of(self.node);
        let others = self.targets.nodes.iter().filter(|node| **node != self.node && group_of(node) == group);
        std::iter::once(&self.node).chain(others).map(|node| (*node).to_owned()).collect()
    }

    /// The rack, zone or region that is lost, by other bits than those that pick the node.
    pub(super) fn domain(&self) -> Option<String> {
        Roll(self.roll.0.rotate_left(24)).pick(self.targets.domains).cloned()
    }

    /// A bit that is independent of the others.
    pub(crate) fn coin(&self) -> bool {
        (self.roll.0 >> 24) & 1 == 1
    }

    /// Loss or delay, each in half of all cases.
    pub(super) fn loss_or_delay(&self) -> Impairment {
        if (self.roll.0 >> 25) & 1 == 1 {
            Impairment { loss: self.ratio(), ..Impairment::default() }
        } else {
            Impairment { delay: self.delay(), ..Impairment::default() }
        }
    }

    /// A failpoint, by other bits than those that pick the node.
    pub(super) fn failpoint(&self) -> Option<String> {
        Roll(self.roll.0.rotate_left(24)).pick(self.targets.failpoints).map(|point| (*point).to_owned())
    }

    /// The class of links that it hits.
    pub(super) fn links(&self) -> Option<String> {
        self.roll.pick(self.targets.links).map(|links| (*links).to_owned())
    }
}

#[cfg(test)]
mod tests;
