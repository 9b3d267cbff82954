//! Profiles under a clock that only the code of rules and nodes moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster_sim_invariants::{Invariant, Verdict, World};
use cluster_sim_node::{Effects, Input, Machine, Node, Timer};
use cluster_sim_runtime::Seed;
use cluster_sim_types::{Change, LocalInstant, NodeId};

use super::{Profile, ProfileSubject, Profiler};
use crate::definition::Clock;
use crate::report::CheckKind;
use crate::{FaultPlan, NodeFault, Scenario};

/// A clock that code moves.
#[derive(Clone, Default)]
struct ManualClock {
    nanoseconds: Arc<AtomicU64>,
    reads: Arc<AtomicU64>,
}

impl ManualClock {
    fn advance(&self, microseconds: u64) {
        self.nanoseconds.fetch_add(1000 * microseconds, Ordering::Relaxed);
    }

    fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    fn clock(&self) -> Clock {
        let Self { nanoseconds, reads } = self.clone();
        Arc::new(move || {
            reads.fetch_add(1, Ordering::Relaxed);
            Duration::from_nanos(nanoseconds.load(Ordering::Relaxed))
        })
    }
}

/// Ten ticks, each of which takes 2 µs; a boot takes 7 µs.
struct Ticker {
    ticks: u64,
    clock: ManualClock,
}

impl Machine for Ticker {
    type Message = u8;
    type View = u64;

    fn step(&mut self, _: LocalInstant, _: Input<u8>, effects: &mut Effects<u8>) {
        self.clock.advance(2);
        self.ticks += 1;
        if self.ticks <= 10 {
            effects.set_timer(Timer(0), Duration::from_millis(10));
        }
    }

    fn view(&self) -> &u64 {
        &self.ticks
    }
}

/// Each poll of its main task takes 3 µs, each poll of the other 5 µs.
async fn talk(node: Node, clock: ManualClock) {
    let child = node.clone();
    let child_clock = clock.clone();
    node.spawn(async move {
        for _ in 0..4 {
            child_clock.advance(5);
            child.sleep(Duration::from_millis(10)).await;
        }
        child_clock.advance(5);
    });
    for count in 0..2 {
        clock.advance(3);
        node.publish(|text: &mut String| *text = count.to_string());
        node.sleep(Duration::from_millis(30)).await;
    }
    clock.advance(3);
    std::future::pending::<()>().await;
}

/// Takes 11 µs for each change and 13 µs at the end.
struct Tally {
    changes: u64,
    clock: ManualClock,
}

impl Invariant for Tally {
    fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
        self.clock.advance(11);
        self.changes += 1;
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.changes
    }

    fn finish(&mut self, _: &World<'_>) -> Verdict {
        self.clock.advance(13);
        Verdict::Holds
    }
}

/// Two tickers and a talker, under a rule of each kind.
fn scenario(clock: &ManualClock) -> Scenario {
    let clocks: [ManualClock; 8] = std::array::from_fn(|_| clock.clone());
    let [ticker, talker, always, each, unique, eventually, observer, point] = clocks;
    let boot = move |_: &_| {
        ticker.advance(7);
        Ticker { ticks: 0, clock: ticker.clone() }
    };
    Scenario::new("ticking")
        .machines("ticker", 2, boot)
        .machines("absent", 0, |_| Ticker { ticks: 0, clock: ManualClock::default() })
        .nodes("talker", 1, move |node| talk(node, talker.clone()))
        .always("ticks are few", move |world| {
            always.advance(17);
            world.views::<u64>().all(|(_, ticks)| *ticks < 100)
        })
        .always_each("each tick is small", move |_, ticks: &u64| {
            each.advance(19);
            *ticks < 100
        })
        .always_unique("no two have one text", move |_, text: &String| {
            unique.advance(23);
            Some(text.clone())
        })
        .eventually("a ticker ticks", move |world| {
            eventually.advance(29);
            world.views::<u64>().any(|(_, ticks)| *ticks > 3)
        })
        .observe("tally", move || Tally { changes: 0, clock: observer.clone() })
        .sometimes("five ticks", move |world| {
            point.advance(31);
            world.views::<u64>().any(|(_, ticks)| *ticks == 5)
        })
        .duration(Duration::from_millis(200))
        .stable_for(Duration::ZERO)
}

/// Calls, and the time in microseconds, of the part with that name.
fn part(profile: &Profile, name: &str) -> (u64, u128) {
    let is_named = |subject: &ProfileSubject| match subject {
        ProfileSubject::Rule { name: known, .. } | ProfileSubject::Nodes { group: known } => known == name,
        ProfileSubject::Rest => name == "rest",
    };
    let part = profile.by_time().into_iter().find(|part| is_named(&part.subject)).expect("there is such a part");
    (part.calls, part.time.as_micros())
}

#[test]
fn the_time_of_each_rule_and_group_is_its_own() {
    let clock = ManualClock::default();
    let (report, profile) = Profiler::new(&scenario(&clock), clock.clock()).run(Seed(7), None);
    report.assert_ok();
    // Eleven steps of each ticker; three polls of the talker's main task and five of the other.
    assert_eq!(part(&profile, "ticker"), (22, 2 * 7 + 22 * 2));
    assert_eq!(part(&profile, "absent"), (0, 0));
    let (calls, time) = part(&profile, "talker");
    assert_eq!((calls, time), (1 + 3 + 5, 3 * 3 + 5 * 5), "its start and all polls");
    let calls = |name: &str| report.checks.iter().find(|check| check.name == name).expect("it is declared").work.calls;
    assert!(calls("tally") > 22 && calls("each tick is small") == 22 && calls("a ticker ticks") > 0);
    let costs = [
        ("ticks are few", 17, 0),
        ("each tick is small", 19, 0),
        ("no two have one text", 23, 0),
        ("a ticker ticks", 29, 0),
        ("tally", 11, 13),
    ];
    for (name, each, once) in costs {
        assert_eq!(part(&profile, name), (calls(name), u128::from(calls(name) * each + once)), "{name}");
    }
    let (points, time) = part(&profile, "five ticks");
    assert!(points > 4 && time == u128::from(points) * 31, "{profile}");
    assert_eq!(part(&profile, "rest"), (0, 0), "nothing else moved the clock");
}

#[test]
fn time_that_nothing_is_measured_in_is_the_rest() {
    let clock = ManualClock::default();
    let script = clock.clone();
    let scenario = scenario(&clock).script(move |sim| {
        sim.run_for(Duration::from_millis(50));
        script.advance(1_000_000);
    });
    let (_, profile) = Profiler::new(&scenario, clock.clock()).run(Seed(7), None);
    assert_eq!(part(&profile, "rest"), (0, 1_000_000));
    let sum: Duration = profile.by_time().iter().map(|part| part.time).sum();
    assert_eq!(sum, profile.time);
}

#[test]
fn only_a_profile_run_reads_the_clock() {
    let clock = ManualClock::default();
    let scenario = with_one_rule(&clock, CheckKind::Always, 50);
    let mut profiler = Profiler::new(&scenario, clock.clock());
    let plain = scenario.run(Seed(7));
    assert_eq!(clock.reads(), 0);
    let (report, profile) = profiler.run(Seed(7), None);
    assert_eq!(report, plain, "the clock changes nothing in the run");
    let calls: u64 = profile.by_time().iter().map(|part| part.calls).sum();
    let boots = 4;
    assert_eq!(clock.reads(), 2 * (calls + boots + 1), "before and after each call, and the run");
}

#[test]
fn a_profiler_measures_one_run_after_the_other() {
    let clock = ManualClock::default();
    let mut profiler = Profiler::new(&scenario(&clock), clock.clock());
    let [(_, mut first), (_, second)] = [(); 2].map(|()| profiler.run(Seed(7), None));
    assert_eq!(first, second);
    first.add(&second);
    assert_eq!((first.runs, first.steps, first.time), (2, 2 * second.steps, 2 * second.time));
    assert_eq!(part(&first, "ticker"), (44, 2 * (2 * 7 + 22 * 2)));
    let mut sum = Profile::default();
    sum.add(&second);
    assert_eq!(sum, second);
}

#[test]
fn nodes_that_crash_are_measured_in_each_life() {
    let clock = ManualClock::default();
    let crash = |node: &str| NodeFault::Crash { node: node.into(), down_for: Some(Duration::from_millis(1)) };
    let plan = ["ticker/1", "talker/0"].map(crash).into_iter();
    let plan = plan.fold(FaultPlan::new(), |plan, crash| plan.at(Duration::from_millis(25), crash));
    let (report, profile) = Profiler::new(&scenario(&clock).faults(plan), clock.clock()).run(Seed(7), None);
    report.assert_ok();
    let (steps, time) = part(&profile, "ticker");
    assert_eq!(time, u128::from(3 * 7 + 2 * steps));
    assert!(part(&profile, "talker").0 > 9 + 2, "{profile}");
}

#[test]
fn the_time_of_a_trigger_is_its_own() {
    let clock = ManualClock::default();
    let asked = clock.clone();
    let scenario = scenario(&clock).when("a ticker ticks five times", move |change, world| {
        asked.advance(37);
        let ticks = world.view::<u64>(change.node())?;
        (*ticks == 5).then(|| NodeFault::pause(world.name(change.node()), Duration::from_millis(1)))
    });
    let (report, profile) = Profiler::new(&scenario, clock.clock()).run(Seed(7), None);
    assert_eq!(report.faults.len(), 1);
    let (calls, time) = part(&profile, "a ticker ticks five times");
    assert!(calls > 10 && time == u128::from(calls) * 37, "{profile}");
    assert_eq!(part(&profile, "rest"), (0, 0));
}

#[test]
fn a_script_finds_its_observer_in_a_profile_run() {
    let clock = ManualClock::default();
    let scenario = scenario(&clock).script(|sim| {
        sim.run_for(Duration::from_millis(50));
        assert!(sim.observer::<Tally>("tally").expect("it is declared").changes > 0);
    });
    Profiler::new(&scenario, clock.clock()).run(Seed(7), None).0.assert_ok();
}

/// A scenario of one rule that takes `microseconds` at each call, beside nodes that take 2 µs a step.
fn with_one_rule(clock: &ManualClock, kind: CheckKind, microseconds: u64) -> Scenario {
    let (ticker, rule) = (clock.clone(), clock.clone());
    let nodes = Scenario::new("ticking")
        .machines("ticker", 4, move |_| Ticker { ticks: 0, clock: ticker.clone() })
        .duration(Duration::from_millis(200))
        .stable_for(Duration::ZERO);
    let name = "the rule";
    match kind {
        CheckKind::Always => nodes.always(name, move |world| {
            rule.advance(microseconds);
            world.views::<u64>().all(|(_, ticks)| *ticks < 100)
        }),
        CheckKind::AlwaysEach => nodes.always_each(name, move |_, _: &u64| {
            rule.advance(microseconds);
            true
        }),
        CheckKind::AlwaysUnique => nodes.always_unique(name, move |node: NodeId, _: &u64| {
            rule.advance(microseconds);
            Some(node)
        }),
        CheckKind::Eventually => nodes.eventually(name, move |world| {
            rule.advance(100 * microseconds);
            world.views::<u64>().all(|(_, ticks)| *ticks > 3)
        }),
        CheckKind::Observer => {
            let clock = rule;
            nodes.observe(name, move || Tally { changes: 0, clock: clock.clone() })
        }
        CheckKind::Sometimes => nodes.sometimes(name, move |_| {
            rule.advance(microseconds);
            false
        }),
        CheckKind::Trigger | CheckKind::Failpoint => unreachable!("{kind:?} is no rule"),
    }
}

#[test]
fn a_rule_that_takes_over_half_is_named_first_with_its_cure() {
    for (kind, cure) in [
        (CheckKind::Always, "`always_each`"),
        (CheckKind::AlwaysEach, "for each node that stepped"),
        (CheckKind::AlwaysUnique, "for each node that stepped"),
        (CheckKind::Eventually, "`stable_for`"),
        (CheckKind::Observer, "for each change"),
        (CheckKind::Sometimes, "`reachable`"),
    ] {
        let clock = ManualClock::default();
        let (_, profile) = Profiler::new(&with_one_rule(&clock, kind, 50), clock.clock()).run(Seed(7), None);
        let most = profile.by_time()[0];
        assert_eq!(profile.dominant_rule(), Some(most), "{profile}");
        assert_eq!(most.subject, ProfileSubject::Rule { name: "the rule".to_owned(), kind });
        let text = profile.to_string();
        let percent = profile.permille(most) / 10;
        assert!(text.starts_with(&format!("rule \"the rule\": {percent} % of the time\n")) && percent > 50, "{text}");
        assert!(text.lines().nth(2).is_some_and(|line| line.contains(cure)), "{text}");
    }
}

#[test]
fn no_rule_is_named_that_takes_half_or_less() {
    let clock = ManualClock::default();
    let (_, profile) = Profiler::new(&with_one_rule(&clock, CheckKind::AlwaysEach, 2), clock.clock()).run(Seed(7), None);
    assert_eq!(profile.by_time()[0].time, profile.by_time()[1].time, "the rule takes as much as the nodes");
    assert_eq!(profile.dominant_rule(), None);
    assert!(profile.to_string().starts_with("profile  1 run, "), "{profile}");
}

const TABLE: &str = r#"
profile  1 run, 1.754 ms, 31 steps, 56.5 µs a step
   share      time  calls  skips  views read  what
  24.7 %  0.434 ms     14                     sometimes "five ticks"
  24.2 %  0.425 ms     25                 49  always "ticks are few"
  23.8 %  0.418 ms     22                 22  always_each "each tick is small"
  17.7 %  0.310 ms     27                     observe "tally"
   3.3 %  0.058 ms     22                     nodes of "ticker", with what they send
   2.6 %  0.046 ms      2                  2  always_unique "no two have one text"
   1.9 %  0.034 ms      9                     nodes of "talker", with what they send
   1.7 %  0.029 ms      1                  1  eventually "a ticker ticks"
   0.0 %  0.000 ms                            nodes of "absent", with what they send
   0.0 %  0.000 ms                            everything else: engine, deliveries, faults
"#;

const DOMINANT: &str = r#"
rule "the rule": 99 % of the time
      44 calls, 3 views read at each
      a rule costs what it reads: write one about each node as `always_each`, one about a key that one node has as `always_unique`, one about a node against others over `world.changed`
profile  1 run, 54.384 ms, 44 steps, 1,236.0 µs a step
   share       time  calls  skips  views read  what
  99.8 %  54.296 ms     44                170  always "the rule"
   0.2 %   0.088 ms     44                     nodes of "ticker", with what they send
   0.0 %   0.000 ms                            everything else: engine, deliveries, faults
"#;

#[test]
fn the_table_lists_all_parts_by_time() {
    let clock = ManualClock::default();
    let (_, profile) = Profiler::new(&scenario(&clock), clock.clock()).run(Seed(7), None);
    assert_eq!(format!("\n{profile}"), TABLE);
    let clock = ManualClock::default();
    let (_, profile) = Profiler::new(&with_one_rule(&clock, CheckKind::Always, 1_234), clock.clock()).run(Seed(7), None);
    assert_eq!(format!("\n{profile}"), DOMINANT);
}

#[test]
fn shares_add_up_to_the_whole_within_rounding() {
    let clock = ManualClock::default();
    let (_, profile) = Profiler::new(&scenario(&clock), clock.clock()).run(Seed(7), None);
    let parts = profile.by_time();
    let sum: u64 = parts.iter().map(|part| profile.permille(part)).sum();
    assert!(sum.abs_diff(1000) <= parts.len() as u64 / 2, "{profile}");
}
