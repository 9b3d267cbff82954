//! Random programs under random disk faults and crashes.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::fault::FaultKind;
use cluster_sim::node::{DiskErrorKind, DiskOp};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::ratio;
use proptest::prelude::*;

use crate::program::{Answers, FORMS, Form, LOG, Step, append, ms, read, scenario, sync, under, until, with_log, write};

/// Steps of a program, from numbers.
fn steps(numbers: &[(u8, u16)]) -> Vec<Step> {
    let step = |(kind, number): (u8, u16)| match kind % 8 {
        0 | 1 => append(&vec![number as u8; usize::from(number % 1_500)]),
        2 => write(u64::from(number), &[number as u8; 700]),
        3 => Step::Run(DiskOp::SetLen { file: LOG, length: u64::from(number) }),
        4 => Step::Run(DiskOp::Space),
        5 | 6 => sync(),
        _ => read(u64::from(number % 2) * 1_000, 100_000),
    };
    let timed = numbers.iter().zip(1..).flat_map(|(numbers, place)| [until(place * 20), step(*numbers)]);
    with_log(timed)
}

fn all_kinds() -> impl Iterator<Item = FaultKind> {
    FaultKind::disk_honest().chain(FaultKind::disk_dishonest())
}

fn under_chaos(form: Form, program: &[Step]) -> Scenario {
    let profile = FaultProfile { mean_interval: ms(400), mean_duration: ms(200), ..FaultProfile::default() };
    let profile = profile.only(all_kinds().chain([FaultKind::Crash, FaultKind::QuickRestart]));
    scenario(form, program.to_vec(), program.to_vec()).chaos(profile).duration(ms(2_000))
}

fn answers(scenario: &Scenario, seed: Seed) -> (Answers, Report) {
    let mut sim = scenario.start(seed);
    sim.run_for(ms(2_000));
    let answers = sim.inspect(|world| world.view::<Answers>(NodeId(0)).cloned().unwrap_or_default());
    (answers, sim.finish())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_disk_faults_panic_nowhere_and_hit_both_forms_alike(
        numbers in proptest::collection::vec((any::<u8>(), any::<u16>()), 40..90),
        seed in any::<u64>(),
    ) {
        let program = steps(&numbers);
        let [machine, node] = FORMS.map(|form| {
            let scenario = under_chaos(form, &program);
            let (first, report) = answers(&scenario, Seed(seed));
            assert_eq!(answers(&scenario, Seed(seed)).1.digest, report.digest, "one digest twice");
            assert!(report.panic.is_none() && report.outcome != Outcome::Panicked, "{report}");
            let effects: Vec<(u64, u64)> = report.faults.iter().map(|fault| (fault.fired, fault.effect)).collect();
            (first, effects)
        });
        prop_assert_eq!(machine, node);
    }
}

#[test]
fn every_drawn_kind_fires_and_has_an_effect() {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let numbers: Vec<(u8, u16)> = (0..90_u16).map(|number| ((number * number % 97) as u8, number * 37)).collect();
    let scenario = under_chaos(Form::Machine, &steps(&numbers));
    for seed in 0..100 {
        for fault in scenario.run(Seed(seed)).faults {
            let count = counts.entry(fault.fault.kind()).or_default();
            *count = (count.0 + fault.fired, count.1 + fault.effect);
        }
    }
    let drawn: BTreeSet<&str> = counts.keys().copied().collect();
    assert_eq!(drawn.len(), all_kinds().count() + 1, "and crashes: {drawn:?}");
    for (kind, (fired, effect)) in counts {
        let counts_fired = !matches!(kind, "crash" | "bit rot" | "rollback" | "reformat");
        assert!(effect > 0 && (fired >= effect || !counts_fired), "{kind}: {fired} fired, {effect} had an effect");
    }
}

/// Whether an append failed.
fn no_append_fails(scenario: Scenario) -> Scenario {
    scenario.always("no append fails", |world| {
        let failed = |answers: &Answers| {
            answers.0.iter().any(|(_, answer)| {
                answer.as_ref().is_err_and(|error| error.kind == DiskErrorKind::Io && error.operation == "append")
            })
        };
        !world.view::<Answers>(NodeId(0)).is_some_and(failed)
    })
}

#[test]
fn a_failing_run_of_many_disk_faults_shrinks_to_one_and_replays() {
    let node = || "a/0".to_owned();
    let fail = DiskFault::fail(node(), ratio(0.3), ms(300));
    let plan = FaultPlan::new()
        .at(ms(50), DiskFault::Slow { node: node(), factor: 4, extra: Duration::ZERO, duration: Some(ms(200)) })
        .at(ms(60), DiskFault::LyingSync { node: node(), path: "/".to_owned(), duration: Some(ms(100)) })
        .at(ms(100), fail)
        .at(ms(150), DiskFault::BitRot { node: node(), path: "/".to_owned(), share: Ratio::ONE, bits: 1, burst: 1 })
        .at(ms(200), DiskFault::Stall { node: node(), duration: Some(ms(30)) });
    let appends: Vec<Step> = (1..40).flat_map(|number| [until(number * 10), append(&[number as u8])]).collect();
    for form in FORMS {
        let scenario = no_append_fails(scenario(form, with_log(appends.clone()), Vec::new()).faults(plan.clone()));
        let report = scenario.run(Seed(1));
        assert_eq!(report.outcome, Outcome::Violated);
        let minimized = scenario.shrink(&report).unwrap();
        let decisions = minimized.case.decisions.as_ref().map_or(usize::MAX, Vec::len);
        assert_eq!((minimized.faults.1, decisions), (1, 1), "{minimized}");
        assert!(matches!(&minimized.case.faults.faults()[0].fault, Fault::Disk(DiskFault::Fail { .. })), "{minimized}");
        let again = minimized.case.apply_to(&scenario).run(Seed(1));
        assert_eq!((again.digest, again.finding()), (minimized.digest, Some(minimized.finding.clone())), "{minimized}");
    }
}

#[test]
fn runs_with_disk_faults_repeat_from_their_decisions() {
    let numbers: Vec<(u8, u16)> = (0..60).map(|number| (number as u8 * 3, number * 91)).collect();
    let scenario = under_chaos(Form::Node, &steps(&numbers));
    for seed in (0..30).map(Seed) {
        let (report, decisions) = scenario.run_with_decisions(seed);
        assert_eq!(scenario.clone().with_decisions(&decisions).run(seed).digest, report.digest, "{seed}");
    }
}

#[test]
fn a_share_fails_about_that_many_operations() {
    let appends: Vec<Step> = (0..200).flat_map(|number| [until(100 + number), append(&[1])]).collect();
    let plan = FaultPlan::new().at(ms(50), DiskFault::fail("a/0", ratio(0.3), ms(1_000)));
    let (fired, effect) = under(plan, with_log(appends), Vec::new()).counts();
    assert!(fired == effect && (40..80).contains(&fired), "{fired} of 200");
}
