//! The statistics of drawn plans.

use std::collections::BTreeMap;

use cluster_sim_transport::Network;
use cluster_sim_types::{NodeId, Ratio, SignedDuration};

use super::*;
use crate::fault::{ClockFault, Declared, Fault, LinkFault, NodeFault, NodeNames, ScheduledFault};

const NODES: [&str; 4] = ["a/0", "a/1", "a/2", "b/0"];
const LINKS: [&str; 2] = ["default", "wan"];
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn equal_seeds_draw_equal_plans() {
    let profile = FaultProfile::default();
    let plans: Vec<FaultPlan> = (0..50).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, MINUTE)).collect();
    assert_eq!(plans[3], profile.draw(Seed(3), &NODES, &LINKS, MINUTE));
    assert!((1..20).contains(&plans.iter().filter(|plan| plan.faults().is_empty()).count()), "some seeds go without faults");
    let kinds = |plan: &FaultPlan| plan.faults().iter().map(|fault| fault.fault.kind()).collect::<BTreeSet<_>>();
    let seen: BTreeSet<&str> = plans.iter().flat_map(kinds).collect();
    let lost: BTreeSet<&str> = plans.iter().flat_map(|plan| plan.faults().iter().filter_map(|fault| fault.fault.links())).collect();
    assert_eq!(lost.into_iter().collect::<Vec<_>>(), LINKS);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["crash", "cut", "impair", "impair links", "loss", "pause"]);
}

/// Four kinds with six shapes and no bound on nodes down, whose statistics the other kinds and bounds leave alone.
fn plain() -> FaultProfile {
    let kinds = [FaultKind::Cut, FaultKind::Crash, FaultKind::Pause, FaultKind::Loss];
    FaultProfile::default().only(kinds).at_most_down(u32::MAX)
}

#[test]
fn every_plan_is_in_order_in_time_and_spares_its_groups() {
    let profile = FaultProfile { spared_groups: vec!["b".into()], ..plain() };
    for seed in 0..100 {
        let plan = profile.draw(Seed(seed), &NODES, &LINKS, MINUTE);
        assert!(plan.faults().is_sorted_by_key(|scheduled| scheduled.at));
        assert!(plan.faults().iter().all(|scheduled| scheduled.fault.links().is_none_or(|links| LINKS.contains(&links))));
        assert!(plan.faults().iter().all(|scheduled| scheduled.fault.nodes().iter().all(|node| NODES.contains(node))));
        assert!(plan.faults().iter().all(|scheduled| scheduled.at < VirtualInstant::ZERO + MINUTE));
        let of_node = |scheduled: &&ScheduledFault| matches!(scheduled.fault, Fault::Node(_));
        let mut of_nodes = plan.faults().iter().filter(of_node);
        assert!(of_nodes.all(|scheduled| !scheduled.fault.nodes().contains(&"b/0")));
    }
}

#[test]
fn a_mean_of_zero_draws_nothing_and_the_longest_draws_faults() {
    let count = |profile: FaultProfile| -> usize {
        (0..20).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, MINUTE).faults().len()).sum()
    };
    let interval = |mean_interval| count(FaultProfile { mean_interval, ..plain() });
    let duration = |mean_duration| count(FaultProfile { mean_duration, ..plain() });
    assert_eq!((interval(Duration::ZERO), duration(Duration::ZERO)), (0, 0));
    assert_eq!(interval(Duration::MAX), 0, "the first would come after the minute");
    assert!(duration(Duration::MAX) > 100, "those that last too long to be followed are drawn all the same");
}

#[test]
fn a_year_has_a_million_faults_spread_over_all_of_it() {
    let year = Duration::from_secs(366 * 86_400);
    let profile = plain();
    let most = (0..3).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, year)).max_by_key(|plan| plan.faults().len());
    let faults = most.unwrap();
    let count = faults.faults().len();
    assert!((900_000..1_100_000).contains(&count), "{count}");
    let (first, last) = (faults.faults()[0].at.since_zero(), faults.faults()[count - 1].at.since_zero());
    assert!(first < year / 1_000 && last > year / 1_000 * 999, "{first:?} to {last:?}");
    let middle = faults.faults()[count / 2].at.since_zero();
    assert!((year / 5 * 2..year / 5 * 3).contains(&middle), "{middle:?}");
}

fn plans(seeds: u64) -> Vec<FaultPlan> {
    (0..seeds).map(|seed| plain().draw(Seed(seed), &NODES, &LINKS, MINUTE)).collect()
}

fn share(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}

#[test]
fn a_fifth_has_no_faults_and_the_mean_count_is_kept() {
    let plans = plans(4_000);
    let without_faults = share(plans.iter().filter(|plan| plan.faults().is_empty()).count(), plans.len());
    assert!((0.18..0.24).contains(&without_faults), "{without_faults}");
    // Six kinds, half of them left out by four fifths of the seeds, every 2 s of a minute, and a third more that follow
    // others.
    let mean = share(plans.iter().map(|plan| plan.faults().len()).sum(), plans.len());
    let expected = 6.0 * 0.5 * 0.8 * 30.0 * (4.0 / 3.0);
    assert!((mean / expected - 1.0).abs() < 0.2, "{mean} faults a seed, {expected} expected");
}

#[test]
fn half_of_the_kinds_are_left_out_and_weights_differ_widely() {
    let (mut kinds, mut seeds, mut ratios) = (0, 0, Vec::new());
    for plan in plans(1_000).iter().filter(|plan| !plan.faults().is_empty()) {
        let mut counts = BTreeMap::<&str, usize>::new();
        plan.faults().iter().for_each(|scheduled| *counts.entry(scheduled.fault.kind()).or_default() += 1);
        (kinds, seeds) = (kinds + counts.len(), seeds + 1);
        if counts.len() > 1 {
            ratios.push(share(*counts.values().max().unwrap(), *counts.values().min().unwrap()));
        }
    }
    // One of three kinds of cuts is enough for the name: 1 - 1/8 of cuts, 1/2 of crashes, pauses and losses.
    let mean = share(kinds, seeds);
    assert!((2.1..2.7).contains(&mean), "{mean} kinds of names a seed, 2.4 expected");
    ratios.sort_by(f64::total_cmp);
    assert!(
        ratios[ratios.len() / 2] > 3.0,
        "half of the seeds do one thing {} times as often as another",
        ratios[ratios.len() / 2]
    );
}

#[test]
fn a_third_of_the_plans_has_a_fault_during_recovery() {
    let seldom = FaultProfile { mean_interval: Duration::from_secs(20), ..plain() };
    let overlaps = |plan: &FaultPlan| {
        plan.faults().windows(2).any(|pair| {
            let length = pair[0].fault.duration().unwrap_or_default();
            pair[1].at.since_zero() <= pair[0].at.since_zero() + 2 * length
        })
    };
    let plans: Vec<FaultPlan> = (0..2_000).map(|seed| seldom.draw(Seed(seed), &NODES, &LINKS, MINUTE)).collect();
    let overlapping = share(plans.iter().filter(|plan| overlaps(plan)).count(), plans.len());
    assert!(overlapping > 0.3, "{overlapping}");
}

#[test]
fn fault_lengths_differ_between_seeds_and_keep_the_mean() {
    let lengths = |plan: &FaultPlan| -> Vec<f64> {
        let crashes = plan.faults().iter().filter(|scheduled| scheduled.fault.kind() == "crash");
        crashes.filter_map(|scheduled| scheduled.fault.duration()).map(|length| length.as_secs_f64()).collect()
    };
    let seeds = plans(4_000).iter().map(lengths).filter(|lengths| lengths.len() >= 15).collect::<Vec<_>>();
    let mut means: Vec<f64> = seeds.iter().map(|lengths| lengths.iter().sum::<f64>() / lengths.len() as f64).collect();
    means.sort_by(f64::total_cmp);
    let (mean, expected) = (means.iter().sum::<f64>() / means.len() as f64, FaultProfile::default().mean_duration.as_secs_f64());
    assert!((mean / expected - 1.0).abs() < 0.2, "{mean} s, {expected} s expected");
    let (long, short) = (means[means.len() * 9 / 10], means[means.len() / 10]);
    assert!(long > 3.0 * short, "a tenth lasts {long} s and more, a tenth {short} s and less");
}

#[test]
fn each_kind_hits_its_favourite_node_four_times_in_five() {
    let plans = plans(1_000);
    let (mut total, mut on_favourite, mut favourites) = (0, 0, BTreeMap::<&str, usize>::new());
    for plan in &plans {
        let mut hits = BTreeMap::<&str, usize>::new();
        let crashes = plan.faults().iter().filter(|scheduled| scheduled.fault.kind() == "crash");
        crashes.for_each(|crash| *hits.entry(crash.fault.nodes()[0]).or_default() += 1);
        let all: usize = hits.values().sum();
        // With fewer faults, the most frequent node may be most frequent by chance.
        if let Some((node, most)) = hits.into_iter().max_by_key(|(_, count)| *count).filter(|_| all >= 20) {
            (total, on_favourite) = (total + all, on_favourite + most);
            *favourites.entry(node).or_default() += 1;
        }
    }
    // Three in four, and one in four of the others. Faults that follow other kinds hit other nodes.
    assert!((0.70..0.84).contains(&share(on_favourite, total)), "{on_favourite} of {total}");
    let seeds: usize = favourites.values().sum();
    assert!(seeds > 100 && favourites.values().all(|count| (0.15..0.35).contains(&share(*count, seeds))), "{favourites:?}");
}

#[test]
fn half_of_the_following_faults_hit_the_same_node_soon() {
    let (mean_interval, mean_duration) = (Duration::from_secs(60), Duration::from_millis(100));
    let seldom = FaultProfile { mean_interval, mean_duration, ..plain() };
    let (mut pairs, mut same, mut later) = (0, 0, 0);
    for plan in (0..8_000).map(|seed| seldom.draw(Seed(seed), &NODES, &LINKS, MINUTE)) {
        let of_nodes = |scheduled: &ScheduledFault| ["crash", "pause"].contains(&scheduled.fault.kind());
        for pair in plan.faults().windows(2).filter(|pair| pair.iter().all(of_nodes)) {
            let length = pair[0].fault.duration().unwrap_or_default();
            if pair[1].at.since_zero() <= pair[0].at.since_zero() + 2 * length {
                pairs += 1;
                same += usize::from(pair[0].fault.nodes() == pair[1].fault.nodes());
                later += usize::from(pair[1].at > pair[0].at);
            }
        }
    }
    // Half; of the others one in four for two kinds, since there are four nodes, and two in three for one kind, which has a
    // favourite.
    assert!(pairs > 200 && (0.67..0.83).contains(&share(same, pairs)), "{same} of {pairs}");
    assert!(share(later, pairs) > 0.9, "{later} of {pairs} come later");
}

/// All faults that 300 seeds draw.
fn all_faults(profile: &FaultProfile) -> Vec<ScheduledFault> {
    let plans = (0..300).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, MINUTE));
    plans.flat_map(|plan| plan.into_faults()).collect()
}

#[test]
fn a_profile_draws_the_kinds_that_it_names_and_no_others() {
    let named = |kind: FaultKind| match kind {
        FaultKind::Cut => vec!["cut"],
        FaultKind::Crash | FaultKind::QuickRestart => vec!["crash"],
        FaultKind::Pause => vec!["pause"],
        FaultKind::Loss => vec!["loss"],
        FaultKind::Delay | FaultKind::Duplicate | FaultKind::Reorder => vec!["impair links"],
        FaultKind::NodeLinks | FaultKind::OneLink => vec!["impair"],
        FaultKind::SessionReset => vec!["reset sessions"],
        FaultKind::ClockStep => vec!["clock offset", "clock step"],
        FaultKind::ClockDrift => vec!["clock drift", "periodic drift", "random drift"],
        FaultKind::ClockFreeze => vec!["clock freeze"],
        FaultKind::ClockStrobe => vec!["clock strobe"],
        FaultKind::CoarseClock => vec!["coarse clock"],
        FaultKind::LateTimers => vec!["coalesced timers", "late timers"],
        FaultKind::Failpoint => unreachable!("no point is declared"),
        FaultKind::DiskError => vec!["disk error"],
        FaultKind::DiskFull => vec!["disk full"],
        FaultKind::SyncError => vec!["sync error"],
        FaultKind::SlowDisk => vec!["slow disk"],
        FaultKind::DiskStall => vec!["disk stall"],
        FaultKind::DiskLimit => vec!["disk limit"],
        FaultKind::LyingSync => vec!["lying sync"],
        FaultKind::BitRot => vec!["bit rot"],
        FaultKind::RotOnRead => vec!["rot on read"],
        FaultKind::Misdirect => vec!["misdirect"],
        FaultKind::LostWrite => vec!["lost write"],
        FaultKind::StaleRead => vec!["stale read"],
        FaultKind::Rollback => vec!["rollback"],
        FaultKind::Reformat => vec!["reformat"],
        FaultKind::GracefulStop => vec!["graceful stop"],
        FaultKind::Slow => vec!["slow"],
        FaultKind::CancelTasks => vec!["cancel tasks"],
        FaultKind::EqualRandom => vec!["equal random"],
        FaultKind::PoisonMessage => vec!["poison message"],
        FaultKind::CrashInIo => vec!["crash in io"],
        FaultKind::RandomCrashInIo => vec!["random crash in io"],
        FaultKind::DomainLoss => unreachable!("no domain is declared"),
        FaultKind::RollingRestart => vec!["rolling restart"],
        kind if kind.is_of_object_stores() => unreachable!("no store is declared"),
        kind => unreachable!("{kind:?} has a line above"),
    };
    let stores = FaultKind::object_store().chain(FaultKind::object_store_dishonest());
    let undeclared: Vec<FaultKind> = [FaultKind::Failpoint, FaultKind::DomainLoss].into_iter().chain(stores).collect();
    assert!(all_faults(&FaultProfile::default().only(undeclared.clone())).is_empty());
    for kind in FaultKind::ALL.into_iter().filter(|kind| !undeclared.contains(kind)) {
        let faults = all_faults(&FaultProfile::default().only([kind]));
        let drawn: BTreeSet<&str> = faults.iter().map(|scheduled| scheduled.fault.kind()).collect();
        assert_eq!((faults.len() > 100, Vec::from_iter(drawn)), (true, named(kind)), "{kind:?}");
    }
    assert!(all_faults(&FaultProfile::default().only([])).is_empty());
    let without = all_faults(&FaultProfile::default().without([FaultKind::Cut]));
    assert!(!without.is_empty() && without.iter().all(|scheduled| scheduled.fault.kind() != "cut"));
}

#[test]
fn every_drawn_fault_that_is_asked_for_is_possible() {
    let nodes = (0..).map(NodeId).zip(NODES).map(|(node, name)| (name.to_owned(), node)).collect();
    let (nodes, network) = (NodeNames { nodes, ..NodeNames::default() }, Network::new());
    let faults = all_faults(
        &FaultProfile::default()
            .only(FaultKind::OF_CLOCKS)
            .also(FaultKind::disk_honest())
            .also(FaultKind::disk_dishonest())
            .also(FaultKind::OF_PROCESSES),
    );
    for ScheduledFault { fault, .. } in &faults {
        assert!(fault.resolve(0, Declared::new(&nodes, &network)).is_ok(), "{fault}");
    }
    let jumps = faults.iter().filter_map(|scheduled| match &scheduled.fault {
        Fault::Clock(ClockFault::Step { by, .. } | ClockFault::Offset { by, .. }) => Some(*by),
        _ => None,
    });
    let jumps: BTreeSet<SignedDuration> = jumps.collect();
    let (least, most) = (Duration::from_millis(10), Duration::from_secs(300));
    assert!(jumps.iter().all(|by| (least..=most).contains(&by.length())), "{jumps:?}");
    let shorter = |bound: Duration| jumps.iter().filter(|by| by.length() < bound).count();
    assert!(jumps.iter().any(|by| *by < SignedDuration::ZERO) && jumps.iter().any(|by| *by > SignedDuration::ZERO));
    let decade = shorter(Duration::from_secs(1)) - shorter(Duration::from_millis(100));
    assert!((0.17..0.28).contains(&share(decade, jumps.len())), "{decade} of {} in one of four and a half decades", jumps.len());
}

#[test]
fn quick_restarts_take_less_than_ten_milliseconds() {
    let faults = all_faults(&FaultProfile::default().only([FaultKind::QuickRestart]));
    let lengths: Vec<Duration> = faults.iter().filter_map(|scheduled| scheduled.fault.duration()).collect();
    assert!(lengths.iter().all(|length| *length < Duration::from_millis(10)));
    assert!(
        lengths.iter().any(|length| *length > Duration::from_millis(9))
            && lengths.iter().any(|length| *length < Duration::from_millis(1))
    );
}

#[test]
fn drawn_impairments_have_one_part_and_a_span() {
    let faults = all_faults(&FaultProfile::default());
    let (mut delays, mut losses, mut links, mut ways) = (0, 0, BTreeSet::new(), BTreeSet::new());
    for ScheduledFault { fault, .. } in &faults {
        let by = match fault {
            Fault::Link(LinkFault::Impair { by, both_ways, to, .. }) => {
                ways.insert((*both_ways, to.len()));
                by
            }
            Fault::Link(LinkFault::ImpairLinks { by, links: class, .. }) => {
                links.insert(class.clone());
                by
            }
            _ => continue,
        };
        assert!(by.validate().is_ok() && by.simpler().len() < 2 && fault.duration().is_some(), "{fault}");
        delays += usize::from(!by.delay.is_zero());
        losses += usize::from(by.loss > Ratio::ZERO);
    }
    assert!(delays > 100 && losses > 100, "{delays} delays, {losses} losses");
    assert_eq!(links.len(), 2);
    assert_eq!(ways.into_iter().collect::<Vec<_>>(), [(false, 1), (false, 3), (true, 3)], "one link, and those of one node");
}

#[test]
fn a_group_spared_from_crashes_is_cut_and_the_other_way_round() {
    let hits = |profile: FaultProfile| {
        let names = |scheduled: &ScheduledFault| scheduled.fault.nodes().contains(&"b/0");
        let (mut crashes, mut cuts) = (0, 0);
        for scheduled in all_faults(&profile).iter().filter(|scheduled| names(scheduled)) {
            match scheduled.fault {
                Fault::Node(_) => crashes += 1,
                _ => cuts += 1,
            }
        }
        (crashes > 0, cuts > 0)
    };
    assert_eq!(hits(FaultProfile::default()), (true, true));
    assert_eq!(hits(FaultProfile::default().sparing(["b"])), (false, true));
    assert_eq!(hits(FaultProfile::default().never_cutting(["b"])), (true, false));
    assert_eq!(hits(FaultProfile::default().sparing(["b"]).never_cutting(["b"])), (false, false));
}

#[test]
fn no_fault_lasts_longer_than_the_profile_says() {
    let longest = |profile: &FaultProfile| {
        let lengths = all_faults(profile).into_iter().filter_map(|scheduled| scheduled.fault.duration());
        lengths.max().expect("faults are drawn")
    };
    let bound = Duration::from_millis(700);
    assert!(longest(&FaultProfile::default()) > 2 * bound);
    assert_eq!(longest(&FaultProfile::default().at_most_for(bound)), bound);
}

/// The most nodes of group `a` that are down at once.
fn most_down(faults: &[ScheduledFault]) -> usize {
    let ends = |scheduled: &ScheduledFault| match &scheduled.fault {
        Fault::Node(NodeFault::Crash { node, .. } | NodeFault::Pause { node, .. }) if node.starts_with("a/") => {
            Some((node.clone(), scheduled.at, scheduled.at + scheduled.fault.duration()?))
        }
        _ => None,
    };
    let down: Vec<_> = faults.iter().filter_map(ends).collect();
    let at = |at| down.iter().filter(|(_, from, to)| *from <= at && at < *to).map(|(node, ..)| node).collect::<BTreeSet<_>>().len();
    down.iter().map(|(_, from, _)| at(*from)).max().unwrap_or_default()
}

#[test]
fn at_most_as_many_nodes_are_down_as_the_profile_says() {
    const FIVE: [&str; 5] = ["a/0", "a/1", "a/2", "a/3", "a/4"];
    let most = |profile: FaultProfile, nodes: &[&str]| {
        let plans = (0..100).map(|seed| profile.draw(Seed(seed), nodes, &LINKS, MINUTE));
        plans.map(|plan| most_down(plan.faults())).max().expect("seeds were drawn")
    };
    let often = FaultProfile { mean_interval: Duration::from_millis(300), ..FaultProfile::default() };
    assert_eq!(most(often.clone(), &FIVE), 2);
    assert_eq!(most(often.clone(), &FIVE[..4]), 1);
    assert_eq!(most(often.clone(), &FIVE[..2]), 1);
    assert_eq!(most(often.clone(), &FIVE[..1]), 1);
    assert_eq!(most(often.clone().at_most_down(3), &FIVE), 3);
    assert_eq!(most(often.clone().at_most_down(0), &FIVE), 0);
    assert_eq!(most(often.at_most_down(u32::MAX), &FIVE), 5);
}

#[test]
fn a_saved_profile_parses_to_itself() {
    let profile = FaultProfile::default().at_most_down(2).at_most_for(Duration::from_secs(3)).sparing(["a"]).never_cutting(["b"]);
    for profile in [profile, FaultProfile::default()] {
        let saved = serde_json::to_string(&profile).unwrap();
        assert_eq!(serde_json::from_str::<FaultProfile>(&saved).unwrap(), profile, "{saved}");
    }
    assert_eq!(serde_json::from_str::<FaultProfile>("{}").unwrap(), FaultProfile::default());
    let unknown = serde_json::from_str::<FaultProfile>(r#"{"kinds":["crush"]}"#).unwrap_err().to_string();
    assert!(unknown.contains("unknown variant `crush`, expected one of `cut`, `crash`"), "{unknown}");
}
