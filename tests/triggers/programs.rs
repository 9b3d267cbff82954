//! Random triggers over random faults: they repeat, and a plan of what they fired gives the same run.

use std::num::NonZeroUsize;

use cluster_sim::check::{Change, Health};
use cluster_sim::explore::Case;
use cluster_sim::fault::{Claim, Trigger};
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::{any_plan, cases};
use cluster_sim_testkit::units::{instant, milliseconds};
use proptest::prelude::*;

/// A condition that a generated trigger looks for.
#[derive(Debug, Clone, Copy)]
enum Sees {
    View,
    Fact,
    Health(Health),
    Any,
}

/// One generated trigger.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    sees: Sees,
    /// Fires at each n-th such change.
    every: u64,
    faults: Vec<Fault>,
    limit: u64,
    delay: Duration,
    /// Does not fire before.
    from: VirtualInstant,
}

impl Program {
    fn trigger(&self, number: usize) -> Trigger {
        let Self { sees, every, faults, limit, delay, from } = self.clone();
        let seen = move |seen: &mut u64, change: &Change, world: &World<'_>| {
            let is_seen = match (sees, change) {
                _ if world.now() < from => false,
                (Sees::Any, _) | (Sees::View, Change::View(_)) | (Sees::Fact, Change::Fact(..)) => true,
                (Sees::Health(wanted), Change::Health(_, health, _)) => *health == wanted,
                _ => false,
            };
            *seen += u64::from(is_seen);
            if is_seen && seen.is_multiple_of(every) { faults.clone() } else { Vec::new() }
        };
        Trigger::with_state(&format!("trigger {number}"), || 0, seen).at_most(limit).after(delay)
    }
}

pub(crate) fn any_program() -> impl Strategy<Value = Program> {
    let health = prop_oneof![Just(Health::Up), Just(Health::Paused), Just(Health::Down), Just(Health::Killed)];
    let sees = prop_oneof![Just(Sees::View), Just(Sees::Fact), Just(Sees::Any), health.prop_map(Sees::Health)];
    let delay = prop_oneof![2 => Just(0), 1 => 0_u64..60, 1 => Just(5)].prop_map(milliseconds);
    let faults = any_plan(NODES, milliseconds(1), milliseconds(60));
    (sees, 1_u64..20, faults, 0_u64..8, delay).prop_map(|(sees, every, plan, limit, delay)| {
        let faults = plan.faults().iter().take(3).map(|scheduled| scheduled.fault.clone()).collect();
        Program { sees, every, faults, limit, delay, from: VirtualInstant::ZERO }
    })
}

pub(crate) const NODES: u32 = 4;

/// Nodes that send to each other at whole multiples of 5 ms, with the faults of a plan at such instants too.
pub(crate) fn chatter(plan: &FaultPlan) -> Scenario {
    let whole = plan.faults().iter().map(|scheduled| {
        let at = scheduled.at.as_nanoseconds() / 5_000_000 * 5_000_000;
        cluster_sim::fault::ScheduledFault::new(VirtualInstant::from_nanoseconds(at), scheduled.fault.clone())
    });
    Scenario::new("chatter")
        .nodes("node", NODES, async |node| {
            let port = node.bind::<u64>("chatter");
            let mut ticks = node.interval(milliseconds(5));
            loop {
                select! {
                    heard = port.recv() => node.emit(heard.message),
                    _ = ticks.tick() => {
                        node.publish(|ticks: &mut u64| *ticks += 1);
                        port.broadcast(node.random().below(10));
                    }
                }
            }
        })
        .start_together()
        .default_links(LinkModel::constant(milliseconds(5)))
        .faults(whole.collect())
        .duration(milliseconds(300))
}

/// The scenario under its triggers.
pub(crate) fn under(scenario: &Scenario, programs: &[Program]) -> Scenario {
    let triggers = programs.iter().enumerate().map(|(number, program)| program.trigger(number));
    triggers.fold(scenario.clone(), Scenario::trigger)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn random_triggers_repeat_and_their_plan_gives_the_exact_run(
        programs in prop::collection::vec(any_program(), 1..5),
        plan in any_plan(NODES, milliseconds(300), milliseconds(60)),
        seed in any::<u64>().prop_map(Seed),
    ) {
        let triggered = under(&chatter(&plan), &programs);
        let report = triggered.run(seed);
        prop_assert!(matches!(report.outcome, Outcome::Held | Outcome::Unknown), "{}", report);
        prop_assert_eq!(&triggered.run(seed), &report);
        let case = Case::of(&report);
        let text = serde_json::to_string(&case).unwrap();
        let replayed = serde_json::from_str::<Case>(&text).unwrap().apply_to(&triggered).run(seed);
        prop_assert_eq!(replayed.digest, report.digest, "{} against {}", replayed, report);
        prop_assert_eq!(replayed.ended_at, report.ended_at);
    }

    #[test]
    fn triggers_exceed_a_claim_exactly_if_a_count_says_so(
        programs in prop::collection::vec(any_program(), 1..5),
        most in 0_u32..4,
        seed in any::<u64>().prop_map(Seed),
    ) {
        // Before its first life a node is down without a fault.
        let programs: Vec<Program> = programs.into_iter().map(|program| Program { from: instant(1), ..program }).collect();
        let triggered = under(&chatter(&FaultPlan::new()), &programs);
        let within = move |world: &World<'_>| {
            let down = world.nodes().filter(|node| world.health(*node) != Health::Up).count();
            world.now() < instant(1) || world.now() >= instant(300) || down <= most as usize
        };
        let counted = triggered.clone().always("the count is within the claim", within).run(seed);
        let report = triggered.survives(Claim::at_most(most, "node")).run(seed);
        prop_assert_eq!(report.exceeded.is_some(), !counted.violations.is_empty(), "{} against {}", &report, counted);
        prop_assert_eq!(report.outcome == Outcome::AssumptionExceeded, report.exceeded.is_some());
        if let Some(exceeded) = &report.exceeded {
            prop_assert_eq!((exceeded.at, exceeded.step), (counted.violations[0].at, counted.violations[0].step));
        }
    }
}

#[test]
fn a_sweep_with_triggers_is_the_same_on_any_number_of_threads() {
    let boot = Program {
        sees: Sees::Health(Health::Up),
        every: 2,
        faults: vec![cluster_sim_testkit::faults::pause("node/1", milliseconds(20))],
        limit: 3,
        delay: Duration::ZERO,
        from: VirtualInstant::ZERO,
    };
    let fact = Program { sees: Sees::Fact, every: 40, limit: 2, ..boot.clone() };
    let scenario = under(&chatter(&FaultPlan::new()), &[boot, fact]);
    let coverage = |threads| {
        let sweep = scenario.campaign(0..32).threads(threads).with_coverage().run();
        sweep.coverage().cloned()
    };
    let [one, many] = [1, 4].map(|threads| NonZeroUsize::new(threads).expect("it is not zero")).map(coverage);
    assert!(one.as_ref().is_some_and(|coverage| coverage.triggers.values().all(|fires| *fires > 0)), "{one:?}");
    assert_eq!(one, many);
}
