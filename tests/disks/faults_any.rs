//! Plans of any values: each is refused with its cure, or runs without a panic, also under journals.

use std::collections::BTreeSet;

use cluster_sim::fault::{ClockFault, Clocks, SignedDuration};
use cluster_sim::node::{DiskErrorKind, DiskOpKind, Journal, JournalOptions, MachineJournal};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::ratio;
use proptest::prelude::*;

use crate::program::{FORMS, Form, append, ms, read, scenario, sync, until, with_log, write};

fn node() -> impl Strategy<Value = String> {
    prop_oneof![9 => Just("a/0"), 1 => Just("b/9")].prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    let long = "n".repeat(300);
    let paths = ["/", "/", "log", "log", "log", "other", "", "../x", "a//b", "log/x", &long].map(str::to_owned);
    proptest::sample::select(paths.to_vec())
}

fn share() -> impl Strategy<Value = Ratio> {
    proptest::sample::select(vec![Ratio::ZERO, ratio(0.3), Ratio::ONE])
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..600_u64, 1..5_000_u64, Just(1_u64 << 45), Just(u64::MAX)]
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(Duration::ZERO), (1..300_u64).prop_map(ms), Just(Duration::from_nanos(1)), Just(Duration::MAX)]
}

fn length() -> impl Strategy<Value = Option<Duration>> {
    proptest::option::of(time())
}

fn error() -> impl Strategy<Value = DiskErrorKind> {
    use DiskErrorKind::{Io, IsADirectory, NotPermitted, StorageFull, TooManyOpenFiles};
    proptest::sample::select(vec![Io, StorageFull, TooManyOpenFiles, NotPermitted, IsADirectory])
}

fn operations() -> impl Strategy<Value = BTreeSet<DiskOpKind>> {
    use DiskOpKind::{Append, Close, Open, Read, Sync};
    proptest::collection::btree_set(proptest::sample::select(vec![Append, Open, Read, Sync, Close]), 0..3)
}

prop_compose! {
    fn disk_fault()(
        kind in 0..15_u8, node in node(), path in path(), share in share(), number in number(), other in number(),
        extra in time(), duration in length(), error in error(), operations in operations(), sticky in any::<bool>(),
    ) -> DiskFault {
        let (bits, burst) = (number as u32, other as u32);
        match kind {
            0 => DiskFault::Fail { node, operations, path, share, error, sticky, duration },
            1 => DiskFault::Full { node, free: number, duration },
            2 => DiskFault::FailSync { node, path, share, duration },
            3 => DiskFault::LyingSync { node, path, duration },
            4 => DiskFault::BitRot { node, path, share, bits, burst },
            5 => DiskFault::RotOnRead { node, path, share, bits, burst, duration },
            6 => DiskFault::Misdirect { node, path, share, duration },
            7 => DiskFault::LostWrite { node, path, share, duration },
            8 => DiskFault::StaleRead { node, path, share, duration },
            9 => DiskFault::Rollback { node, duration },
            10 => DiskFault::Truncate { node, path, length: number },
            11 => DiskFault::Remove { node, path },
            12 => DiskFault::AppendGarbage { node, path, bytes: bits },
            13 => DiskFault::Slow { node, factor: bits, extra, duration },
            _ if sticky => DiskFault::Stall { node, duration },
            _ if bits % 2 == 0 => DiskFault::Reformat { node, down_for: duration },
            _ => DiskFault::Limit {
                node,
                operations_per_second: Some(number),
                bytes_per_second: Some(other).filter(|rate| rate % 2 == 0),
                duration,
            },
        }
    }
}

prop_compose! {
    fn clock_fault()(
        kind in 0..10_u8, node in node(), share in share(), which in 0..3_usize, back in any::<bool>(), by in time(),
        period in time(), duration in length(), ppb in proptest::sample::select(vec![0, 1, 400_000_000, 1_000_000_000, i64::MAX, i64::MIN]),
        step_ppb in any::<u32>(),
    ) -> ClockFault {
        let clocks = [Clocks::Wall, Clocks::Monotonic, Clocks::Both][which];
        let signed = if back { SignedDuration::back(by) } else { SignedDuration::from(by) };
        match kind {
            0 => ClockFault::offset(node, signed, duration),
            1 => ClockFault::step(node, signed),
            2 => ClockFault::drift(node, clocks, ppb, duration),
            3 => ClockFault::PeriodicDrift { node, clocks, ppb, period, duration },
            4 => ClockFault::RandomDrift { node, clocks, most_ppb: ppb as u32, step_ppb, every: period, duration },
            5 => ClockFault::freeze(node, clocks, duration),
            6 => ClockFault::strobe(node, signed, period, duration),
            7 => ClockFault::CoarseClock { node, resolution: period, duration },
            8 => ClockFault::late_timers(node, share, by, duration),
            _ => ClockFault::CoalescedTimers { node, window: period, duration },
        }
    }
}

const PACE: Duration = Duration::from_millis(10);

fn options() -> JournalOptions {
    JournalOptions::default().segment_bytes(600)
}

/// Appends to a journal, syncs it, cuts it and removes from it; gives it up at the first error, until it boots again.
struct Journaled {
    journal: Option<MachineJournal>,
    ticks: u64,
}

impl Journaled {
    fn tick(&mut self, effects: &mut Effects<()>) {
        self.ticks += 1;
        let Some(journal) = &mut self.journal else { return };
        let last = journal.next().saturating_sub(1);
        let done = match self.ticks % 6 {
            4 => journal.remove_before(effects, last / 2),
            5 => journal.truncate_after(effects, last.saturating_sub(2)),
            _ => journal.append(effects, [7; 250]).and_then(|_| journal.sync(effects)),
        };
        // The journal says why it refuses work; that is no fault of the simulator.
        drop(done);
    }
}

impl Machine for Journaled {
    type Message = ();
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        match input {
            Input::Start => self.journal.iter_mut().for_each(|journal| journal.start(effects)),
            Input::Timer(_) => self.tick(effects),
            Input::Disk(tag, result) => {
                drop(self.journal.take_if(|journal| journal.on_disk(effects, tag, &result).is_err()));
                return;
            }
            _ => {}
        }
        effects.set_timer(Timer(0), PACE);
    }

    fn view(&self) -> &u64 {
        &self.ticks
    }
}

async fn journaled(node: Node) {
    loop {
        node.sleep(PACE).await;
        let Ok((mut journal, _)) = Journal::open(&node.disk(), "log", options()).await else { continue };
        for tick in 0_u64.. {
            node.sleep(PACE).await;
            let last = journal.next().saturating_sub(1);
            let done = match tick % 6 {
                4 => journal.remove_before(last / 2).await.map(drop),
                5 => journal.truncate_after(last.saturating_sub(2)).await,
                _ => match journal.append([7; 250]).await {
                    Ok(number) => journal.sync().await.and(journal.read(number).await.map(drop)),
                    Err(error) => Err(error),
                },
            };
            if done.is_err() {
                break;
            }
        }
    }
}

fn journals(form: Form) -> Scenario {
    let recover = |boot: &Boot| MachineJournal::recover(boot.disk(), "log", options()).ok();
    match form {
        Form::Machine => Scenario::new("journals")
            .machines("a", 1, move |boot: &Boot| Journaled { journal: recover(boot).map(|(journal, _)| journal), ticks: 0 }),
        Form::Node => Scenario::new("journals").nodes("a", 1, journaled),
    }
}

/// Runs a scenario under a plan, unless the plan is refused with more than a word.
fn refused_or_run(scenario: &Scenario, seed: u64) -> Result<(), TestCaseError> {
    match scenario.validate() {
        Err(refused) => prop_assert!(refused.to_string().len() > 20, "{refused}"),
        Ok(()) => {
            let report = scenario.run(Seed(seed));
            prop_assert!(report.panic.is_none() && report.outcome != Outcome::Panicked, "{report}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_plan_of_disk_and_clock_faults_is_refused_or_runs(
        disks in proptest::collection::vec((0..400_u64, disk_fault()), 0..4),
        clocks in proptest::collection::vec((0..400_u64, clock_fault()), 0..3),
        seed in any::<u64>(),
    ) {
        let plan = disks.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(ms(at), fault));
        let plan = clocks.into_iter().fold(plan, |plan, (at, fault)| plan.at(ms(at), fault));
        let timed = (0..30_u64).flat_map(|step| {
            let op = match step % 4 {
                0 => append(&[step as u8; 300]),
                1 => write(step * 40, &[step as u8; 200]),
                2 => sync(),
                _ => read(0, 2_000),
            };
            [until(step * 15), op]
        });
        let steps = with_log(timed);
        for form in FORMS {
            for scenario in [scenario(form, steps.clone(), steps.clone()), journals(form)] {
                refused_or_run(&scenario.faults(plan.clone()).duration(ms(500)), seed)?;
            }
        }
    }
}
