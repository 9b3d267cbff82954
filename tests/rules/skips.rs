//! A rule is not asked again until something that it read may have changed, which no report shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim::check::Health;
use cluster_sim::node::OpenOptions;
use cluster_sim::prelude::*;
use cluster_sim::report::CheckWork;
use cluster_sim::scenario::RestartPolicy;
use cluster_sim_testkit::arbitrary::cases;
use proptest::prelude::*;

use super::{counters, counters_and_talkers, rule};

const RULE: &str = "a rule";

/// One read of a random rule. The sum of all reads decides which reads follow.
#[derive(Debug, Clone)]
enum Read {
    View(u32),
    Text(u32),
    Health(u32),
    /// The lengths of a file, durable and as it is read.
    Disk(u32),
    Views,
    Texts,
    /// The views up to the first above a bound.
    ViewsUpTo(u64),
    Changed,
    Traffic,
    Now,
    /// Leaves out as many reads as the sum modulo three says.
    Branch,
}

fn any_read() -> impl Strategy<Value = Read> {
    prop_oneof![
        3 => (0_u32..7).prop_map(Read::View),
        2 => (0_u32..7).prop_map(Read::Text),
        2 => (0_u32..7).prop_map(Read::Health),
        2 => (5_u32..8).prop_map(Read::Disk),
        2 => Just(Read::Views),
        2 => Just(Read::Texts),
        2 => (0_u64..60).prop_map(Read::ViewsUpTo),
        1 => Just(Read::Changed),
        1 => Just(Read::Traffic),
        1 => Just(Read::Now),
        3 => Just(Read::Branch),
    ]
}

fn sum(reads: &[Read], world: &World<'_>) -> u64 {
    let mut sum = 0_u64;
    let mut left = reads;
    while let [read, rest @ ..] = left {
        left = rest;
        let counts = |views: &mut dyn Iterator<Item = (NodeId, &u64)>| views.map(|(_, count)| *count + 1).sum::<u64>();
        sum += match read {
            Read::View(node) => world.view::<u64>(NodeId(*node)).map_or(7, |count| *count),
            Read::Text(node) => world.view::<String>(NodeId(*node)).map_or(5, |said| said.len() as u64),
            Read::Health(node) => world.health(NodeId(*node)) as u64,
            Read::Disk(node) => world.disk(NodeId(*node)).map_or(3, |disk| {
                [disk.current_len("log"), disk.durable_len("log")].into_iter().flatten().sum::<u64>() + disk.paths().len() as u64
            }),
            Read::Views => counts(&mut world.views()),
            Read::Texts => world.views::<String>().map(|(_, said)| said.len() as u64).sum(),
            Read::ViewsUpTo(bound) => world.views::<u64>().position(|(_, count)| *count > *bound).map_or(9, |place| place as u64),
            Read::Changed => counts(&mut world.changed()),
            Read::Traffic => world.traffic().sent,
            Read::Now => world.now().since_zero().as_millis() as u64,
            Read::Branch => {
                left = &rest[rest.len().min((sum % 3) as usize)..];
                1
            }
        };
    }
    sum
}

/// A random rule: its reads, and the sum modulo a number at which it is broken, or cannot tell.
#[derive(Debug, Clone)]
struct Program {
    reads: Vec<Read>,
    modulus: u64,
    cannot_tell: bool,
}

impl Program {
    fn verdict(&self, world: &World<'_>) -> Verdict {
        match sum(&self.reads, world) % self.modulus {
            0 if self.cannot_tell => Verdict::Unknown("it cannot tell".to_owned()),
            0 => Verdict::violated([], "it is zero"),
            _ => Verdict::Holds,
        }
    }
}

prop_compose! {
    fn any_program()(
        reads in prop::collection::vec(any_read(), 0..6),
        modulus in prop_oneof![2_u64..50, 1_000_000_u64..1_000_001],
        cannot_tell in prop::bool::weighted(0.2),
    ) -> Program {
        Program { reads, modulus, cannot_tell }
    }
}

/// When the rules must hold.
#[derive(Debug, Clone, Copy)]
enum Holds {
    Always,
    Eventually,
}

/// Adds the rules, each of which is skipped where it may be, or none of which is: the instant is another one at each step.
fn with_rules(scenario: Scenario, holds: Holds, programs: &[Program], is_skipped: bool) -> Scenario {
    (0..).zip(programs.to_vec()).fold(scenario, |scenario, (number, program): (u32, _)| {
        let test = move |world: &World<'_>| {
            if !is_skipped {
                world.now();
            }
            program.verdict(world)
        };
        let name = format!("rule {number}");
        match holds {
            Holds::Always => scenario.always(&name, test),
            Holds::Eventually => scenario.eventually(&name, test),
        }
    })
}

/// Appends to a log now and then, and syncs it less often.
async fn write(node: Node) {
    let log = node.disk().open("log", OpenOptions::create()).await.expect("the disk is sound");
    node.disk().sync_dir("/").await.expect("the disk is sound");
    for number in 0..12_u32 {
        log.append([1]).await.expect("the disk is sound");
        if number % 3 == 2 {
            log.sync().await.expect("the disk is sound");
        }
        node.sleep(Duration::from_millis(70)).await;
    }
}

/// Runs the rules skipped where they may be, and asked at each step.
fn skipped_and_asked(holds: Holds, programs: &[Program], seed: Seed) -> [Report; 2] {
    let cluster = counters_and_talkers().nodes("writer", 1, write).chaos(FaultProfile {
        mean_interval: Duration::from_millis(300),
        mean_duration: Duration::from_millis(100),
        ..FaultProfile::default()
    });
    // The counters count on in the recovery phase.
    let cluster = match holds {
        Holds::Always => cluster,
        Holds::Eventually => cluster.duration(Duration::from_millis(200)),
    };
    [true, false].map(|is_skipped| with_rules(cluster.clone(), holds, programs, is_skipped).run(seed))
}

/// A disk is there for rules from its first change on, and not from the submission of an operation on, which is none.
#[test]
fn a_rule_sees_a_disk_from_its_first_change_on() {
    let program = Program { reads: vec![Read::Disk(7)], modulus: 4, cannot_tell: false };
    let [skipping, asking] = skipped_and_asked(Holds::Always, &[program], Seed(1_781_608_265_701_817_485));
    assert_eq!(without_work(skipping), without_work(asking));
}

/// A report without how much each rule looked at.
fn without_work(mut report: Report) -> Report {
    report.checks.iter_mut().for_each(|check| check.work = CheckWork::default());
    report
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_report_does_not_show_which_rules_were_skipped(
        holds in prop_oneof![Just(Holds::Always), Just(Holds::Eventually)],
        programs in prop::collection::vec(any_program(), 1..5),
        seed in any::<u64>(),
    ) {
        let [skipping, asking] = skipped_and_asked(holds, &programs, Seed(seed));
        prop_assert_eq!(without_work(skipping), without_work(asking));
    }
}

/// A rule and a count of its calls. It keeps state outside of the run, as no rule of a user may.
fn counted(
    rule: impl Fn(&World<'_>) -> bool + Send + Sync + 'static,
) -> (Arc<AtomicU64>, impl Fn(&World<'_>) -> bool + Send + Sync) {
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    let counted = move |world: &World<'_>| {
        counter.fetch_add(1, Ordering::Relaxed);
        rule(world)
    };
    (calls, counted)
}

#[test]
fn a_rule_is_asked_only_when_what_it_read_may_have_changed() {
    let (calls, small) = counted(|world| world.view::<u64>(NodeId(2)).is_none_or(|count| *count < 55));
    let report = counters_and_talkers().always(RULE, small).run(Seed(7));
    report.assert_ok();
    // At the first step, and at the start and the five counts of that node.
    let calls = calls.load(Ordering::Relaxed);
    assert!((6..=7).contains(&calls), "{calls} calls");
    let CheckWork { calls: counted, skips, views_read } = rule(&report, RULE).work;
    assert_eq!(counted, calls);
    assert!(skips >= 4 * 6, "each step of another counter is skipped: {skips}");
    assert_eq!(views_read, 6);
    // The steps of all five counters count as checked.
    assert!(rule(&report, RULE).times_checked >= 5 * 6, "{:?}", rule(&report, RULE));
}

#[test]
fn an_eventually_is_asked_only_when_what_it_read_may_have_changed() {
    let (calls, large) = counted(|world| world.view::<u64>(NodeId(2)).is_some_and(|count| *count >= 24));
    let report = counters_and_talkers().duration(Duration::from_millis(1)).eventually(RULE, large).run(Seed(7));
    report.assert_ok();
    let CheckWork { calls: counted, skips, .. } = rule(&report, RULE).work;
    assert_eq!(counted, calls.load(Ordering::Relaxed));
    // At the end of the fault phase, and at the three counts of that node up to 32.
    assert_eq!(counted, 4);
    assert!(skips >= 4 * 3, "each step of another counter is skipped: {skips}");
    assert_eq!(rule(&report, RULE).times_checked, counted + skips);
}

#[test]
fn an_eventually_is_asked_again_when_a_policy_takes_a_node_down() {
    async fn fragile(node: Node) {
        node.publish(|life: &mut u64| *life = u64::from(node.incarnation().0));
        node.sleep(Duration::from_millis(50)).await;
        assert!(node.incarnation().0 > 0, "the first life ends here");
        std::future::pending().await
    }
    let report = Scenario::new("fragile")
        .nodes("node", 1, fragile)
        .restart_policy("node", RestartPolicy::after(Duration::from_millis(20)))
        .eventually(RULE, |world| world.view::<u64>(NodeId(0)).is_some())
        .duration(Duration::from_millis(10))
        .stable_for(Duration::from_millis(100))
        .start_together()
        .run(Seed(7));
    report.assert_ok();
    assert_eq!(report.ended_at, VirtualInstant::ZERO + Duration::from_millis(170), "it holds again from the second life on");
}

#[test]
fn a_rule_that_reads_the_clock_is_asked_at_each_step() {
    let (calls, early) = counted(|world| world.now() >= VirtualInstant::ZERO && world.health(NodeId(2)) != Health::Killed);
    let report = counters().always(RULE, early).run(Seed(7));
    report.assert_ok();
    assert_eq!(calls.load(Ordering::Relaxed), rule(&report, RULE).times_checked);
}

#[test]
fn a_rule_that_reads_the_traffic_is_asked_at_each_step() {
    let (calls, quiet) = counted(|world| world.traffic().sent == 0);
    let report = counters().always(RULE, quiet).run(Seed(7));
    report.assert_ok();
    assert_eq!(calls.load(Ordering::Relaxed), rule(&report, RULE).times_checked);
}
