//! Fate survival: removing one fault from a run leaves the fates of nearly all other messages unchanged.
//!
//! It is measured by address, the key of a roll of the network, which is fixed under one seed; and by meaning, what a message is
//! about, however it is labelled. Only the second measure separates good labels from bad ones.

use std::collections::BTreeMap;

use cluster_sim::explore::Choice;
use cluster_sim::net::{Fate, FateRecord, LinkOrder};
use cluster_sim::node::{DiskOp, FileId, OpenOptions};
use cluster_sim::prelude::*;
use cluster_sim::report::{Record, RecordKind};
use cluster_sim_scenarios::edge_cache::{EdgeCacheFile, Seconds, Step, TimedStep};
use cluster_sim_testkit::echo::{ByCorrelation, ByOrdinal, BySendTime, Labels, echo};
use cluster_sim_testkit::faults::{cut, loss, one_way_cut, pause};
use cluster_sim_testkit::units::{milliseconds, ratio};

/// The fate of each message of a run.
struct Fates {
    /// Keyed by address: from, to, label, repeat.
    by_address: BTreeMap<u64, Fate>,
    /// Keyed by meaning: from, to, content, and how often that content was sent before.
    by_meaning: BTreeMap<(NodeId, NodeId, u64, u32), Fate>,
}

impl Fates {
    fn of(scenario: &Scenario, seed: Seed, duration: Duration) -> Self {
        let mut sim = scenario.start(seed);
        sim.keep_fates();
        sim.keep_records();
        sim.run_for(duration);
        let fates = Self::read(sim.records(), sim.fates());
        assert_ne!(sim.finish().outcome, Outcome::Panicked);
        fates
    }

    /// The fates are those of the sends, in order.
    fn read(records: &[Record], fates: &[FateRecord]) -> Self {
        let sends: Vec<&Record> = records.iter().filter(|record| record.kind == RecordKind::Send).collect();
        assert_eq!(sends.len(), fates.len());
        let mut keyed = Self { by_address: BTreeMap::new(), by_meaning: BTreeMap::new() };
        let mut sent: BTreeMap<(NodeId, NodeId, u64), u32> = BTreeMap::new();
        for (send, FateRecord { address, fate }) in sends.into_iter().zip(fates) {
            let repeat = sent.entry((send.node, send.peer, send.payload)).or_default();
            keyed.by_meaning.insert((send.node, send.peer, send.payload, *repeat), *fate);
            keyed.by_address.entry(*address).or_insert(*fate);
            *repeat += 1;
        }
        keyed
    }
}

/// How many fates two runs share.
struct Survival {
    shared: usize,
    unchanged: usize,
}

impl Survival {
    fn between<K: Ord>(one: &BTreeMap<K, Fate>, other: &BTreeMap<K, Fate>) -> Self {
        let shared: Vec<bool> = one.iter().filter_map(|(key, fate)| Some(other.get(key)? == fate)).collect();
        Self { shared: shared.len(), unchanged: shared.iter().filter(|same| **same).count() }
    }

    fn share(&self) -> f64 {
        self.unchanged as f64 / self.shared as f64
    }
}

/// The fates that survive when one fault is removed.
struct Removal {
    fault: String,
    by_address: Survival,
    by_meaning: Survival,
    /// Whether any fate changed.
    changed: bool,
}

impl Removal {
    fn new(fault: String, whole: &Fates, without: &Fates) -> Self {
        let by_address = Survival::between(&whole.by_address, &without.by_address);
        let by_meaning = Survival::between(&whole.by_meaning, &without.by_meaning);
        let changed = whole.by_address != without.by_address;
        println!(
            "{fault}: by address {:.2} % of {}, by meaning {:.2} % of {}",
            by_address.share() * 100.0,
            by_address.shared,
            by_meaning.share() * 100.0,
            by_meaning.shared
        );
        Self { fault, by_address, by_meaning, changed }
    }
}

fn lossy() -> LinkModel {
    LinkModel {
        delay: Distribution::log_normal(milliseconds(5), 0.5, milliseconds(40)),
        loss: ratio(0.05),
        duplicate: ratio(0.02),
        order: LinkOrder::Unordered,
        ..LinkModel::default()
    }
}

/// Faults of several kinds that together affect every client.
fn plan() -> FaultPlan {
    FaultPlan::new()
        .at(milliseconds(3_000), cut(["server/0"], ["client/1"], milliseconds(1_500)))
        .at(milliseconds(6_000), pause("client/2", milliseconds(900)))
        .at(milliseconds(9_000), loss("default", "storm", ratio(0.3), milliseconds(700)))
        .at(milliseconds(12_000), pause("server/0", milliseconds(333)))
        .at(milliseconds(14_000), one_way_cut(["server/0"], ["guest/0"], milliseconds(400)))
}

/// Removes each fault of the plan, one at a time.
fn removals<L: Labels>() -> Vec<Removal> {
    let run = |plan| Fates::of(&echo::<L>(8, &lossy()).faults(plan), Seed(7), Duration::from_secs(20));
    let whole = run(plan());
    let remove = |(index, scheduled): (usize, &cluster_sim::fault::ScheduledFault)| {
        Removal::new(scheduled.fault.to_string(), &whole, &run(plan().without(index)))
    };
    plan().faults().iter().enumerate().map(remove).collect()
}

fn by_meaning(removals: &[Removal]) -> f64 {
    let (unchanged, shared) = removals.iter().fold((0, 0), |(unchanged, shared), removal| {
        (unchanged + removal.by_meaning.unchanged, shared + removal.by_meaning.shared)
    });
    unchanged as f64 / shared as f64
}

#[test]
fn in_a_closed_loop_95_percent_of_fates_survive_removing_a_fault() {
    let removals = removals::<ByCorrelation>();
    assert_eq!(removals.len(), 5);
    for Removal { fault, by_address, by_meaning, changed } in &removals {
        assert!(by_address.shared > 10_000 && by_meaning.shared > 10_000, "{fault}: the runs have too little in common");
        assert!(
            by_address.share() >= 0.95 && by_meaning.share() >= 0.95,
            "{fault}: by address {:.4}, by meaning {:.4}",
            by_address.share(),
            by_meaning.share()
        );
        assert!(*changed, "{fault}: its removal changed nothing, so nothing was measured");
    }
}

/// The negative control.
#[test]
fn labels_by_time_or_ordinal_let_fewer_fates_survive() {
    let [good, timed, counted] =
        [removals::<ByCorrelation>(), removals::<BySendTime>(), removals::<ByOrdinal>()].map(|removals| by_meaning(&removals));
    println!("by correlation {good:.4}, by send time {timed:.4}, by ordinal {counted:.4}");
    assert!(good > timed + 0.08 && good > counted + 0.08, "{good:.4} against {timed:.4} and {counted:.4}");
}

#[test]
fn a_run_shares_everything_with_itself() {
    let [one, other] = [0, 1].map(|_| Fates::of(&echo::<BySendTime>(8, &lossy()), Seed(7), Duration::from_secs(5)));
    let survival = Survival::between(&one.by_meaning, &other.by_meaning);
    assert!(survival.shared == one.by_meaning.len() && survival.unchanged == survival.shared && survival.shared > 2_000);
    let another = Fates::of(&echo::<BySendTime>(8, &lossy()), Seed(8), Duration::from_secs(5));
    assert!(Survival::between(&one.by_meaning, &another.by_meaning).share() < 0.05, "another seed decides otherwise");
}

#[test]
fn in_the_edge_cache_95_percent_of_fates_survive_removing_a_step() {
    let mut file = EdgeCacheFile::example();
    let step = |at_secs, step| TimedStep { at_secs: Seconds(at_secs), step };
    file.steps.push(step(5.0, Step::PartitionEdge { edge_id: 0, duration_ms: Some(1_500) }));
    file.steps.push(step(25.0, Step::KillEdgeNode { edge_id: 2 }));
    let run = |file: &EdgeCacheFile| {
        let prepared = file.prepare().expect("the example is a scenario, whole or in part");
        Fates::of(prepared.scenario(), prepared.seed(), Duration::from_secs_f64(file.duration_secs.0))
    };
    let whole = run(&file);
    assert_eq!(file.steps.len(), 4);
    for index in 0..file.steps.len() {
        let mut without = file.clone();
        let step = without.steps.remove(index);
        let Removal { fault, by_address, by_meaning, changed } = Removal::new(format!("{:?}", step.step), &whole, &run(&without));
        assert!(by_address.shared > 2_000 && by_meaning.shared > 2_000, "{fault}: the runs have too little in common");
        assert!(
            by_address.share() >= 0.95 && by_meaning.share() >= 0.95,
            "{fault}: {:.4}, {:.4}",
            by_address.share(),
            by_meaning.share()
        );
        assert!(changed, "{fault}: its removal changed nothing, so nothing was measured");
    }
}

/// Appends the number of the tick to its log, a hundred times a second, and syncs.
struct Appender;

impl Appender {
    const LOG: FileId = FileId(0);
    const TICK: Duration = Duration::from_millis(10);
}

impl Machine for Appender {
    type Message = ();
    type View = ();

    fn step(&mut self, now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        let tick = now.as_nanoseconds() / Self::TICK.as_nanos() as u64;
        match input {
            Input::Start => {
                effects.disk(0_u64, DiskOp::Open { file: Self::LOG, path: "log".into(), options: OpenOptions::create() });
            }
            Input::Timer(_) => {
                effects.disk(1_u64, DiskOp::Append { file: Self::LOG, data: tick.to_le_bytes().to_vec() });
                effects.disk(2_u64, DiskOp::Sync { file: Self::LOG });
            }
            _ => return,
        }
        let next = (tick + 1) * Self::TICK.as_nanos() as u64 - now.as_nanoseconds();
        effects.set_timer(Timer(0), Duration::from_nanos(next));
    }

    fn view(&self) -> &() {
        &()
    }
}

fn disk_plan() -> FaultPlan {
    let node = |number: u32| format!("store/{number}");
    let duration = Some(milliseconds(900));
    FaultPlan::new()
        .at(milliseconds(3_000), DiskFault::Slow { node: node(0), factor: 4, extra: milliseconds(2), duration })
        .at(milliseconds(6_000), DiskFault::Stall { node: node(1), duration })
        .at(milliseconds(9_000), DiskFault::fail(node(2), ratio(0.3), duration))
        .at(
            milliseconds(12_000),
            DiskFault::Limit { node: node(3), operations_per_second: Some(80), bytes_per_second: None, duration },
        )
        .at(milliseconds(16_000), DiskFault::Reformat { node: node(4), down_for: duration })
}

/// The answer to each operation of a node, by what it is about.
type DiskFates = BTreeMap<(NodeId, u64), (u64, u32)>;

/// The instant and the error of each append, by node and tick; and the choices about disks, by site.
fn disk_fates(plan: FaultPlan) -> (DiskFates, BTreeMap<u64, u64>) {
    let scenario = Scenario::new("appenders").machines("store", 8, |_| Appender).faults(plan).duration(Duration::from_secs(20));
    let mut sim = scenario.start(Seed(7));
    sim.keep_records();
    sim.run_for(Duration::from_secs(20));
    const APPEND: u32 = 4;
    let appends = sim.records().iter().filter(|record| record.kind == RecordKind::Disk && record.detail >> 8 == APPEND);
    let by_meaning = appends.map(|record| ((record.node, record.payload), (record.at.as_nanoseconds(), record.detail & 0xff)));
    let by_meaning = by_meaning.collect();
    drop(sim.finish());
    let (_, decisions) = scenario.run_with_decisions(Seed(7));
    let of_disks = |choice| {
        matches!(choice, Choice::DiskTime | Choice::DiskFault | Choice::DiskFaultPlace)
            || matches!(choice, Choice::CrashFile | Choice::CrashSector | Choice::CrashLength)
    };
    let of_disks = decisions.iter().filter(|decision| of_disks(decision.choice));
    (by_meaning, of_disks.map(|decision| (decision.site, decision.value)).collect())
}

/// How many entries two runs share, and the part of them that is equal.
fn shared<K: Ord, V: Eq>(one: &BTreeMap<K, V>, other: &BTreeMap<K, V>) -> (usize, f64) {
    let shared: Vec<bool> = one.iter().filter_map(|(key, value)| Some(other.get(key)? == value)).collect();
    (shared.len(), shared.iter().filter(|same| **same).count() as f64 / shared.len() as f64)
}

#[test]
fn with_disks_95_percent_of_fates_survive_removing_a_fault() {
    let whole = disk_fates(disk_plan());
    for (index, scheduled) in disk_plan().faults().iter().enumerate() {
        let without = disk_fates(disk_plan().without(index));
        let (meant, by_meaning) = shared(&whole.0, &without.0);
        let (addressed, by_address) = shared(&whole.1, &without.1);
        println!("{}: by address {by_address:.4} of {addressed}, by meaning {by_meaning:.4} of {meant}", scheduled.fault);
        assert!(meant > 10_000 && addressed > 10_000, "{}: the runs have too little in common", scheduled.fault);
        assert!(by_meaning >= 0.95 && by_address >= 0.95, "{}: {by_address:.4}, {by_meaning:.4}", scheduled.fault);
        assert!(whole.0 != without.0, "{}: its removal changed nothing, so nothing was measured", scheduled.fault);
    }
}

/// The addresses of a disk begin with the life of the node: without it the operation at which a fault crashed a node would be the
/// one at which it crashes the next life too, for ever. So a crash that is removed takes the fates of the later lives of its node
/// along, and no others.
#[test]
fn with_disks_removing_a_crash_changes_later_lives_of_its_node_alone() {
    let crash = |number| NodeFault::Crash { node: format!("store/{number}"), down_for: Some(milliseconds(100)) };
    let crashes = (0..3_u32).map(|number| (number, milliseconds(3_000 + 1_500 * u64::from(number))));
    let plan = crashes.clone().fold(FaultPlan::new(), |plan, (number, at)| plan.at(at, crash(number)));
    let whole = disk_fates(plan.clone());
    for (number, at) in crashes {
        let without = disk_fates(plan.clone().without(number as usize));
        let (addressed, by_address) = shared(&whole.1, &without.1);
        assert!(addressed > 10_000 && by_address >= 0.95, "store/{number}: {by_address:.4} of {addressed} by address");
        let part = |fates: &DiskFates, is_concerned: bool| -> DiskFates {
            let at = at.as_nanos() as u64;
            let is_of = |node: NodeId, answered: u64| node == NodeId(number) && answered >= at;
            fates.iter().filter(|((node, _), fate)| is_of(*node, fate.0) == is_concerned).map(|(key, fate)| (*key, *fate)).collect()
        };
        let (others, survived) = shared(&part(&whole.0, false), &part(&without.0, false));
        let (own, of_later_lives) = shared(&part(&whole.0, true), &part(&without.0, true));
        println!(
            "store/{number}: by address {by_address:.4} of {addressed}, by meaning {survived:.4} of {others}, own {of_later_lives:.4} of {own}"
        );
        assert!(others > 10_000 && survived == 1.0, "store/{number}: {survived:.4} of {others} by meaning");
        assert!(own > 400 && of_later_lives < 0.05, "store/{number}: {of_later_lives:.4} of {own}: the address has no life");
    }
}
