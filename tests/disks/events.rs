//! Operations of disks and outcomes of crashes, as a reader of a run sees them.

use cluster_sim::disk::DiskModel;
use cluster_sim::explain::{EventKind, events_jsonl, html};
use cluster_sim::explore::Choice;
use cluster_sim::fault::NodeFault;
use cluster_sim::node::OpenOptions;
use cluster_sim::prelude::*;

/// Appends blocks to a log and never syncs them; a crash after 50 ms decides about them.
fn unsynced() -> Scenario {
    let node = async |node: Node| {
        let log = node.disk().open("/log", OpenOptions::create()).await.unwrap();
        for _ in 0..10 {
            log.append(vec![7; 600]).await.unwrap();
        }
        assert!(node.disk().open("nothing", OpenOptions::read()).await.is_err());
        node.sleep(Duration::from_secs(60)).await;
    };
    let crash = NodeFault::Crash { node: "store/0".to_owned(), down_for: Some(Duration::from_secs(10)) };
    let plan = FaultPlan::new().at(Duration::from_millis(50), crash);
    Scenario::new("unsynced").nodes("store", 1, node).faults(plan).duration(Duration::from_millis(100))
}

#[test]
fn a_recording_tells_operations_and_what_a_crash_kept() {
    let recording = unsynced().record(Seed(7));
    let texts: Vec<String> = recording.events.iter().map(|event| recording.text_of(event)).collect();
    let has = |text: &str| texts.iter().any(|line| line == text);
    assert!(has("store/0 disk: open log"), "{texts:#?}");
    assert!(has("store/0 disk: append log, 600 bytes"));
    assert!(has("store/0 disk: open nothing: no such file or directory; create it, and the directories around it, first"));
    let names = recording.events.iter().find(|event| matches!(event.event, EventKind::DiskNames { changed: 1, .. }));
    let names = names.expect("the name of the log was not synced");
    assert!(recording.text_of(names).starts_with("store/0 crash keeps "), "{}", recording.text_of(names));
    assert!(events_jsonl(&recording).contains(r#""kind":"disk","operation":"append","path":"log","bytes":600"#));
    assert!(html(&recording, None).contains("append log, 600 bytes"));
}

#[test]
fn decisions_of_a_crash_name_file_and_byte_and_replay() {
    let mut words = String::new();
    for seed in (0..60).map(Seed) {
        let (report, decisions) = unsynced().run_with_decisions(seed);
        let pinned = unsynced().with_decisions(&decisions).run(Seed(99));
        assert_eq!(pinned.digest, report.digest, "all decisions pinned are the run");
        decisions.iter().for_each(|decision| words += &format!("{decision}\n"));
    }
    for expected in [
        "store/0  /  a crash keeps all unsynced changes of names",
        "store/0  log  a crash keeps the first ",
        "store/0  log at byte 512  a crash keeps ",
        "store/0  log  a crash leaves ",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
}

#[test]
fn without_decisions_a_crash_leaves_nothing_that_is_unsynced() {
    for model in [DiskModel::strict_posix(), DiskModel::xfs_like()] {
        let mut sim = unsynced().disks(model).with_decisions(&[]).start(Seed(7));
        sim.run_for(Duration::from_millis(60));
        assert_eq!(sim.inspect(|world| world.disk(NodeId(0)).unwrap().paths()), Vec::<String>::new());
    }
}

#[test]
fn without_their_own_decisions_a_crash_loses_the_sectors_of_a_file() {
    let bytes_left = |decisions: &[_]| {
        let mut sim = unsynced().with_decisions(decisions).start(Seed(7));
        sim.run_for(Duration::from_millis(60));
        let log = sim.inspect(|world| world.disk(NodeId(0)).and_then(|disk| disk.current("log")).unwrap_or_default());
        log.iter().filter(|byte| **byte != 0).count()
    };
    let (mut asked, mut kept) = (0, 0);
    for seed in (0..60).map(Seed) {
        let (_, mut decisions) = unsynced().run_with_decisions(seed);
        let asks = |value: u64| matches!(value & 15, 4 | 5);
        if !decisions.iter().any(|decision| decision.choice == Choice::CrashFile && asks(decision.value)) {
            continue;
        }
        asked += 1;
        kept += usize::from(bytes_left(&decisions) > 0);
        decisions.retain(|decision| decision.choice != Choice::CrashSector);
        assert_eq!(bytes_left(&decisions), 0, "{seed}: the pattern alone keeps nothing");
    }
    assert!(asked > 3 && kept > 3, "{asked} crashes asked about sectors, {kept} kept some");
}
