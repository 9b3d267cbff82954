//! Random claims under random plans and profiles: a run is beyond a claim exactly if an independent count says so.

use std::collections::BTreeSet;

use cluster_sim::check::Health;
use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::node::{OpenOptions, WallTime};
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::{any_plan, cases};
use cluster_sim_testkit::units::milliseconds;
use proptest::prelude::*;

const NODES: u32 = 4;
const EPOCH: u64 = 3_600_000_000_000;

/// Keeps a log on its disk, whatever becomes of it, and publishes what it reads.
async fn keep(node: Node) {
    let disk = node.disk();
    loop {
        if let Ok(log) = disk.open("log", OpenOptions::create()).await {
            let _ = log.append([1; 64]).await;
            let _ = log.sync().await;
            let read = log.read_to_end().await.map_or(0, |read| read.len());
            node.publish(|length: &mut usize| *length = read);
        }
        node.publish(|length: &mut usize| *length += 1);
        node.sleep(milliseconds(5)).await;
    }
}

fn nodes() -> Scenario {
    Scenario::new("keeping")
        .nodes("node", NODES, keep)
        .epoch(WallTime::from_nanoseconds(EPOCH))
        .start_together()
        .duration(milliseconds(300))
}

/// A rule that holds while at most `most` nodes are down at once, and every wall clock is off by at most `offset`.
fn within(scenario: Scenario, most: usize, offset: Duration) -> Scenario {
    scenario.always("the count is within the claim", move |world| {
        let down = world.nodes().filter(|node| world.health(*node) != Health::Up).count();
        let off = |node| {
            let true_wall = EPOCH + world.now().as_nanoseconds();
            world.clock(node).wall.as_nanoseconds().abs_diff(true_wall)
        };
        // A run ends with its fault phase: then all faults have ended.
        let is_over = world.now().since_zero() >= milliseconds(300) || world.now().since_zero() < milliseconds(1);
        is_over || down <= most && world.nodes().all(|node| u128::from(off(node)) <= offset.as_nanos())
    })
}

/// The nodes whose disks faults have damaged, by the records of the report.
fn damaged(report: &Report) -> BTreeSet<String> {
    let tells = ["disk error", "disk full", "sync error", "slow disk", "disk stall", "disk limit"];
    let is_damage = |record: &&cluster_sim::fault::FaultRecord| {
        matches!(record.fault, Fault::Disk(_)) && !tells.contains(&record.fault.kind()) && record.effect > 0
    };
    let named = report.faults.iter().filter(is_damage).flat_map(|record| record.fault.nodes());
    named.map(str::to_owned).collect()
}

/// The plan from 1 ms on, when every node has begun its first life.
fn after_boot(plan: &FaultPlan) -> FaultPlan {
    plan.faults()
        .iter()
        .fold(FaultPlan::new(), |all, scheduled| all.at(scheduled.at.since_zero() + milliseconds(1), scheduled.fault.clone()))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_plan_exceeds_a_claim_exactly_if_a_count_says_so(
        plan in any_plan(NODES, milliseconds(290), milliseconds(80)),
        most in 0_u32..4,
        seed in any::<u64>().prop_map(Seed),
    ) {
        let scenario = nodes().faults(after_boot(&plan));
        let counted = within(scenario.clone(), most as usize, Duration::MAX).run(seed);
        let down = scenario.clone().always("a rule", |world| world.views::<usize>().count() <= 4);
        let report = down.clone().survives(Claim::at_most(most, "node")).run(seed);
        prop_assert_eq!(report.exceeded.is_some(), !counted.violations.is_empty(), "{} against {}", &report, counted);
        if let Some(exceeded) = &report.exceeded {
            prop_assert_eq!((exceeded.at, exceeded.step), (counted.violations[0].at, counted.violations[0].step));
        }
        let report = down.survives(Claim::damaged_disks(most, "node")).run(seed);
        prop_assert_eq!(report.exceeded.is_some(), damaged(&report).len() > most as usize, "{}", report);
    }

    #[test]
    fn a_wall_clock_that_a_rule_sees_beyond_the_claim_exceeds_it(
        plan in any_plan(NODES, milliseconds(290), milliseconds(80)),
        offset in 0_u64..500,
        seed in any::<u64>().prop_map(Seed),
    ) {
        let scenario = within(nodes().faults(after_boot(&plan)), 4, milliseconds(offset));
        let report = scenario.survives(Claim::clock_offset(milliseconds(offset), "node")).run(seed);
        prop_assert!(report.violations.is_empty() || report.exceeded.is_some(), "{}", report);
    }

    #[test]
    fn a_profile_exceeds_no_claim(
        [most, disks, both] in [0_u32..4, 0_u32..4, 0_u32..4],
        offset in 0_u64..200,
        drift in 0_u32..200_000_000,
        [interval, duration] in [10_u64..200, 5_u64..200],
        seed in any::<u64>().prop_map(Seed),
    ) {
        let all = FaultKind::ALL.into_iter().filter(|kind| *kind != FaultKind::Failpoint);
        let [mean_interval, mean_duration] = [interval, duration].map(milliseconds);
        let profile = FaultProfile { mean_interval, mean_duration, ..FaultProfile::default() }.only(all);
        let claims = [
            Claim::at_most(most, "node"),
            Claim::damaged_disks(disks, "group:node"),
            Claim::at_most(both, "node").or_damaged(),
            Claim::clock_offset(milliseconds(offset), "node"),
            Claim::clock_drift(drift, "node"),
        ];
        let scenario = claims.into_iter().fold(nodes().chaos(profile), Scenario::survives);
        let report = scenario.always("a rule", |world| world.views::<usize>().count() <= 4).run(seed);
        prop_assert_eq!(report.exceeded, None);
        prop_assert!(matches!(report.outcome, Outcome::Held | Outcome::Unknown));
    }
}
