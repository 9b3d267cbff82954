//! [`Claim`]: the faults that a system claims to survive.

use std::fmt;
use std::time::Duration;

use super::fault_domain::FaultDomain;
use crate::event::seconds;

/// The most that a clock drifts, in billionths: twice as fast as time, or frozen.
const FASTEST_PPB: u32 = 1_000_000_000;

/// Why a node counts for a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It is down or paused.
    Down,
    /// Its disk lost or changed what it had promised.
    DamagedDisk,
    /// One or the other.
    DownOrDamaged,
    /// Its wall clock is off by more.
    ClockOffset(Duration),
    /// Its monotonic clock runs faster or slower by more billionths.
    ClockDrift(u32),
}

impl Failure {
    pub(crate) const fn counts_down(self) -> bool {
        matches!(self, Self::Down | Self::DownOrDamaged)
    }

    pub(crate) const fn is_of_clocks(self) -> bool {
        matches!(self, Self::ClockOffset(_) | Self::ClockDrift(_))
    }

    pub(crate) const fn counts_damage(self) -> bool {
        matches!(self, Self::DamagedDisk | Self::DownOrDamaged)
    }
}

/// The faults of a group of nodes under which the rules of a scenario must hold.
///
/// Bounds how many nodes may fail, or how far their clocks may lie.
/// Declared with [`Scenario::survives`](crate::Scenario::survives). A group is named, or a set of nodes as in `zone:a`, `region:eu`,
/// `rack:a/1` or `shard:0`. The members of a group that have different shards count apart, unless domains are
/// [counted](Self::counting).
///
/// A disk is damaged once one of the faults of [`FaultKind::disk_dishonest`](super::FaultKind::disk_dishonest) had an effect on it, or
/// a file was cut off, removed or lengthened, and counts for the rest of the run, whatever the node does about it.
/// The disk of a node that the scenario runs without counts too.
///
/// A claim about clocks is about what [`ClockFault`](super::ClockFault) does to them, in a life or between two. A late timer is no
/// error of a clock.
///
/// ```
/// use cluster_sim::fault::{Claim, FaultDomain};
/// use cluster_sim::prelude::*;
///
/// assert_eq!(Claim::minority_of("store").to_string(), "a minority of store");
/// assert_eq!(Claim::damaged_disks(1, "store").to_string(), "at most 1 of store with a damaged disk");
/// let claim = Claim::at_most(1, "zone:a").or_damaged();
/// assert_eq!(claim.to_string(), "at most 1 of zone:a down or with a damaged disk");
/// let claim = Claim::at_most(1, "store").counting(FaultDomain::Zone);
/// assert_eq!(claim.to_string(), "at most 1 zone of store");
/// let claim = Claim::clock_offset(Duration::from_millis(50), "store");
/// assert_eq!(claim.to_string(), "wall clocks of store at most 0.050s off");
/// assert_eq!(Claim::clock_drift(100_000, "store").to_string(), "monotonic clocks of store drifting at most 100.000 ppm");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a claim is declared with `Scenario::survives`"]
pub struct Claim {
    /// A group, or a set named as in `zone:a`.
    pub(crate) set: String,
    pub(crate) failure: Failure,
    /// Absent for a minority.
    most: Option<u32>,
    /// Counted in place of nodes.
    pub(crate) domain: Option<FaultDomain>,
    /// Whether a claim about clocks was to count damaged disks, which is no claim.
    mixes_clocks: bool,
}

impl Claim {
    /// Claims that the system survives while less than half of a group is down: 1 of 3, 2 of 5, none of 2.
    pub fn minority_of(group: &str) -> Self {
        Self { set: group.to_owned(), failure: Failure::Down, most: None, domain: None, mixes_clocks: false }
    }

    /// Claims that the system survives while at most that many nodes of a group are down.
    pub fn at_most(nodes: u32, group: &str) -> Self {
        Self { most: Some(nodes), ..Self::minority_of(group) }
    }

    /// Claims that the system survives damage to at most that many disks of a group.
    ///
    /// Counts all disks that are damaged in the run, also one after the other.
    /// `Claim::damaged_disks(1, "store")` of three stores is one copy in three.
    pub fn damaged_disks(disks: u32, group: &str) -> Self {
        Self { failure: Failure::DamagedDisk, ..Self::at_most(disks, group) }
    }

    /// Counts nodes with a damaged disk as well as those that are down.
    ///
    /// For a system in which one node with a damaged disk and another one that is down are one too many. A scenario with a claim about
    /// clocks that counts damaged disks is refused: declare two claims.
    pub fn or_damaged(self) -> Self {
        if self.failure.is_of_clocks() {
            return Self { mixes_clocks: true, ..self };
        }
        Self { failure: Failure::DownOrDamaged, ..self }
    }

    /// Counts the places of the nodes that fail, in place of the nodes.
    ///
    /// `Claim::at_most(1, "store").counting(FaultDomain::Zone)` is for a system that keeps its copies in different zones: it survives
    /// any number of failed stores of one zone, and not one in each of two. Every node that the claim is about must stand in such a
    /// place. The shards of a group count together. A claim about clocks is about each clock, whatever it counts.
    pub fn counting(self, domain: FaultDomain) -> Self {
        Self { domain: Some(domain), ..self }
    }

    /// Claims that the system survives wall clocks of a group that are off by at most that much.
    ///
    /// Off from the true time: two such clocks differ by at most twice that. A coarse clock counts as off by its resolution.
    pub fn clock_offset(most: Duration, group: &str) -> Self {
        Self { failure: Failure::ClockOffset(most), ..Self::at_most(0, group) }
    }

    /// Claims that the system survives monotonic clocks of a group that drift by at most that much.
    ///
    /// They run at most `most_ppb` billionths faster or slower. A frozen clock runs 1,000,000,000 slower.
    pub fn clock_drift(most_ppb: u32, group: &str) -> Self {
        Self { failure: Failure::ClockDrift(most_ppb), ..Self::at_most(0, group) }
    }

    /// Whether it is about all of a group.
    pub(super) fn is_about_group(&self, group: &str) -> bool {
        self.set == group || self.set.strip_prefix("group:") == Some(group)
    }

    /// Why no run could exceed it, or why it is none, for a set of `count` nodes or domains at most.
    pub(crate) fn mistake(&self, count: usize) -> Option<String> {
        if self.mixes_clocks {
            return Some("it is about clocks and cannot count damaged disks; claim `Claim::damaged_disks` beside it".to_owned());
        }
        if let Failure::ClockDrift(most) = self.failure {
            let fastest = FASTEST_PPB;
            return (most > fastest).then(|| format!("no clock drifts by more than {fastest} ppb; claim that or less"));
        }
        let most = self.most.filter(|_| !self.failure.is_of_clocks())?;
        (most as usize > count).then(|| {
            let what = self.domain.map_or_else(|| "nodes".to_owned(), |domain| format!("{domain}s"));
            format!("no run can exceed it: there are {count} {what}; claim {count} or fewer")
        })
    }

    /// The most nodes, or domains, that may fail, of that many.
    pub(crate) fn most_of(&self, count: usize) -> usize {
        self.most.map_or(count.saturating_sub(1) / 2, |most| most as usize)
    }

    /// Says that `count` nodes of `of` failed, or nodes of that many domains.
    pub(crate) fn exceeded_text(&self, count: usize, of: usize) -> String {
        let set = &self.set;
        let nodes = match self.domain {
            Some(domain) => format!("nodes in {count} of {of} {domain}s of {set}"),
            None => format!("{count} of {of} {set} nodes"),
        };
        let claim = match self.most_of(of) {
            0 if self.most.is_none() => format!("{self}, which is none of {of}"),
            _ => self.to_string(),
        };
        match self.failure {
            Failure::Down => format!("{nodes} were down at once (claim: {claim})"),
            Failure::DamagedDisk => format!("{nodes} had a damaged disk (claim: {claim})"),
            Failure::DownOrDamaged => format!("{nodes} were down or had a damaged disk at once (claim: {claim})"),
            Failure::ClockOffset(most) => {
                format!("the wall clocks of {nodes} were more than {} off (claim: {claim})", seconds(most))
            }
            Failure::ClockDrift(most) => {
                let most = ppm(most);
                format!("the monotonic clocks of {nodes} drifted more than {most} (claim: {claim})")
            }
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = &self.set;
        match self.failure {
            Failure::ClockOffset(most) => return write!(formatter, "wall clocks of {set} at most {} off", seconds(most)),
            Failure::ClockDrift(most) => {
                return write!(formatter, "monotonic clocks of {set} drifting at most {}", ppm(most));
            }
            Failure::Down | Failure::DamagedDisk | Failure::DownOrDamaged => {}
        }
        match (self.most, self.domain) {
            (None, None) => write!(formatter, "a minority of {set}")?,
            (Some(most), None) => write!(formatter, "at most {most} of {set}")?,
            (None, Some(domain)) => write!(formatter, "a minority of the {domain}s of {set}")?,
            (Some(1), Some(domain)) => write!(formatter, "at most 1 {domain} of {set}")?,
            (Some(most), Some(domain)) => write!(formatter, "at most {most} {domain}s of {set}")?,
        }
        formatter.write_str(match self.failure {
            Failure::DamagedDisk => " with a damaged disk",
            Failure::DownOrDamaged => " down or with a damaged disk",
            Failure::Down | Failure::ClockOffset(_) | Failure::ClockDrift(_) => "",
        })
    }
}

fn ppm(ppb: u32) -> String {
    format!("{}.{:03} ppm", ppb / 1_000, ppb % 1_000)
}
