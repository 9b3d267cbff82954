//! Disks cost memory by what is written, once: what a crash leaves and the images of a disk share its pages.

use cluster_sim::node::{DiskOp, FileId, OpenOptions};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

const NODES: u32 = 9;
const FILE: FileId = FileId(0);
const MIB: u64 = 1 << 20;
/// The bytes that each node writes before it overwrites them.
const WRITTEN: u64 = 4 * MIB;
const PART: u64 = 64 << 10;
const BLOCK: u64 = 4 << 10;
/// The writes of which the last one is synced.
const BATCH: u64 = 32;

/// Writes a file of 4 MiB, then overwrites its blocks at random places for ever.
struct Overwriter {
    /// The part of the file that is written first, of the life that found it shorter.
    part: u64,
    writes: u64,
}

impl Overwriter {
    fn boot(boot: &Boot) -> Self {
        let length = boot.disk().file("file").map_or(0, |file| file.len());
        Self { part: length / PART, writes: 0 }
    }
}

impl Machine for Overwriter {
    type Message = ();
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        if input == Input::Start {
            effects.disk(0_u64, DiskOp::Open { file: FILE, path: "file".into(), options: OpenOptions::create() });
            effects.disk(1_u64, DiskOp::SyncDir { path: "/".into() });
        } else if input == Input::Disk(0, Ok(cluster_sim::node::DiskOutput::Done)) {
            // The file is open, or a part or block is written.
            if self.part < WRITTEN / PART {
                let (offset, data) = (self.part * PART, vec![1; PART as usize]);
                self.part += 1;
                effects.disk(2_u64, DiskOp::Write { file: FILE, offset, data });
                effects.disk(0_u64, DiskOp::Sync { file: FILE });
                return;
            }
            self.writes += 1;
            let offset = effects.roll("block", self.writes).below(WRITTEN / BLOCK) * BLOCK;
            effects.disk(0_u64, DiskOp::Write { file: FILE, offset, data: vec![self.writes as u8; BLOCK as usize] });
            if self.writes.is_multiple_of(BATCH) {
                effects.disk(2_u64, DiskOp::Sync { file: FILE });
            }
        }
    }

    fn view(&self) -> &u64 {
        &self.writes
    }
}

/// Fifty crashes, of each node in turn, and two disks that are set back.
fn plan() -> FaultPlan {
    let node = |number: u32| format!("store/{}", number % NODES);
    let crashes = (0..50).fold(FaultPlan::new(), |plan, number| {
        let crash = NodeFault::Crash { node: node(number), down_for: Some(milliseconds(10)) };
        plan.at(milliseconds(200 + 20 * u64::from(number)), crash)
    });
    (0..2).fold(crashes, |plan, number| {
        let rollback = DiskFault::Rollback { node: node(number), duration: Some(milliseconds(100)) };
        plan.at(milliseconds(300 + 200 * u64::from(number)), rollback)
    })
}

#[test]
fn nine_disks_of_4_mib_fit_64_mib_crash_after_crash() {
    let scenario = Scenario::new("overwriters").machines("store", NODES, Overwriter::boot).faults(plan());
    let mut lengths = Vec::new();
    let allocated = allocation_counter::measure(|| {
        let mut sim = scenario.start(Seed(7));
        sim.run_for(milliseconds(1_300));
        lengths = sim.inspect(|world| {
            let length = |node| world.disk(NodeId(node)).and_then(|disk| disk.current_len("file"));
            (0..NODES).map(length).collect()
        });
        let report = sim.finish();
        report.assert_ok();
        assert_eq!(report.faults.iter().filter(|fault| fault.effect > 0).count(), 52, "{report}");
    });
    assert_eq!(lengths, [Some(WRITTEN); NODES as usize]);
    let mib = allocated.bytes_max / MIB;
    println!("{mib} MiB at most, for {} written and still there", u64::from(NODES) * WRITTEN / MIB);
    assert!((u64::from(NODES) * WRITTEN / MIB..64).contains(&mib), "{mib} MiB");
}
