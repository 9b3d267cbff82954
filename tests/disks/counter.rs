//! A counter that survives crashes, as a machine and as an async node.

use cluster_sim::fault::NodeFault;
use cluster_sim::node::{DiskOp, FileId, OpenOptions};
use cluster_sim::prelude::*;

const LOG: FileId = FileId(0);

/// Appends a byte every 10 ms, and counts those that are durable.
struct Counter {
    durable: u64,
}

impl Counter {
    fn boot(boot: &Boot) -> Self {
        Self { durable: boot.disk().file("log").map_or(0, |log| log.len()) }
    }
}

impl Machine for Counter {
    type Message = ();
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        match input {
            Input::Start => {
                effects.disk(0_u64, DiskOp::Open { file: LOG, path: "log".into(), options: OpenOptions::create() });
                effects.disk(0_u64, DiskOp::SyncDir { path: "/".into() });
                effects.set_timer(Timer(0), Duration::from_millis(10));
            }
            Input::Timer(_) => {
                effects.disk(0_u64, DiskOp::Append { file: LOG, data: vec![1] });
                effects.disk(1_u64, DiskOp::Sync { file: LOG });
                effects.set_timer(Timer(0), Duration::from_millis(10));
            }
            Input::Disk(1, Ok(_)) => self.durable += 1,
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.durable
    }
}

async fn counter(node: Node) {
    let disk = node.disk();
    let log = disk.open("log", OpenOptions::create()).await.unwrap();
    disk.sync_dir("/").await.unwrap();
    let mut durable = log.read_to_end().await.unwrap().len() as u64;
    loop {
        node.publish(|view: &mut u64| *view = durable);
        node.sleep(Duration::from_millis(10)).await;
        log.append([1]).await.unwrap();
        log.sync().await.unwrap();
        durable += 1;
    }
}

fn with_crash(scenario: Scenario) -> Scenario {
    let crash = NodeFault::Crash { node: "counter/0".to_owned(), down_for: Some(Duration::from_millis(100)) };
    scenario.faults(FaultPlan::new().at(Duration::from_secs(1), crash)).duration(Duration::from_secs(2))
}

#[test]
fn what_was_synced_is_there_after_a_crash() {
    let machines = with_crash(Scenario::new("machine").machines("counter", 1, Counter::boot));
    let nodes = with_crash(Scenario::new("node").nodes("counter", 1, counter));
    for scenario in [machines, nodes] {
        let mut sim = scenario.start(Seed(7));
        sim.run_for(Duration::from_millis(999));
        let before = sim.inspect(|world| *world.view::<u64>(NodeId(0)).unwrap());
        assert!((80..100).contains(&before), "{before}");
        sim.run_for(Duration::from_millis(200));
        let after = sim.inspect(|world| *world.view::<u64>(NodeId(0)).unwrap());
        assert!(after >= before && after < before + 20, "{after} after {before}");
        sim.finish().assert_ok();
    }
}
