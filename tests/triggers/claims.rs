//! Faults within and beyond what a scenario claims to survive.

use cluster_sim::check::Health;
use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::prelude::*;
use cluster_sim::scenario::RestartPolicy;
use cluster_sim_testkit::faults::{crash, kill, pause};
use cluster_sim_testkit::units::{instant, milliseconds};

/// Five members that tick, of which a majority must be up.
fn members() -> Scenario {
    let tick = async |node: Node| {
        let mut ticks = node.interval(milliseconds(10));
        loop {
            ticks.tick().await;
            node.publish(|ticks: &mut u64| *ticks += 1);
        }
    };
    let up = |world: &World<'_>| world.nodes().filter(|node| world.health(*node) == Health::Up).count();
    let started = |world: &World<'_>| world.now() >= instant(20);
    Scenario::new("members")
        .nodes("member", 5, tick)
        .always("a majority is up", move |world| !started(world) || up(world) >= 3)
        .duration(milliseconds(500))
        .survives(Claim::minority_of("member"))
}

fn planned(faults: impl IntoIterator<Item = (u64, Fault)>) -> FaultPlan {
    faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(milliseconds(at), fault))
}

#[test]
fn a_run_within_the_claim_is_judged_as_ever() {
    let plan = planned([(50, crash("member/0", None)), (60, pause("member/1", None))]);
    members().faults(plan.clone()).run(Seed(7)).assert_ok();
    let report = members().faults(plan).always("all are up", |world| world.views::<u64>().count() > 3).run(Seed(7));
    assert_eq!((report.outcome, report.exceeded), (Outcome::Violated, None));
}

#[test]
fn a_run_beyond_the_claim_says_so_in_place_of_a_bug() {
    let three = [(50, crash("member/0", None)), (60, pause("member/1", None)), (70, kill("member/4"))];
    let report = members().faults(planned(three)).run(Seed(7));
    let exceeded = report.exceeded.as_ref().expect("three of five are down");
    assert_eq!(exceeded.message, "3 of 5 member nodes were down at once (claim: a minority of member)");
    assert_eq!((exceeded.at, &exceeded.nodes[..]), (instant(70), &[0, 1, 4].map(NodeId)[..]));
    assert_eq!((report.outcome, report.outcome.exit_code(), report.finding()), (Outcome::AssumptionExceeded, 4, None));
    let text = report.to_string();
    assert!(text.starts_with("EXCEEDED  members") && text.contains("assumption exceeded: 3 of 5 member nodes"), "{text}");
    assert!(members().shrink(&report).is_none(), "there is nothing to minimize");
}

#[test]
fn a_rule_that_broke_before_the_claim_did_is_a_finding() {
    let three = [(50, crash("member/0", None)), (60, pause("member/1", None)), (70, kill("member/4"))];
    let report = members().always("all are up", |world| world.now() < instant(20) || world.views::<u64>().count() > 4);
    let report = report.faults(planned(three)).run(Seed(7));
    assert_eq!((report.outcome, report.violations[0].at), (Outcome::Violated, instant(50)));
}

#[test]
fn nodes_that_were_down_one_after_the_other_exceed_nothing() {
    let brief = |node: u32| (50 + 10 * u64::from(node), crash(&format!("member/{node}"), milliseconds(9)));
    members().faults(planned((0..5).map(brief))).run(Seed(7)).assert_ok();
}

/// The faults of an instant are applied before others end at it.
#[test]
fn a_node_is_down_at_the_instant_at_which_it_returns() {
    let beside = |at: u64, node: &str| {
        let faults = [(50, crash("member/0", milliseconds(50))), (60, pause("member/1", milliseconds(40))), (at, kill(node))];
        members().faults(planned(faults)).run(Seed(7)).exceeded.map(|exceeded| (exceeded.at, exceeded.nodes.len()))
    };
    assert_eq!(beside(100, "member/2"), Some((instant(100), 3)));
    assert_eq!(beside(101, "member/2"), None);
    let brief = [(100, pause("member/0", milliseconds(0))), (100, crash("member/1", milliseconds(0))), (100, kill("member/2"))];
    let report = members().faults(planned(brief)).run(Seed(7));
    assert_eq!(report.exceeded.map(|exceeded| exceeded.nodes.len()), Some(3), "a fault without a length takes its instant");
}

#[test]
fn a_node_that_panics_by_itself_is_no_fault_beyond_the_claim() {
    let panicking = async |node: Node| {
        node.sleep(milliseconds(50)).await;
        panic!("poison");
    };
    let scenario = Scenario::new("poison").nodes("member", 3, panicking).survives(Claim::minority_of("member"));
    let policy = RestartPolicy::after(milliseconds(5)).at_most(2);
    let report = scenario.restart_policy("member", policy).run(Seed(7));
    assert_eq!((report.outcome, report.exceeded), (Outcome::Panicked, None));
}

#[test]
fn a_profile_stays_within_the_claim_unless_told_otherwise() {
    let often = FaultProfile { mean_interval: milliseconds(40), mean_duration: milliseconds(60), ..FaultProfile::default() };
    let often = often.only([FaultKind::Crash, FaultKind::Pause]);
    let swept = |claim: Claim, profile: FaultProfile| {
        let sweep = members().survives(claim).chaos(profile).campaign(0..64).with_coverage().run();
        sweep.assert_ok();
        let outcomes = sweep.coverage().unwrap().outcomes.clone();
        [Outcome::Held, Outcome::AssumptionExceeded].map(|outcome| outcomes.get(&outcome).copied().unwrap_or_default())
    };
    assert_eq!(swept(Claim::minority_of("member"), often.clone()), [64, 0]);
    assert_eq!(swept(Claim::at_most(1, "member"), often.clone().at_most_down(4)), [64, 0], "the claim is the lower bound");
    let [held, exceeded] = swept(Claim::minority_of("member"), often.beyond_claims());
    assert!(held > 0 && exceeded > 10 && held + exceeded == 64, "{held} held and {exceeded} exceeded");
}

#[test]
fn a_profile_without_a_bound_takes_down_what_is_claimed() {
    let most_down = |claim: Option<Claim>, profile: FaultProfile| {
        let scenario = Scenario::new("ticking").nodes("member", 5, async |node| node.publish(|up: &mut bool| *up = true));
        let scenario = claim.into_iter().fold(scenario, Scenario::survives).duration(milliseconds(500)).chaos(profile);
        let most = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = std::sync::Arc::clone(&most);
        let count = move |world: &World<'_>| {
            let down = world.nodes().filter(|node| world.now() >= instant(20) && world.health(*node) != Health::Up).count();
            seen.fetch_max(down, std::sync::atomic::Ordering::Relaxed);
            true
        };
        let scenario = scenario.always("counts", count);
        (0..64).for_each(|seed| drop(scenario.run(Seed(seed))));
        most.load(std::sync::atomic::Ordering::Relaxed)
    };
    let often = FaultProfile { mean_interval: milliseconds(10), mean_duration: milliseconds(80), ..FaultProfile::default() };
    let often = || often.clone().only([FaultKind::Crash, FaultKind::Pause]);
    assert_eq!(most_down(None, often()), 2, "a minority");
    assert_eq!(most_down(Some(Claim::at_most(4, "member")), often()), 4);
    assert_eq!(most_down(Some(Claim::at_most(1, "group:member")), often()), 1);
    assert_eq!(most_down(Some(Claim::at_most(4, "member")), often().at_most_down(3)), 3, "the lower bound of both");
}

#[test]
fn a_claim_about_a_zone_bounds_all_groups_in_it() {
    let tick = async |node: Node| node.publish(|up: &mut bool| *up = true);
    let zoned = Scenario::new("zoned").nodes("store", 4, tick).nodes("cache", 4, tick).zones("store", ["a", "b"]);
    let zoned = zoned.zones("cache", ["a", "b"]).always("up", |world| world.views::<bool>().count() <= 8);
    let often = FaultProfile { mean_interval: milliseconds(20), mean_duration: milliseconds(80), ..FaultProfile::default() };
    let zoned = zoned.duration(milliseconds(500)).chaos(often.only([FaultKind::Crash, FaultKind::Pause]));
    let beyond_one = |scenario: Scenario| {
        let reports = (0..32).map(|seed| scenario.run(Seed(seed)));
        reports.filter(|report| report.outcome == Outcome::AssumptionExceeded).count()
    };
    assert_eq!(beyond_one(zoned.clone().survives(Claim::at_most(1, "zone:a"))), 0);
    let three = planned([(100, kill("store/0")), (110, kill("cache/2"))]);
    assert_eq!(beyond_one(zoned.survives(Claim::at_most(1, "zone:a")).faults(three)), 32);
}

#[test]
fn seeds_beyond_the_claim_are_not_counted_as_passed() {
    let half = |seed: Seed| match seed.0 % 2 {
        0 => FaultPlan::new(),
        _ => planned((0..3).map(|node| (50, kill(&format!("member/{node}"))))),
    };
    let sweep = members().faults_from(half).sweep(0..8);
    sweep.assert_ok();
    assert_eq!([sweep.passed(), sweep.exceeded(), sweep.failed()], [4, 4, 0]);
    let text = "4 of seeds 0..8 of members passed, 4 went beyond what it claims to survive and prove nothing";
    assert_eq!(sweep.to_string(), text);
}

#[test]
#[should_panic(expected = "0 of seeds 0..8 of members passed, 8 went beyond what it claims to survive and prove nothing")]
fn a_sweep_beyond_the_claim_in_every_seed_fails() {
    let three = (0..3).map(|node| (50, kill(&format!("member/{node}"))));
    let sweep = members().faults(planned(three)).sweep(0..8);
    assert_eq!((sweep.is_ok(), sweep.exit_code()), (false, 4));
    assert!(sweep.first_passed().is_none(), "the first seed proves nothing");
    sweep.assert_ok();
}

#[test]
fn a_minimized_case_stays_within_the_claim() {
    // One member that is down breaks the rule; leaving out others would exceed the claim.
    let scenario = members()
        .always("all are up", |world| world.now() < instant(20) || world.health(NodeId(0)) == Health::Up)
        .may_shrink("member")
        .faults(planned([(50, crash("member/0", None))]));
    let report = scenario.run(Seed(7));
    let minimized = scenario.shrink(&report).expect("it broke a rule");
    assert!(minimized.case.absent.len() <= 1, "one more than the crashed one may be missing: {minimized}");
}

/// A panic ends a step before claims are judged, so the end of the run judges them.
#[test]
fn a_fault_that_exceeds_a_claim_by_a_step_that_panics_counts() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0 || std::thread::panicking(), "it does not survive a crash");
        }
    }
    let holding = async |node: Node| {
        let _bomb = Bomb(node.index() == 4);
        std::future::pending().await
    };
    let scenario = Scenario::new("holding").nodes("member", 5, holding).survives(Claim::minority_of("member"));
    let run = |crashed: &[u32]| {
        let plan = planned(crashed.iter().map(|node| (50 + u64::from(*node), crash(&format!("member/{node}"), None))));
        scenario.clone().duration(milliseconds(100)).faults(plan).run(Seed(7))
    };
    let report = run(&[0, 4]);
    assert_eq!((report.outcome, report.exceeded), (Outcome::Panicked, None), "a finding within the claim");
    let report = run(&[0, 1, 4]);
    assert!(report.panic.is_some(), "{report}");
    assert_eq!((report.outcome, report.exceeded.map(|exceeded| exceeded.nodes.len())), (Outcome::AssumptionExceeded, Some(3)));
}

#[test]
fn a_claim_about_an_unknown_group_is_refused() {
    let error = members().survives(Claim::at_most(1, "membr")).try_run(Seed(7)).expect_err("there is no such group");
    let text = error.to_string();
    assert!(text.ends_with("no such group or set; did you mean \"member\"; known: member"), "{text}");
}

#[test]
fn a_node_that_a_fault_keeps_from_its_first_boot_is_down() {
    let held = |faults: [Fault; 3]| members().faults(planned(faults.map(|fault| (0, fault)))).run(Seed(7));
    let three = held([crash("member/0", None), crash("member/1", None), pause("member/2", None)]);
    assert_eq!(three.exceeded.map(|exceeded| exceeded.nodes), Some([0, 1, 2].map(NodeId).to_vec()));
    let two = held([crash("member/0", None), crash("member/0", None), pause("member/2", None)]);
    assert_eq!(two.outcome, Outcome::Held);
}
