//! Tests of `#[cluster_sim::test]` that take a seed or a trial: from the red line to the minimized case and its replay.

use std::fs;
use std::path::Path;

use cluster_sim::explore::Reproducer;
use cluster_sim::prelude::*;
use rstest::rstest;

use crate::attribute::{replayed_by, reproducer_kept, run_test};

/// The tests themselves, as a user would write them.
mod made {
    use cluster_sim::Invariant;
    use cluster_sim::check::{Change, Health};
    use cluster_sim::prelude::*;
    use cluster_sim_testkit::faults::crash;
    use cluster_sim_testkit::units::milliseconds;

    /// Says that a run ends.
    struct Ends;

    impl Invariant for Ends {
        fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
            Verdict::Holds
        }

        fn times_checked(&self) -> u64 {
            1
        }

        fn finish(&mut self, _: &World<'_>) -> Verdict {
            eprintln!("a run ends");
            Verdict::Holds
        }
    }

    /// Sends a number every 5 ms; the others publish whether one is missing.
    async fn counts(node: Node) {
        let port = node.bind::<u64>("numbers");
        if node.index() == 0 {
            for number in 0.. {
                port.broadcast(number);
                node.sleep(milliseconds(5)).await;
            }
        }
        let mut last = None;
        loop {
            let number = port.recv().await.message;
            let is_missing = last.replace(number).is_some_and(|last| number > last + 1);
            node.publish(|missing: &mut bool| *missing |= is_missing);
        }
    }

    /// Crashes two nodes that stay down for a while; nothing but `asserts` and `by_seed` needs the first of them.
    fn plan() -> FaultPlan {
        FaultPlan::new().at(milliseconds(30), crash("node/1", None)).at(milliseconds(40), crash("node/2", milliseconds(5)))
    }

    pub(super) fn counting(nodes: u32) -> Scenario {
        let links = LinkModel { order: cluster_sim::net::LinkOrder::Fifo, ..LinkModel::default() };
        let scenario = Scenario::new("counting").nodes("node", nodes, counts).observe("runs", || Ends);
        scenario.default_links(links).duration(milliseconds(100))
    }

    /// A scenario whose nodes, plan and rule depend on the seed: every fourth one breaks the rule.
    pub(super) fn of_seed(seed: Seed) -> Scenario {
        let breaks = seed.0 % 4 == 3;
        let scenario = counting(3 + seed.0 as u32 % 3).faults(plan());
        scenario.always("node/1 is up", move |world| {
            let is_down = world.health(NodeId(1)) == Health::Down && world.now() > VirtualInstant::ZERO + milliseconds(10);
            !(breaks && is_down)
        })
    }

    #[should_panic(expected = "node/1 is up")]
    #[cluster_sim::test(threads = 1)]
    fn by_seed(seed: Seed) -> Report {
        of_seed(seed).run(seed)
    }

    #[should_panic(expected = "node/1 is up")]
    #[cluster_sim::test(threads = 1, isolate = true)]
    fn by_seed_isolated(seed: Seed) -> Report {
        of_seed(seed).run(seed)
    }

    #[cluster_sim::test(threads = 1)]
    fn by_seed_fixed(seed: Seed) -> Report {
        counting(3 + seed.0 as u32 % 3).faults(plan()).run(seed)
    }

    /// Cuts a node off, if `is_cut`, and so breaks the rule.
    pub(super) fn steer(trial: &Trial, is_cut: bool) -> Report {
        let scenario = counting(3).faults(FaultPlan::new().at(milliseconds(40), crash("node/2", milliseconds(5))));
        let holds = |_: NodeId, missing: &bool| !missing;
        let mut sim = trial.start(&scenario.always_each("no number is missing", holds));
        sim.run_for(milliseconds(50));
        if is_cut {
            let cut = sim.partition([0], [1]);
            sim.run_for(milliseconds(20));
            cut.heal();
        }
        sim.run_for(milliseconds(30));
        sim.finish()
    }

    #[should_panic(expected = "no number is missing")]
    #[cluster_sim::test(threads = 1)]
    fn steered(trial: Trial) -> Report {
        steer(&trial, trial.seed().0 >= 3)
    }

    #[should_panic(expected = "no number is missing")]
    #[cluster_sim::test(threads = 1, isolate = true)]
    fn steered_isolated(trial: Trial) -> Report {
        steer(&trial, trial.seed().0 >= 3)
    }

    #[cluster_sim::test(seeds = 5)]
    fn steered_fixed(trial: Trial) -> Report {
        steer(&trial, false)
    }

    #[should_panic(expected = "no number is missing")]
    #[cluster_sim::test(threads = 1)]
    fn steered_by_seed(seed: Seed) -> Report {
        steer(&Trial::new(seed), true)
    }

    /// Panics while it steers; the crash of one node is needed for that.
    pub(super) fn assert_up(trial: &Trial, is_fixed: bool) -> Report {
        let mut sim = trial.start(&counting(3).faults(plan()));
        sim.run_for(milliseconds(60));
        assert!(is_fixed || sim.inspect(|world| world.health(NodeId(1)) == Health::Up), "n1 is down");
        sim.finish()
    }

    #[should_panic(expected = "the test panicked: n1 is down")]
    #[cluster_sim::test(threads = 1)]
    fn asserts(trial: Trial) -> Report {
        assert_up(&trial, false)
    }

    #[should_panic(expected = "the test panicked: 1 node was down")]
    #[cluster_sim::test(threads = 1)]
    fn asserts_on_the_report(trial: Trial) -> Report {
        let report = trial.run(&counting(3).faults(plan()));
        let down = report.faults.iter().filter(|record| record.fault.nodes() == ["node/1"] && record.effect > 0).count();
        assert!(down == 0, "{down} node was down");
        report
    }

    #[should_panic(expected = "the test panicked: n1 is down")]
    #[cluster_sim::test(threads = 1)]
    fn asserts_by_seed(seed: Seed) -> Report {
        assert_up(&Trial::new(seed), false)
    }

    #[should_panic(expected = "NONDETERMINISTIC")]
    #[cluster_sim::test(seeds = 3)]
    fn leaks_between_steps(trial: Trial) -> Report {
        let mut sim = trial.start(&counting(2));
        sim.run_for(milliseconds(50));
        sim.run_for(Duration::from_nanos(getrandom::u64().expect("there is entropy") >> 40));
        let cut = sim.partition([0], [1]);
        sim.run_for(milliseconds(20));
        cut.heal();
        sim.finish()
    }

    #[should_panic(expected = "NONDETERMINISTIC")]
    #[cluster_sim::test(seeds = 3)]
    fn another_scenario_each_time(seed: Seed) -> Report {
        counting(2).duration(Duration::from_nanos(getrandom::u64().expect("there is entropy") >> 40)).run(seed)
    }

    #[should_panic(expected = "it returned a report without having started its trial")]
    #[cluster_sim::test]
    fn starts_none(trial: Trial) -> Report {
        counting(2).run(trial.seed())
    }

    #[should_panic(expected = "it returned the report of another run than the one that it started by its trial")]
    #[cluster_sim::test]
    fn returns_another(trial: Trial) -> Report {
        trial.run(&counting(2)).assert_ok();
        counting(2).run(trial.seed())
    }

    #[should_panic(expected = "a trial is one run, and it has started")]
    #[cluster_sim::test]
    fn starts_two(trial: Trial) -> Report {
        trial.run(&counting(2)).assert_ok();
        trial.run(&counting(3))
    }

    #[should_panic(expected = "it was given seed 0x0 and returned the report of seed 0x7; run the scenario with the seed")]
    #[cluster_sim::test]
    fn ignores_the_seed(_: Seed) -> Report {
        counting(2).run(Seed(7))
    }

    /// Runs two scenarios; the second one fails.
    #[should_panic(expected = "node/1 is up")]
    #[cluster_sim::test(threads = 1)]
    fn runs_two(seed: Seed) -> Report {
        counting(2).run(seed).assert_ok();
        of_seed(seed).run(seed)
    }

    /// Steers a cluster of regions and shards.
    #[should_panic(expected = "no number is missing")]
    #[cluster_sim::test(threads = 1)]
    fn of_regions(trial: Trial) -> Report {
        let cluster = SimulatedCluster::builder().regions(["a", "b"]).shards_per_region(1).nodes(counts).with(|scenario| {
            let plan = FaultPlan::new().at(milliseconds(1), crash("b/0", milliseconds(1)));
            scenario.faults(plan).always_each("no number is missing", |_, missing: &bool| !missing)
        });
        let mut cluster = cluster.build_with(|scenario| trial.start(scenario)).expect("it is complete");
        cluster.run_for(milliseconds(500));
        let cut = cluster.inject_partition("a", "b");
        cluster.run_for(milliseconds(20));
        cut.heal();
        cluster.run_for(milliseconds(500));
        cluster.finish()
    }
}

fn run(name: &str, variables: &[(&str, &str)]) -> (bool, String) {
    run_test(&format!("trials::made::{name}"), variables)
}

/// The runs that ended.
fn runs(said: &str) -> usize {
    said.lines().filter(|line| *line == "a run ends").count()
}

/// Runs a test that is to fail, and returns what it said and the reproducer that it kept.
#[track_caller]
fn minimized(name: &str) -> (String, Reproducer, String) {
    let (passed, said) = run(name, &[]);
    assert!(passed, "it is to panic, and did: {said}");
    let file = reproducer_kept(&said, &format!("trials::made::{name}"));
    let text = fs::read_to_string(&file).expect("it was kept");
    (said, Reproducer::parse(&text).expect("it is one"), file)
}

#[rstest]
// A node and an end of the run less, and one crash of the two.
#[case("by_seed", "node/1 is up", 1, false)]
#[case("by_seed_isolated", "node/1 is up", 1, false)]
#[case("runs_two", "node/1 is up", 1, false)]
#[case("steered", "no number is missing", 0, true)]
#[case("steered_isolated", "no number is missing", 0, true)]
#[case("of_regions", "no number is missing", 0, true)]
#[case("asserts", "the test", 1, true)]
#[case("asserts_on_the_report", "the test", 1, false)]
fn a_failure_is_minimized_kept_and_replayed(#[case] name: &str, #[case] rule: &str, #[case] faults: usize, #[case] by_hand: bool) {
    let (said, reproducer, file) = minimized(name);
    let minimized = reproducer.minimized.as_ref().expect("it is minimized");
    assert!(minimized.is_minimal && minimized.faults.0 > faults, "{minimized}");
    assert_eq!((minimized.faults.1, minimized.decisions.1, minimized.by_hand), (faults, Some(0), by_hand), "{minimized}");
    assert_eq!((minimized.finding.rule.as_str(), said.contains(", steps of the test stay; ")), (rule, by_hand), "{said}");
    assert!(said.contains("      in the minimized run\n") && said.contains("      last events\n"), "{said}");
    let folder = Path::new(&file).parent().expect("it lies in a folder");
    for kept in ["report.json", "report.html", "events.jsonl"] {
        assert!(folder.join(kept).exists(), "{kept} beside {file}");
    }
    assert!(fs::read_dir(folder.join("logs")).is_ok_and(|logs| logs.count() >= 2), "{file}");

    let (passed, said) = run(name, &[("CLUSTER_SIM_REPLAY", &file)]);
    assert!(passed, "it is to panic, and does so by the same case: {said}");
    assert!(said.contains("\nthe same run, event by event\nFAIL  "), "{said}");
}

/// The runs of the search, as the text tells them.
fn runs_of_search(said: &str) -> usize {
    let (before, _) = said.split_once(" runs, minimal").unwrap_or_else(|| panic!("it is minimized: {said}"));
    before.rsplit(' ').next().and_then(|runs| runs.parse().ok()).expect("a number of runs")
}

#[rstest]
// Found, confirmed by two runs of which one is recorded.
#[case("steered", 3)]
#[case("asserts", 3)]
// `Scenario::run` repeats a failing run for its messages: found so, confirmed so, and once to see that the scenario alone fails.
#[case("by_seed", 5)]
fn a_failing_seed_runs_few_times_before_the_search(#[case] name: &str, #[case] before: usize) {
    let (said, reproducer, file) = minimized(name);
    let passed = reproducer.seed.0 as usize;
    // Of 64 seeds the first is run twice if it passes. The smallest case runs once more, for page, events and logs.
    let sampled = usize::from(passed > 0);
    assert_eq!(runs(&said), passed + sampled + before + runs_of_search(&said) + 1, "{said}");
    let (_, said) = run(name, &[("CLUSTER_SIM_REPLAY", &file)]);
    // A test that takes a seed runs first, and says what its scenario is.
    assert_eq!(runs(&said), if name == "by_seed" { 3 } else { 1 }, "{said}");
}

#[rstest]
#[case("by_seed", "by_seed_fixed")]
#[case("steered", "steered_fixed")]
fn a_fixed_test_passes_the_case_and_reports_another_run(#[case] name: &str, #[case] fixed: &str) {
    let (_, mut reproducer, _) = minimized(name);
    let path = format!("trials::made::{fixed}");
    let package = "cluster-sim-suites".to_owned();
    reproducer.source = cluster_sim::explore::ScenarioSource::Test { package, name: path.clone() };
    let (passed, said, _) = replayed_by(&path, &reproducer.to_text());
    assert!(passed && said.contains("not the same run: it no longer finds it: at "), "{said}");
}

#[test]
fn a_case_that_does_not_fit_the_trial_is_refused() {
    let (_, mut reproducer, _) = minimized("steered");
    let refused = |reproducer: &Reproducer, says: &str| {
        let (passed, said, file) = replayed_by("trials::made::steered", &reproducer.to_text());
        // Nothing is caught aloud: one panic, that of the test.
        assert_eq!((passed, runs(&said), said.matches("panicked at").count()), (false, 0, 1), "{said}");
        assert!(said.contains(&format!("CLUSTER_SIM_REPLAY={file} cannot be replayed: {says}")), "{said}");
    };
    reproducer.minimized.as_mut().expect("it is minimized").case.absent.insert("store/9".to_owned());
    refused(&reproducer, "its case does not fit the scenario: ");
    reproducer.scenario = "another".to_owned();
    refused(&reproducer, "it is about scenario \"another\", not \"counting\"; replay it with the scenario or test that it names");
}

#[test]
fn a_regression_is_checked_by_the_test_that_found_it() {
    let (_, reproducer, _) = minimized("asserts");
    let outcome = |test: fn(Trial) -> Report| Trial::check_regression(test, &reproducer).expect("it fits").outcome;
    assert_eq!(outcome(|trial| made::assert_up(&trial, false)), Outcome::Panicked);
    assert_eq!(outcome(|trial| made::assert_up(&trial, true)), Outcome::Held);
    assert!(Trial::replay(|trial| made::assert_up(&trial, false), &reproducer).expect("it fits").is_same());
    // The crash of the case has no effect without its node; the cut is the test's own.
    let cuts = |trial: Trial| {
        let mut sim = trial.start(&made::counting(3).without("node/1"));
        let cut = sim.partition([0], [2]);
        sim.run_for(Duration::from_millis(60));
        assert!(cut.dropped() > 0, "it has an effect");
        cut.heal();
        sim.finish()
    };
    let mut whole = reproducer.clone();
    whole.minimized.as_mut().expect("it is minimized").case.absent.clear();
    assert_eq!(Trial::check_regression(cuts, &whole).expect("it fits").outcome, Outcome::Stale);
}

#[test]
fn a_regression_of_a_seeds_scenario_is_checked_by_that_scenario() {
    let (_, reproducer, _) = minimized("by_seed");
    let report = made::of_seed(reproducer.seed).check_regression(&reproducer).expect("it fits");
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
}

#[rstest]
#[case(
    "steered_by_seed",
    "its test steers the run, so the scenario alone gives another one; take a `Trial` in place of the `Seed`"
)]
#[case("asserts_by_seed", "the test panicked, so the report of its run is lost, and with it the scenario; take a `Trial`")]
#[case("starts_none", "the test failed outside of the run of its trial")]
fn what_cannot_be_minimized_says_so_with_the_cure(#[case] name: &str, #[case] says: &str) {
    let (passed, said) = run(name, &[]);
    assert!(passed, "it is to panic, and did: {said}");
    assert!(said.contains(&format!("      not minimized: {says}")), "{said}");
    assert!(!said.contains("      minimized: ") && !said.contains("      replay: "), "{said}");
    assert!(said.contains("      files: "), "its report is kept: {said}");
}

#[test]
fn two_runs_of_a_trial_are_compared_event_by_event() {
    let (passed, said) = run("leaks_between_steps", &[]);
    assert!(passed, "it is to panic, and did: {said}");
    assert!(said.contains("NONDETERMINISTIC  trials::made::leaks_between_steps  seed=0x0\n"), "{said}");
    assert!(said.contains(" left ") && said.contains(" right ") && said.contains("  cut 0 begins\n"), "{said}");
}

#[test]
fn another_scenario_in_the_second_run_is_named() {
    let (passed, said) = run("another_scenario_each_time", &[]);
    assert!(passed, "it is to panic, and did: {said}");
    assert!(said.contains("scenario of the test") && said.contains("declared as "), "{said}");
}

#[test]
fn a_report_knows_its_scenario_and_says_nothing_of_it() {
    let report = made::counting(2).run(Seed(7));
    let text = serde_json::to_string(&report).expect("it is data");
    assert!(!text.contains("origin"), "{text}");
    let read: Report = serde_json::from_str(&text).expect("it is a report");
    assert_eq!(read, report);
}
