//! [`FaultProfile`]: a distribution from which each seed draws a fault plan.
//!
//! Compared with a random nemesis of equal means, which applies one fault at a time and draws uniformly, a profile finds each
//! planted bug that needs several faults at least as often, and all of those six times as often on average; it finds the others
//! about as often. Compared with uniform plans of equally many faults it finds bugs that need three faults of one node four to
//! eight times as often, and all of them 0.8 times as often on average: a bug that a single fault shows is found less often by
//! plans without half of the kinds.
//! `examples/swarm_against_uniform.rs` measures both.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_sim_runtime::{Distribution, QuantileTable, Seed};
use cluster_sim_types::{Shard, VirtualInstant};
use serde::{Deserialize, Serialize};

use super::claim::Claim;
use super::draw::{Target, Targets, group_of};
use super::limit::{ClockBounds, FaultLimit, victims};
use super::objects_only::read_from_objects_only;
use super::swarm::{Swarm, Wanted};
use super::{FaultKind, FaultPlan};

/// How often and how long faults occur, and which; each seed draws a [`FaultPlan`] from it.
///
/// Draws the [kinds](FaultKind) of [`kinds`](Self::kinds) by swarm testing: a seed does few kinds of things, and some of them very
/// often.
///
/// - One seed in five has no faults.
/// - Every other seed leaves out half of the kinds, and more of those that are drawn seldom, so that kinds do not mask each other.
/// - Each remaining kind gets weights of its own: four times as often to a quarter as often, and twice as long to half as long,
///   as the means say.
/// - Three faults in four of a kind hit its favourite node in this seed, since many bugs need several faults of one node.
/// - A plan has about a million faults at most: where a run is so long that it would have more, all intervals are longer in
///   proportion. So 366 days with the default profile have a fault every half minute.
/// - Every third fault is followed by another of any remaining kind, while it lasts or within its length after it, when the
///   cluster recovers. Half of these hit the same node.
/// - A crash or pause that would take down more nodes of a group at once than [`max_down`](Self::max_down) is left out.
///
/// ```
/// use cluster_sim::prelude::*;
/// use cluster_sim::fault::FaultKind;
///
/// let profile = FaultProfile { mean_interval: Duration::from_secs(1), ..FaultProfile::default() }
///     .only([FaultKind::Crash, FaultKind::QuickRestart, FaultKind::Cut])
///     .at_most_down(1)
///     .sparing(["source"]);
/// assert_eq!(profile.spared_groups, ["source"]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, remote = "Self")]
pub struct FaultProfile {
    /// Mean time between two faults of one kind, over seeds. Zero draws none.
    ///
    /// Does not count faults that follow others.
    #[serde(rename = "mean_interval_ms", with = "milliseconds")]
    pub mean_interval: Duration,
    /// Mean length of a fault over seeds; each is at most 18 times this. Zero draws none.
    #[serde(rename = "mean_duration_ms", with = "milliseconds")]
    pub mean_duration: Duration,
    /// The longest that a fault lasts; absent for no other bound than that of the mean.
    #[serde(rename = "max_duration_ms", with = "optional_milliseconds", skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<Duration>,
    /// The kinds that are drawn.
    pub kinds: BTreeSet<FaultKind>,
    /// The most nodes of a group that are down or paused at once.
    ///
    /// Absent for what the scenario [claims](crate::Scenario::survives) about the group, or else for a minority: 2 of 5, 1 of 3, and
    /// 1 of a group of one or two. A claim that is lower than this holds all the same. The members of a group that have another shard
    /// are a group of their own. Counts the crashes, pauses and late starts of the scenario's plan too, but not the manual faults of
    /// a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_down: Option<u32>,
    /// Whether faults may go beyond the claims of the scenario.
    ///
    /// [`Scenario::survives`](crate::Scenario::survives) declares claims.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub beyond_claims: bool,
    /// Groups whose nodes do not crash or pause, and whose clocks do not lie. Cuts and impaired links hit them all the same.
    ///
    /// `region:us-east`, `zone:a`, `rack:a/1` and `shard:0` name the nodes that stand there. A group that the scenario does not have is refused before anything runs.
    pub spared_groups: Vec<String>,
    /// Groups whose nodes no cut and no impairment of single nodes or links names.
    ///
    /// Named as `spared_groups`. A group that the scenario does not have is refused before anything runs.
    pub uncut_groups: Vec<String>,
}

read_from_objects_only!(FaultProfile);

impl Default for FaultProfile {
    /// A fault of each kind every 2 s that lasts 500 ms, on every node; never more than a minority of a group is down.
    fn default() -> Self {
        Self {
            mean_interval: Duration::from_secs(2),
            mean_duration: Duration::from_millis(500),
            max_duration: None,
            kinds: FaultKind::common().collect(),
            max_down: None,
            beyond_claims: false,
            spared_groups: Vec::new(),
            uncut_groups: Vec::new(),
        }
    }
}

impl FaultProfile {
    /// Draws no faults, to take the place of a profile that a scenario has.
    pub fn none() -> Self {
        Self { mean_interval: Duration::ZERO, kinds: BTreeSet::new(), ..Self::default() }
    }

    /// Draws these kinds of faults and no others.
    ///
    /// A scenario refuses a profile of no kinds, unless it is [`none`](Self::none).
    #[must_use]
    pub fn only(self, kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        Self { kinds: kinds.into_iter().collect(), ..self }
    }

    /// Draws these kinds of faults too.
    #[must_use]
    pub fn also(mut self, kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        self.kinds.extend(kinds);
        self
    }

    /// Draws faults of disks that tell, and crashes with an operation in flight.
    ///
    /// They are [`FaultKind::disk_honest`] and [`FaultKind::CrashInIo`].
    ///
    /// [`FaultKind::CrashInIo`] finds what is acknowledged before it is durable three times as often as crashes at random instants.
    /// Faults of disks hit nodes without a disk, too, and have no effect there: [spare](Self::sparing) clients.
    ///
    /// Those that lose what was promised are beyond the claims of most systems; draw them with [`also`](Self::also) and
    /// [`FaultKind::disk_dishonest`], and bound their nodes with [`Claim::damaged_disks`](crate::Claim::damaged_disks).
    #[must_use]
    pub fn with_disk_faults(self) -> Self {
        self.also(FaultKind::disk_honest()).also([FaultKind::CrashInIo])
    }

    /// Draws faults of object stores that tell: [`FaultKind::object_store`].
    ///
    /// They hit all stores, also those whose nodes are [spared](Self::sparing). Those that lose or change what was promised are
    /// [`FaultKind::object_store_dishonest`]; draw them with [`also`](Self::also).
    #[must_use]
    pub fn with_object_store_faults(self) -> Self {
        self.also(FaultKind::object_store())
    }

    /// Why no seed can draw a fault in a scenario that has these things or not, though it is to; and the cure.
    pub(crate) fn idle_reason(&self, has_failpoints: bool, has_domains: bool, has_stores: bool) -> Option<String> {
        if self.mean_interval.is_zero() || self.mean_duration.is_zero() {
            return None;
        }
        if self.kinds.is_empty() {
            return Some("it has no kinds; name some, or declare `FaultProfile::none()` for a scenario without chaos".to_owned());
        }
        let needs = |kind: &FaultKind| match kind {
            FaultKind::Failpoint if !has_failpoints => Some("crashes at failpoints need `Scenario::failpoints`"),
            FaultKind::DomainLoss if !has_domains => Some("losses of domains need `Scenario::zones`, `racks` or regions"),
            kind if kind.is_of_object_stores() && !has_stores => Some("faults of object stores need `Scenario::object_store`"),
            _ => None,
        };
        let needs: Option<Vec<&str>> = self.kinds.iter().map(needs).collect();
        needs.map(|mut needs| {
            needs.dedup();
            needs.join(", and ")
        })
    }

    /// Does not draw these kinds of faults.
    #[must_use]
    pub fn without(mut self, kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        for kind in kinds {
            self.kinds.remove(&kind);
        }
        self
    }

    /// Takes down at most that many nodes of a group at once; `u32::MAX` for all of them.
    #[must_use]
    pub fn at_most_down(self, nodes: u32) -> Self {
        Self { max_down: Some(nodes), ..self }
    }

    /// Lets faults go beyond what the scenario claims to survive, up to all nodes at once.
    ///
    /// A bound of [`at_most_down`](Self::at_most_down) still holds.
    #[must_use]
    pub fn beyond_claims(self) -> Self {
        Self { beyond_claims: true, max_down: self.max_down.or(Some(u32::MAX)), ..self }
    }

    /// Lets no fault last longer.
    #[must_use]
    pub fn at_most_for(self, duration: Duration) -> Self {
        Self { max_duration: Some(duration), ..self }
    }

    /// Spares further groups from crashes and pauses; cuts hit them all the same.
    #[must_use]
    pub fn sparing(mut self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.spared_groups.extend(groups.into_iter().map(Into::into));
        self
    }

    /// Spares further groups from cuts and impaired links; crashes hit them all the same.
    #[must_use]
    pub fn never_cutting(mut self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.uncut_groups.extend(groups.into_iter().map(Into::into));
        self
    }

    /// Draws the plan of `seed` for nodes and classes of links of these names, within `duration`.
    ///
    /// The group of a node is its name up to the last `/`. Equal arguments give equal plans.
    pub fn draw(&self, seed: Seed, nodes: &[&str], links: &[&str], duration: Duration) -> FaultPlan {
        let target = |name| Target {
            name,
            group: group_of(name),
            region: None,
            shard: Shard(0),
            zone: None,
            rack: None,
            serves_objects: false,
            starts: Duration::ZERO,
        };
        let nodes: Vec<Target<'_>> = nodes.iter().copied().map(target).collect();
        CompiledProfile::new(self.clone()).draw(seed, &nodes, (links, &[]), (duration, &FaultPlan::new(), &[]))
    }
}

/// A profile with its sampling tables, which take longer to make than a short run.
#[derive(Debug, Clone)]
pub(crate) struct CompiledProfile {
    profile: FaultProfile,
    /// Tables of intervals and lengths; absent if a mean is zero, so no fault is drawn.
    spreads: Option<[QuantileTable; 2]>,
}

impl CompiledProfile {
    pub(crate) fn new(profile: FaultProfile) -> Self {
        let spread = |mean: Duration| Distribution::exponential(mean, mean.saturating_mul(10)).compile().ok();
        let spreads = spread(profile.mean_interval).zip(spread(profile.mean_duration)).map(Into::into);
        Self { profile, spreads }
    }

    /// As [`FaultProfile::draw`], beside the faults of `planned`.
    pub(crate) fn draw(
        &self,
        seed: Seed,
        nodes: &[Target<'_>],
        (links, failpoints): (&[&str], &[&str]),
        (duration, planned, claims): (Duration, &FaultPlan, &[Claim]),
    ) -> FaultPlan {
        let profile = &self.profile;
        let Some([intervals, lengths]) = &self.spreads else { return FaultPlan::new() };
        let outside_of =
            |groups: &[String]| nodes.iter().filter(|node| !groups.iter().any(|group| node.is_in(group))).copied().collect();
        let [hit, cut]: [Vec<Target<'_>>; 2] = [&profile.spared_groups, &profile.uncut_groups].map(|groups| outside_of(groups));
        let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        cut.iter().for_each(|node| node.region.into_iter().for_each(|region| regions.entry(region).or_default().push(node.name)));
        let regions: Vec<Vec<&str>> = regions.into_values().collect();
        let domains = domains_of(nodes, &hit);
        let stores: Vec<&str> = nodes.iter().filter(|node| node.serves_objects).map(|node| node.name).collect();
        let [hit, cut] = [hit, cut].map(|nodes| nodes.into_iter().map(|node| node.name).collect::<Vec<&str>>());
        // Absent where no node is spared, as in most scenarios.
        let set_of = |names: &Vec<&str>| (names.len() < nodes.len()).then(|| names.iter().map(|name| (*name).to_owned()).collect());
        let [hits, cuts]: [Option<BTreeSet<String>>; 2] = [&hit, &cut].map(set_of);
        let is_hit = |name: &str| hits.as_ref().is_none_or(|hits| hits.contains(name));
        let is_cut = |name: &str| cuts.as_ref().is_none_or(|cuts| cuts.contains(name));
        let claims = if profile.beyond_claims { &[] } else { claims };
        let victims = claims.iter().any(|claim| claim.failure.counts_damage()).then(|| victims(seed, nodes, claims, &is_hit));
        let disks = victims.as_deref().unwrap_or(&hit);
        let targets = Targets {
            nodes: &hit,
            disks,
            stores: &stores,
            cut: &cut,
            regions: &regions,
            links,
            domains: &domains,
            failpoints,
            is_hit: &is_hit,
            is_cut: &is_cut,
        };
        let end = VirtualInstant::ZERO + duration;
        let longest = profile.max_duration.unwrap_or(Duration::MAX);
        let wanted = Wanted { mean_interval: profile.mean_interval, longest, kinds: &profile.kinds };
        let Some(swarm) = Swarm::of(seed, wanted, [intervals, lengths], targets, end) else { return FaultPlan::new() };
        let mut limit = FaultLimit::new(nodes, (profile.max_down, claims), planned);
        let drawn: FaultPlan = swarm.draw().into_iter().collect();
        let mut clocks = ClockBounds::new(nodes, claims, planned);
        let fitted = drawn.into_faults().into_iter().filter_map(|scheduled| clocks.fitted(scheduled));
        fitted.filter(|scheduled| limit.allows(scheduled)).collect()
    }

    /// The profile without its tables.
    pub(crate) fn profile(&self) -> &FaultProfile {
        &self.profile
    }

    /// The groups that it spares from faults of either kind.
    pub(crate) fn spared_groups(&self) -> impl Iterator<Item = &String> {
        self.profile.spared_groups.iter().chain(&self.profile.uncut_groups)
    }
}

/// The racks, zones and regions in which nodes stand, without those that have a node which no fault may hit.
fn domains_of(nodes: &[Target<'_>], hit: &[Target<'_>]) -> Vec<String> {
    let all = |nodes: &[Target<'_>]| -> BTreeMap<String, usize> {
        let of = |kind: &str, name: Option<&str>| name.map(|name| format!("{kind}:{name}"));
        let domains = |node: &Target<'_>| [of("rack", node.rack), of("zone", node.zone), of("region", node.region)];
        nodes.iter().flat_map(domains).flatten().fold(BTreeMap::new(), |mut counts, domain| {
            *counts.entry(domain).or_default() += 1;
            counts
        })
    };
    let count = all(nodes);
    all(hit).into_iter().filter(|(domain, hit)| count.get(domain) == Some(hit)).map(|(domain, _)| domain).collect()
}

/// Durations as whole milliseconds in data.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// As `milliseconds`, of a duration that may be absent.
mod optional_milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests;
