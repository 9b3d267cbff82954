//! Runs whose decisions are fixed by a list in place of the seed.

use std::time::Duration;

use cluster_sim::explore::{Choice, Decision};
use cluster_sim::fault::{ClockFault, Clocks, FaultKind};
use cluster_sim::node::{JoinError, OpenOptions};
use cluster_sim::object_store::ObjectStoreModel;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::{BuiltinScenario, Variables};
use object_store::ObjectStoreExt;
use object_store::path::Path;

/// Links on which everything may happen to a message that can.
fn rough_link() -> LinkModel {
    LinkModel {
        loss: Ratio::percent(10),
        duplicate: Ratio::percent(10),
        reorder: Ratio::percent(10),
        reorder_window: Duration::from_millis(20),
        ..LinkModel::default()
    }
}

async fn doubles(node: Node) {
    let listener = node.listen::<u64>("double");
    loop {
        let session = listener.accept().await;
        while let Ok(Some(number)) = session.recv().await {
            if session.send(2 * number).await.is_err() {
                break;
            }
        }
    }
}

async fn asks(node: Node) {
    let Ok(session) = node.connect::<u64>(0, "double").await else { return };
    for number in 0..5 {
        let answer = select! {
            answer = async { session.send(number).await.ok()?; session.recv().await.ok()? } => answer,
            () = node.sleep(Duration::from_secs(2)) => None,
        };
        if answer.is_none() {
            return;
        }
    }
}

/// Sessions over rough links, with crashes and cuts.
fn sessions() -> Scenario {
    Scenario::new("doubling")
        .nodes("server", 1, doubles)
        .nodes("client", 2, asks)
        .default_links(rough_link())
        .chaos(FaultProfile { mean_interval: Duration::from_secs(1), ..FaultProfile::default() })
        .always("no more is delivered than was sent", |world| {
            world.traffic().delivered <= world.traffic().sent + world.traffic().copied
        })
        .duration(Duration::from_secs(4))
}

/// A ledger on disks and clocks that fail in every way. It may break its rules, at the same step each time.
fn broken_ledger() -> Scenario {
    let profile = FaultProfile { mean_interval: Duration::from_secs(1), ..FaultProfile::default() };
    let of_disks = FaultKind::disk_honest().chain(FaultKind::disk_dishonest());
    let drift = ClockFault::RandomDrift {
        node: "store/0".to_owned(),
        clocks: Clocks::Both,
        most_ppb: 50_000_000,
        step_ppb: 10_000_000,
        every: Duration::from_millis(100),
        duration: None,
    };
    ready("ledger").chaos(profile.also(of_disks).also(FaultKind::OF_CLOCKS)).faults(FaultPlan::new().at(Duration::ZERO, drift))
}

/// Creates files and syncs nothing.
async fn scribbles(node: Node) {
    for number in 0.. {
        let file = node.disk().open(&format!("{number}"), OpenOptions::create()).await.expect("the disk has no faults");
        file.append([7; 600]).await.expect("the disk has room");
        node.sleep(Duration::from_millis(50)).await;
    }
}

fn scribbler() -> Scenario {
    let crashes = FaultProfile { mean_interval: Duration::from_millis(500), ..FaultProfile::default() };
    Scenario::new("scribbler")
        .nodes("scribbler", 2, scribbles)
        .chaos(crashes.only([FaultKind::Crash, FaultKind::QuickRestart, FaultKind::RandomCrashInIo]))
        .always("no disk has a thousand files", |world| world.disk(NodeId(0)).is_none_or(|disk| disk.paths().len() < 1_000))
        .duration(Duration::from_secs(4))
}

/// Tasks that are cancelled, restarts, and steps that take time.
fn parents() -> Scenario {
    let main = async |node: Node| {
        loop {
            let child = node.clone();
            let task = node.spawn(async move { child.sleep(Duration::from_millis(1 + child.random().below(20))).await });
            let _: Result<(), JoinError> = task.await;
        }
    };
    let often = FaultProfile { mean_interval: Duration::from_millis(500), ..FaultProfile::default() };
    Scenario::new("parents").nodes("parent", 3, main).chaos(often.only(FaultKind::OF_PROCESSES)).duration(Duration::from_secs(4))
}

/// Objects that are written and read under cuts.
fn shipper() -> Scenario {
    let main = async |node: Node| {
        let store = node.object_store(NodeId(0));
        for number in 0..10_u8 {
            let path = Path::from(format!("{}", number % 3));
            drop(store.put(&path, vec![number; 1_000].into()).await);
            drop(store.get(&path).await);
        }
    };
    let often = FaultProfile { mean_interval: Duration::from_secs(1), ..FaultProfile::default() };
    Scenario::new("shipper")
        .object_store("s3", ObjectStoreModel::default())
        .nodes("shipper", 2, main)
        .chaos(often.also(FaultKind::object_store()).also(FaultKind::object_store_dishonest()))
        .always("no object is empty", |world| {
            let objects = world.objects(NodeId(0)).expect("it serves a store");
            objects.keys("").iter().all(|key| objects.content(key).is_some_and(|content| !content.is_empty()))
        })
        .duration(Duration::from_secs(4))
}

fn ready(name: &str) -> Scenario {
    let registry = cluster_sim_scenarios::builtin();
    let prepared = registry.named(name).expect("it is a standard scenario").prepare(&Variables::default());
    prepared.expect("it needs no defaults").scenario().clone()
}

/// Runs a seed freely, with its decisions logged, and from those decisions; returns them.
fn agrees(scenario: &Scenario, seed: Seed) -> Vec<Decision> {
    let free = scenario.run(seed);
    let (logged, decisions) = scenario.run_with_decisions(seed);
    let pinned = scenario.clone().with_decisions(&decisions).run(seed);
    let name = scenario.name();
    assert_eq!(logged.digest, free.digest, "{name} {seed}: keeping decisions changes nothing");
    assert_eq!(pinned.digest, free.digest, "{name} {seed}: all decisions pinned are the run itself");
    assert_eq!(serde_json::to_value(&pinned).unwrap(), serde_json::to_value(&free).unwrap(), "{name} {seed}");
    decisions
}

#[test]
fn a_thousand_runs_repeat_from_their_decisions() {
    let mut kinds = std::collections::BTreeSet::new();
    let mut runs = 0;
    let names = cluster_sim_scenarios::builtin();
    let short = names.scenarios().filter(|scenario| scenario.is_for_many_seeds()).map(BuiltinScenario::name);
    for (scenario, seeds) in short.map(|name| (ready(name), 150)).chain([
        (sessions(), 150),
        (broken_ledger(), 150),
        (scribbler(), 50),
        (parents(), 50),
        (shipper(), 50),
    ]) {
        for seed in (0..seeds).map(Seed) {
            kinds.extend(agrees(&scenario, seed).iter().map(|decision| decision.choice));
            runs += 1;
        }
    }
    assert!(runs >= 1_000, "{runs} runs");
    let all = [
        Choice::Start,
        Choice::Order,
        Choice::Pick,
        Choice::Select,
        Choice::Delay,
        Choice::Loss,
        Choice::Rule,
        Choice::Duplicate,
        Choice::Reorder,
        Choice::ReorderBy,
        Choice::DiskTime,
        Choice::TimerLate,
        Choice::TimerLateBy,
        Choice::ClockDrift,
        Choice::CrashNames,
        Choice::CrashName,
        Choice::CrashFile,
        Choice::CrashSector,
        Choice::CrashLength,
        Choice::DiskFault,
        Choice::DiskFaultPlace,
        Choice::CancelTask,
        Choice::CrashInIo,
        Choice::ObjectTime,
        Choice::ObjectFault,
        Choice::ObjectFaultPlace,
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all, "every kind of choice was decided and pinned");
}

#[test]
fn without_decisions_every_seed_gives_the_canonical_run() {
    for link in [rough_link(), LinkModel::default()] {
        let scenario = Scenario::new("doubling").nodes("server", 1, doubles).clients("client", 1, asks).default_links(link.clone());
        let reports: Vec<Report> = (0..4).map(|seed| scenario.clone().with_decisions(&[]).run(Seed(seed))).collect();
        assert_eq!(reports[0].traffic.lost() + reports[0].traffic.copied, 0, "nothing is lost and nothing is copied");
        assert_eq!(reports[0].traffic.sessions.retransmissions, 0);
        assert!(reports.iter().all(|report| report.digest == reports[0].digest), "the seed decides nothing");
        let scenario = speaking(link);
        let digest = |seed| scenario.clone().with_decisions(&[]).run(Seed(seed)).digest;
        assert!((1..4).all(|seed| digest(seed) == digest(0)), "nor of datagrams");
    }
}

/// Two nodes that send each other distinct messages now and then.
fn speaking(link: LinkModel) -> Scenario {
    let speaks = |node: Node| async move {
        let peers = node.bind::<u64>("words");
        for number in 0..20 {
            peers.broadcast(number);
            peers.recv_for(Duration::from_millis(10), |_| {}).await;
        }
    };
    Scenario::new("speaking").nodes("node", 2, speaks).default_links(link).duration(Duration::from_secs(2))
}

#[test]
fn every_message_and_every_copy_has_its_own_delay_decision() {
    let link = LinkModel { duplicate: Ratio::percent(50), ..LinkModel::default() };
    let (report, decisions) = speaking(link).run_with_decisions(Seed(3));
    let count = |choice| decisions.iter().filter(|decision| decision.choice == choice).count() as u64;
    assert!(report.traffic.copied > 5, "{report}");
    assert_eq!(count(Choice::Duplicate), report.traffic.copied);
    assert_eq!(count(Choice::Delay), report.traffic.sent + report.traffic.copied);
    let between = |decision: &Decision| (decision.node.clone(), decision.peer.clone());
    let names = |from: &str, to: &str| (Some(from.to_owned()), Some(to.to_owned()));
    let ways = [names("node/0", "node/1"), names("node/1", "node/0")];
    assert!(decisions.iter().filter(|decision| decision.choice == Choice::Delay).all(|decision| ways.contains(&between(decision))));
    // Over links that only delay, too.
    let (report, decisions) = speaking(LinkModel::default()).run_with_decisions(Seed(3));
    assert_eq!(decisions.iter().filter(|decision| decision.choice == Choice::Delay).count() as u64, report.traffic.sent);
}

#[test]
fn without_decisions_every_node_starts_at_zero() {
    let shows = |node: Node| async move { node.publish(|shown: &mut bool| *shown = true) };
    let scenario = Scenario::new("starting").nodes("node", 3, shows).duration(Duration::from_millis(10));
    let at_once = scenario.always("no node starts late", |world| {
        let there = world.views::<bool>().count();
        there == 3 || world.now() == VirtualInstant::ZERO
    });
    assert_eq!(at_once.run(Seed(7)).outcome, Outcome::Violated, "the seed lets some wait");
    at_once.with_decisions(&[]).run(Seed(7)).assert_ok();
}

#[test]
fn removing_a_decision_changes_only_what_depends_on_it() {
    let scenario = ready("gossip");
    let seed = Seed(3);
    let (_, decisions) = scenario.run_with_decisions(seed);
    let delay = decisions.iter().position(|decision| decision.choice == Choice::Delay).expect("messages take their time");
    let mut fewer = decisions.clone();
    let removed = fewer.remove(delay);
    let (report, again) = (scenario.clone().with_decisions(&fewer).run(seed), scenario.clone().with_decisions(&fewer).run(seed));
    assert_eq!(report.digest, again.digest);
    assert_ne!(report.digest, scenario.run(seed).digest, "{removed} mattered");
}

#[test]
fn a_decision_survives_serialization() {
    let (_, decisions) = ready("echo").run_with_decisions(Seed(1));
    let saved = serde_json::to_string(&decisions).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Decision>>(&saved).unwrap(), decisions);
    let delay = decisions.iter().find(|decision| decision.choice == Choice::Delay).unwrap().to_string();
    assert!(delay.contains(" -> ") && delay.contains("takes "), "{delay}");
}

#[test]
fn a_scripted_scenario_is_swept_logged_and_replayed() {
    let scenario = ready("gossip").script(|sim| {
        sim.run_for(Duration::from_millis(300));
        let cut = sim.partition([0], [1, 2]);
        sim.run_for(Duration::from_millis(300));
        cut.heal();
        sim.run_for(Duration::from_millis(400));
    });
    agrees(&scenario, Seed(5));
    let report = scenario.run(Seed(5));
    assert!(!report.by_hand && report.faults.iter().any(|fault| fault.by_hand && fault.applied), "{report}");
    scenario.sweep(0..8).assert_ok();
}

#[test]
fn a_panic_in_a_script_is_a_finding() {
    let report = ready("gossip").script(|sim| assert!(sim.now() > VirtualInstant::ZERO, "too early")).run(Seed(5));
    let panic = report.panic.as_ref().expect("it panics");
    assert_eq!(
        (report.outcome, panic.site.to_string().as_str(), panic.message.as_str()),
        (Outcome::Panicked, "the test", "too early")
    );
}
