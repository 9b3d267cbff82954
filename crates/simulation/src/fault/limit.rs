//! [`DownLimit`]: bounds how many nodes of a group are down at once.
//!
//! Takes the faults of a plan and the drawn ones in order of time, each in logarithmic time. Errs on the side of fewer faults: a
//! fault counts for its whole length, even if another one ends it early.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::slice;

use cluster_sim_types::{Shard, VirtualInstant};

use super::draw::Target;
use super::{DomainFault, Fault, FaultPlan, NodeFault, ScheduledFault};

const NEVER: VirtualInstant = VirtualInstant::from_nanoseconds(u64::MAX);

/// The nodes of a group and shard.
#[derive(Debug, Default)]
struct Members {
    count: u32,
    most: u32,
    /// The numbers of nodes that planned faults take down, from each instant on, in order.
    planned: Vec<(VirtualInstant, u32)>,
    /// The position in `planned` of the last instant that has passed.
    position: usize,
    /// The nodes that drawn faults took down, and until when.
    down: BTreeMap<usize, VirtualInstant>,
    /// The ends of drawn faults, soonest first; those that a later fault of the node outlasts are stale.
    ends: BinaryHeap<Reverse<(VirtualInstant, usize)>>,
    /// The ends of drawn restarts of nodes one after the other, each of which has one node down at any time.
    rolling: Vec<VirtualInstant>,
}

/// The number of nodes of a group or set that a scenario claims to survive the loss of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claimed<'a> {
    pub(crate) set: &'a str,
    /// The most nodes down at once; absent for a minority.
    pub(crate) most: Option<u32>,
}

/// Decides which drawn faults fit into the bound.
#[derive(Debug)]
pub(super) struct DownLimit<'a> {
    nodes: Vec<Target<'a>>,
    /// The members of a node's group and shard, and the number of the node.
    of_node: BTreeMap<&'a str, (usize, usize)>,
    groups: Vec<Members>,
}

impl<'a> DownLimit<'a> {
    /// Bounds each group by `max_down`, or by a minority, beside the faults of `planned`.
    ///
    /// No bound is higher than a claim about the group.
    pub(super) fn new(nodes: &[Target<'a>], (max_down, claims): (Option<u32>, &[Claimed<'_>]), planned: &FaultPlan) -> Self {
        let mut numbers: BTreeMap<(&str, Shard), usize> = BTreeMap::new();
        let mut groups: Vec<Members> = Vec::new();
        let mut of_node = BTreeMap::new();
        for (number, node) in nodes.iter().enumerate() {
            let group = *numbers.entry((node.group, node.shard)).or_insert_with(|| {
                groups.push(Members::default());
                groups.len() - 1
            });
            groups[group].count += 1;
            of_node.insert(node.name, (group, number));
        }
        let minority = |count: u32| (count.saturating_sub(1) / 2).max(1);
        groups.iter_mut().for_each(|group| group.most = max_down.unwrap_or_else(|| minority(group.count)));
        for (node, claimed) in nodes.iter().flat_map(|node| claims.iter().map(move |claimed| (node, claimed))) {
            if node.is_in(claimed.set) {
                let (group, _) = of_node[node.name];
                let most = claimed.most.unwrap_or_else(|| groups[group].count.saturating_sub(1) / 2);
                groups[group].most = groups[group].most.min(most);
            }
        }
        let mut limit = Self { nodes: nodes.to_vec(), of_node, groups };
        limit.plan(planned);
        limit
    }

    /// Notes when planned faults and late starts have which numbers of nodes down.
    fn plan(&mut self, planned: &FaultPlan) {
        // Per node the intervals in which it is down, one after the other.
        let mut intervals: BTreeMap<&str, Vec<(VirtualInstant, VirtualInstant)>> = BTreeMap::new();
        let mut changes: Vec<BTreeMap<VirtualInstant, i64>> = vec![BTreeMap::new(); self.groups.len()];
        for node in self.nodes.iter().filter(|node| !node.starts.is_zero()) {
            intervals.entry(node.name).or_default().push((VirtualInstant::ZERO, VirtualInstant::ZERO + node.starts));
        }
        for ScheduledFault { at, fault, .. } in planned.faults() {
            let ends = matches!(fault, Fault::Node(NodeFault::Restart { .. } | NodeFault::Resume { .. }));
            let (from, until) = (*at, end_of(*at, fault));
            if is_rolling(fault) {
                for group in self.hit_by(fault).into_keys() {
                    count(&mut changes[group], from, until);
                }
                continue;
            }
            for node in down_nodes(fault).iter().flat_map(|name| self.nodes_named(name)) {
                let of_node = intervals.entry(node).or_default();
                match of_node.last_mut() {
                    Some((_, known)) if ends => *known = (*known).min(from),
                    None if ends => {}
                    Some((_, known)) if *known >= from => *known = (*known).max(until),
                    _ => of_node.push((from, until)),
                }
            }
        }
        for (node, intervals) in intervals {
            let Some((group, _)) = self.of_node.get(node) else { continue };
            intervals.into_iter().for_each(|(from, until)| count(&mut changes[*group], from, until));
        }
        for (group, changes) in self.groups.iter_mut().zip(changes) {
            let mut down = 0;
            group.planned = changes
                .into_iter()
                .map(|(at, change)| {
                    down += change;
                    (at, u32::try_from(down).unwrap_or_default())
                })
                .collect();
        }
    }

    /// The node of that name, or the nodes of that set.
    fn nodes_named(&self, name: &str) -> Vec<&'a str> {
        match self.of_node.get_key_value(name) {
            Some((node, _)) => vec![*node],
            None => self.nodes.iter().filter(|node| node.is_in(name)).map(|node| node.name).collect(),
        }
    }

    /// The numbers of the nodes that a fault takes down, by group.
    fn hit_by(&self, fault: &Fault) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut hit: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for name in down_nodes(fault).iter().flat_map(|name| self.nodes_named(name)) {
            let (group, number) = self.of_node[name];
            hit.entry(group).or_default().insert(number);
        }
        hit
    }

    /// Whether a drawn fault fits; notes it if so. Asked in order of time.
    pub(super) fn allows(&mut self, scheduled: &ScheduledFault) -> bool {
        let (at, until) = (scheduled.at, end_of(scheduled.at, &scheduled.fault));
        let hit = self.hit_by(&scheduled.fault);
        if is_rolling(&scheduled.fault) {
            let fits = hit.keys().all(|group| self.groups[*group].has_room(at, until));
            if fits {
                hit.keys().for_each(|group| self.groups[*group].rolling.push(until));
            }
            return fits;
        }
        let fits = hit.iter().all(|(group, nodes)| self.groups[*group].allows(nodes, at, until));
        if fits {
            hit.iter().for_each(|(group, nodes)| self.groups[*group].note(nodes, until));
        }
        fits
    }
}

/// Counts one more node as down from one instant to another.
fn count(changes: &mut BTreeMap<VirtualInstant, i64>, from: VirtualInstant, until: VirtualInstant) {
    *changes.entry(from).or_default() += 1;
    *changes.entry(until).or_default() -= 1;
}

impl Members {
    /// Whether all these nodes may be down at once from `at` on.
    fn allows(&mut self, nodes: &BTreeSet<usize>, at: VirtualInstant, until: VirtualInstant) -> bool {
        self.forget_ended(at);
        let others = self.down.len() - nodes.iter().filter(|node| self.down.contains_key(node)).count();
        self.fits((others + nodes.len()) as u64, at, until)
    }

    /// Whether any one more node may be down from `at` on.
    fn has_room(&mut self, at: VirtualInstant, until: VirtualInstant) -> bool {
        self.forget_ended(at);
        self.fits(self.down.len() as u64 + 1, at, until)
    }

    fn fits(&mut self, down: u64, at: VirtualInstant, until: VirtualInstant) -> bool {
        down + self.rolling.len() as u64 + u64::from(self.planned_within(at, until)) <= u64::from(self.most)
    }

    /// Forgets the drawn faults that are over by then.
    fn forget_ended(&mut self, at: VirtualInstant) {
        self.rolling.retain(|end| *end > at);
        while let Some(Reverse((end, ended))) = self.ends.peek().copied().filter(|Reverse((end, _))| *end <= at) {
            self.ends.pop();
            if self.down.get(&ended) == Some(&end) {
                self.down.remove(&ended);
            }
        }
    }

    /// Notes that these nodes are down.
    fn note(&mut self, nodes: &BTreeSet<usize>, until: VirtualInstant) {
        for node in nodes.iter().copied() {
            let until = self.down.get(&node).map_or(until, |known| until.max(*known));
            self.down.insert(node, until);
            self.ends.push(Reverse((until, node)));
        }
    }

    /// The most nodes that planned faults have down at once from `at` on and before `until`.
    fn planned_within(&mut self, at: VirtualInstant, until: VirtualInstant) -> u32 {
        while self.planned.get(self.position + 1).is_some_and(|(from, _)| *from <= at) {
            self.position += 1;
        }
        let later = self.planned[self.position.min(self.planned.len())..].iter();
        later.take_while(|(from, _)| *from < until.max(at)).map(|(_, down)| *down).max().unwrap_or_default()
    }
}

/// The nodes that a fault takes down or brings back, by node or by set.
fn down_nodes(fault: &Fault) -> &[String] {
    match fault {
        Fault::Node(fault) => slice::from_ref(fault.node()),
        Fault::Domain(fault) => fault.named(),
        Fault::Process(fault) => slice::from_ref(fault.node()),
        Fault::Disk(fault) if fault.crashes() => slice::from_ref(fault.node()),
        Fault::Network(_) | Fault::Link(_) | Fault::Clock(_) | Fault::Disk(_) => &[],
    }
}

/// Whether it has its nodes down one after the other.
fn is_rolling(fault: &Fault) -> bool {
    matches!(fault, Fault::Domain(DomainFault::RollingRestart { .. }))
}

/// When the nodes of a fault are up again.
fn end_of(at: VirtualInstant, fault: &Fault) -> VirtualInstant {
    match fault {
        Fault::Node(NodeFault::Restart { .. } | NodeFault::Resume { .. }) => at,
        // It comes at some time while it waits.
        Fault::Node(NodeFault::CrashAt { down_for, duration, .. }) => {
            down_for.zip(*duration).map_or(NEVER, |(down_for, waits)| at + waits.saturating_add(down_for))
        }
        Fault::Process(fault) => fault.down_for().map_or(NEVER, |down_for| at + down_for),
        Fault::Domain(DomainFault::RollingRestart { nodes, down_for, pause }) => {
            // A set may have any number of nodes.
            let is_set = |name: &String| name.contains(':');
            let turns = u32::try_from(nodes.len()).ok().filter(|_| !nodes.iter().any(is_set));
            turns.map_or(NEVER, |turns| at + down_for.saturating_add(*pause).saturating_mul(turns))
        }
        fault => fault.duration().map_or(NEVER, |duration| at + duration),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(milliseconds: u64) -> VirtualInstant {
        VirtualInstant::ZERO + Duration::from_millis(milliseconds)
    }

    fn crash(from: u64, node: &str, down_for: u64) -> ScheduledFault {
        let down_for = Some(Duration::from_millis(down_for));
        ScheduledFault::new(at(from), NodeFault::Crash { node: node.to_owned(), down_for })
    }

    fn pause(from: u64, node: &str, duration: u64) -> ScheduledFault {
        let duration = Some(Duration::from_millis(duration));
        ScheduledFault::new(at(from), NodeFault::Pause { node: node.to_owned(), duration })
    }

    /// Which of the drawn faults of groups `a` of five nodes and `b` of one fit beside a plan.
    fn fits(planned: Vec<ScheduledFault>, drawn: &[ScheduledFault]) -> Vec<bool> {
        let names = ["a/0", "a/1", "a/2", "a/3", "a/4", "b/0"];
        let target = |name: &'static str| Target {
            name,
            group: &name[..1],
            region: None,
            shard: Shard(0),
            zone: None,
            rack: None,
            starts: Duration::ZERO,
        };
        let planned = planned.into_iter().collect();
        let mut limit = DownLimit::new(&names.map(target), (None, &[]), &planned);
        drawn.iter().map(|scheduled| limit.allows(scheduled)).collect()
    }

    #[test]
    fn a_minority_of_a_group_is_down_at_once() {
        let drawn = [
            crash(10, "a/0", 100),
            pause(20, "a/1", 50),
            crash(30, "a/2", 10),
            crash(30, "b/0", 10),
            crash(69, "a/2", 10),
            crash(70, "a/2", 10),
        ];
        assert_eq!(fits(Vec::new(), &drawn), [true, true, false, true, false, true]);
    }

    #[test]
    fn faults_of_one_node_count_once_and_to_the_last_end() {
        let drawn = [crash(10, "a/0", 50), crash(20, "a/0", 100), crash(30, "a/1", 10), crash(61, "a/1", 10), crash(62, "a/2", 1)];
        assert_eq!(fits(Vec::new(), &drawn), [true, true, true, true, false]);
    }

    #[test]
    fn planned_faults_count_also_later_ones() {
        let planned = || vec![crash(100, "a/3", 50), crash(110, "a/4", 50)];
        let drawn = [crash(10, "a/0", 90), crash(10, "a/1", 91), crash(50, "a/2", 60), crash(120, "a/0", 1), crash(160, "a/0", 1)];
        assert_eq!(fits(planned(), &drawn), [true, false, false, false, true], "a/1 would be down beside a/0 and then a/3");
        assert_eq!(fits(planned(), &[crash(50, "a/2", 61)]), [false], "it would be down with both");
        let restarted = vec![
            ScheduledFault::new(at(0), NodeFault::Kill { node: "a/3".to_owned() }),
            ScheduledFault::new(at(0), NodeFault::Crash { node: "a/4".to_owned(), down_for: None }),
            ScheduledFault::new(at(50), NodeFault::Restart { node: "a/4".to_owned() }),
        ];
        assert_eq!(fits(restarted, &[crash(49, "a/0", 1), crash(50, "a/0", 9), crash(55, "a/1", 9)]), [false, true, false]);
    }

    #[test]
    fn nodes_that_are_lost_together_count_together() {
        let all = |from: u64, nodes: &[&str], down_for: u64| {
            let fault = DomainFault::crash_all(nodes.iter().copied(), Duration::from_millis(down_for));
            ScheduledFault::new(at(from), fault)
        };
        let drawn = [
            all(10, &["a/0", "a/1", "a/2"], 10),
            all(10, &["a/0", "a/1", "b/0"], 10),
            crash(15, "a/2", 10),
            all(15, &["a/0", "a/1"], 10),
            all(24, &["a/2", "a/3"], 1),
            all(25, &["a/2", "a/3"], 1),
        ];
        assert_eq!(fits(Vec::new(), &drawn), [false, true, false, true, false, true]);
        assert_eq!(fits(vec![all(10, &["group:a"], 10)], &[crash(19, "a/0", 1), crash(20, "a/0", 1)]), [false, true]);
        let killed = ScheduledFault::new(at(0), DomainFault::kill_all(["a/0", "a/1"]));
        assert_eq!(fits(vec![killed], &[crash(1_000, "a/2", 1)]), [false], "the dead stay dead");
    }

    #[test]
    fn a_rolling_restart_has_one_node_down_at_any_time() {
        let rolling = |from: u64, nodes: &[&str]| {
            let [down_for, pause] = [10, 5].map(Duration::from_millis);
            ScheduledFault::new(at(from), DomainFault::rolling_restart(nodes.iter().copied(), down_for, pause))
        };
        let all = ["a/0", "a/1", "a/2", "a/3", "a/4"];
        let drawn = [rolling(10, &all), crash(20, "a/0", 200), crash(30, "a/1", 10), rolling(84, &all), crash(86, "a/1", 1)];
        assert_eq!(fits(Vec::new(), &drawn), [true, true, false, false, true]);
        let planned = || vec![rolling(10, &["group:a"]), crash(100, "a/1", 10)];
        assert_eq!(fits(planned(), &[crash(20, "a/0", 1), crash(95, "a/2", 6), crash(110, "b/0", 1)]), [true, false, true]);
    }

    #[test]
    fn a_node_that_has_not_started_is_down() {
        let target =
            |name: &'static str, starts| Target { name, group: "a", region: None, shard: Shard(0), zone: None, rack: None, starts };
        let nodes = [target("a/0", Duration::ZERO), target("a/1", Duration::ZERO), target("a/2", Duration::from_millis(100))];
        let mut limit = DownLimit::new(&nodes, (None, &[]), &FaultPlan::new());
        assert!(!limit.allows(&crash(99, "a/0", 1)) && limit.allows(&crash(100, "a/0", 1)));
    }
}
