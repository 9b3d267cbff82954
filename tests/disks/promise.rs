//! A promise is held against the disk at the step that gave it.

use cluster_sim::check::DiskView;
use cluster_sim::disk::DiskModel;
use cluster_sim::fault::NodeFault;
use cluster_sim::net::Distribution;
use cluster_sim::node::{DiskOp, FileId, OpenOptions};
use cluster_sim::prelude::*;
use cluster_sim::scenario::ScenarioError;

const LOG: FileId = FileId(0);

/// Appends the numbers from 1 on, and acknowledges each before or after its sync.
struct Acknowledger {
    acknowledged: u64,
    before_sync: bool,
}

impl Acknowledger {
    /// Believes the records that a crash left whole, up to the first other one.
    fn boot(boot: &Boot, before_sync: bool) -> Self {
        let log = boot.disk().read("log").unwrap_or_default();
        let records = (1_u64..).zip(log.chunks(8));
        let acknowledged = records.take_while(|(number, record)| *record == number.to_le_bytes()).count() as u64;
        Self { acknowledged, before_sync }
    }

    fn append(&self, effects: &mut Effects<()>) {
        effects.disk(0_u64, DiskOp::Append { file: LOG, data: (self.acknowledged + 1).to_le_bytes().into() });
    }
}

impl Machine for Acknowledger {
    type Message = ();
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        match input {
            Input::Start => {
                effects.disk(9_u64, DiskOp::Open { file: LOG, path: "log".into(), options: OpenOptions::create() });
                effects.disk(9_u64, DiskOp::SetLen { file: LOG, length: 8 * self.acknowledged });
                effects.disk(9_u64, DiskOp::Sync { file: LOG });
                effects.disk(2_u64, DiskOp::SyncDir { path: "/".into() });
            }
            Input::Disk(0, Ok(_)) => {
                self.acknowledged += u64::from(self.before_sync);
                effects.disk(1_u64, DiskOp::Sync { file: LOG });
            }
            Input::Disk(1, Ok(_)) => {
                self.acknowledged += u64::from(!self.before_sync);
                self.append(effects);
            }
            Input::Disk(2, Ok(_)) => self.append(effects),
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.acknowledged
    }
}

/// Whether the log holds the numbers up to the acknowledged one.
fn is_durable(disk: Option<DiskView<'_>>, acknowledged: u64) -> bool {
    acknowledged == 0
        || disk
            .and_then(|disk| disk.durable_at("log", 8 * (acknowledged - 1), 8))
            .is_some_and(|record| record == acknowledged.to_le_bytes())
}

fn acknowledging(before_sync: bool) -> Scenario {
    Scenario::new("acknowledging")
        .machines("store", 2, move |boot: &Boot| Acknowledger::boot(boot, before_sync))
        .always("every acknowledged number is durable", |world| {
            world.views::<u64>().all(|(node, acknowledged)| is_durable(world.disk(node), *acknowledged))
        })
        .duration(Duration::from_millis(200))
}

#[test]
fn an_acknowledgement_before_its_sync_is_found_at_its_step() {
    let report = acknowledging(true).run(Seed(7));
    let violation = report.violations.first().expect("it acknowledges what is not durable");
    assert_eq!(violation.rule, "every acknowledged number is durable");
    assert!(violation.at < VirtualInstant::from_nanoseconds(10_000_000), "no crash is needed: {}", violation.at);
}

#[test]
fn an_acknowledgement_after_its_sync_holds_also_through_crashes() {
    let crash = |node: &str| NodeFault::Crash { node: node.to_owned(), down_for: Some(Duration::from_millis(5)) };
    for seed in (0..50).map(Seed) {
        let plan = FaultPlan::new().at(Duration::from_millis(40), crash("store/0")).at(Duration::from_millis(90), crash("store/1"));
        acknowledging(false).faults(plan).run(seed).assert_ok();
    }
}

#[test]
fn rules_read_the_disk_of_a_node_that_is_down() {
    let crash = NodeFault::Crash { node: "store/0".to_owned(), down_for: Some(Duration::from_millis(50)) };
    let mut sim = acknowledging(false).faults(FaultPlan::new().at(Duration::from_millis(100), crash)).start(Seed(7));
    sim.run_for(Duration::from_millis(99));
    let before = sim.inspect(|world| world.disk(NodeId(0)).unwrap().durable_len("log").unwrap());
    sim.run_for(Duration::from_millis(2));
    sim.inspect(|world| {
        let disk = world.disk(NodeId(0)).expect("a disk outlives its node");
        assert!(world.view::<u64>(NodeId(0)).is_none());
        assert!(disk.durable_len("log").unwrap() >= before);
        assert_eq!(disk.durable("log"), disk.current("log"), "after a crash all that is left is on the medium");
        assert_eq!((disk.paths(), disk.unsynced("log")), (vec!["log".to_owned()], vec![]));
    });
    sim.finish().assert_ok();
}

#[test]
fn a_rule_sees_which_bytes_and_names_are_unsynced() {
    let node = async |node: Node| {
        let disk = node.disk();
        disk.create_dir("wal").await.unwrap();
        let log = disk.open("wal/0", OpenOptions::create()).await.unwrap();
        log.append(vec![7; 2_000]).await.unwrap();
        log.sync().await.unwrap();
        log.write_at(600, [8; 8]).await.unwrap();
        log.append([9]).await.unwrap();
        node.sleep(Duration::from_secs(60)).await;
    };
    let mut sim = Scenario::new("unsynced").nodes("store", 2, node).start(Seed(7));
    assert!(sim.inspect(|world| world.disk(NodeId(0)).is_none()), "it did not use its disk yet");
    sim.run_for(Duration::from_secs(1));
    sim.inspect(|world| {
        let disk = world.disk(NodeId(1)).unwrap();
        assert_eq!(disk.unsynced("wal/0"), [512..1_024, 1_536..2_001]);
        assert_eq!((disk.current_len("wal/0"), disk.durable_len("wal/0")), (Some(2_001), None));
        assert_eq!((disk.is_name_durable("wal/0"), disk.durable_paths()), (false, vec![]));
        assert_eq!(disk.current_at("/wal/0", 599, 3), Some(vec![7, 8, 8]));
        assert_eq!((disk.current("wal"), disk.current("../x")), (None, None), "a directory, and no path");
    });
}

#[test]
fn a_disk_model_that_cannot_be_is_refused_with_its_cure() {
    let mut model = DiskModel::strict_posix();
    model.times.sync = Distribution::uniform(Duration::from_secs(2), Duration::from_secs(1));
    let scenario = acknowledging(false).disks(model.clone());
    assert!(matches!(scenario.validate(), Err(ScenarioError::Disks { group: None, .. })));
    let error = acknowledging(false).disks_of("store", model).validate().unwrap_err().to_string();
    assert!(error.starts_with("the disks of group \"store\" have an invalid time: "), "{error}");
    let error = acknowledging(false).disks_of("stor", DiskModel::xfs_like()).validate().unwrap_err().to_string();
    assert!(error.contains("disks are set for group \"stor\"") && error.contains("store"), "{error}");
    assert_eq!(acknowledging(false).disks_of("store", DiskModel::xfs_like()).validate(), Ok(()));
}

#[test]
fn a_group_has_the_disks_that_are_set_for_it() {
    let node = async |node: Node| {
        let log = node.disk().open("log", OpenOptions::create()).await.unwrap();
        log.append([1]).await.unwrap();
        log.sync().await.unwrap();
        node.sleep(Duration::from_secs(60)).await;
    };
    let scenario = Scenario::new("models").disks_of("journaled", DiskModel::ext4_ordered());
    let mut sim = scenario.nodes("strict", 1, node).nodes("journaled", 1, node).start(Seed(7));
    sim.run_for(Duration::from_secs(1));
    let durable = sim.inspect(|world| [0, 1].map(|node| world.disk(NodeId(node)).unwrap().is_name_durable("log")));
    assert_eq!(durable, [false, true], "with a journal the sync of a file makes its name durable");
}
