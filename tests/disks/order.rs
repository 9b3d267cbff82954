//! The order of the operations on one file, and answers that come due while their node is paused.

use cluster_sim::fault::NodeFault;
use cluster_sim::node::{DiskOp, DiskOutput, FileId, OpenOptions};
use cluster_sim::prelude::*;

const FILE: FileId = FileId(0);

/// Writes a file, then reads it again and again; its view counts the right answers and the others.
#[derive(Default)]
struct Reader {
    answers: [u64; 2],
}

fn read() -> DiskOp {
    DiskOp::Read { file: FILE, offset: 0, length: 3 }
}

impl Machine for Reader {
    type Message = ();
    type View = [u64; 2];

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        match input {
            Input::Start => {
                effects.disk(0_u64, DiskOp::Open { file: FILE, path: "file".into(), options: OpenOptions::create() });
                effects.disk(0_u64, DiskOp::Write { file: FILE, offset: 0, data: b"abc".to_vec() });
                effects.disk(1_u64, read());
            }
            Input::Disk(1, result) => {
                let is_right = result == Ok(DiskOutput::Data(b"abc".to_vec()));
                self.answers[usize::from(!is_right)] += 1;
                effects.disk(1_u64, read());
            }
            _ => {}
        }
    }

    fn view(&self) -> &[u64; 2] {
        &self.answers
    }
}

#[test]
fn operations_on_one_file_take_effect_in_order_through_pauses() {
    let pause = |at| {
        (Duration::from_millis(at), NodeFault::Pause { node: "reader/0".to_owned(), duration: Some(Duration::from_millis(5)) })
    };
    let plan = (1..20).map(|turn| pause(10 * turn)).fold(FaultPlan::new(), |plan, (at, fault)| plan.at(at, fault));
    let scenario = Scenario::new("pauses").machines("reader", 1, |_| Reader::default()).faults(plan);
    let mut sim = scenario.start(Seed(7));
    sim.run_for(Duration::from_millis(300));
    let [right, wrong] = sim.inspect(|world| *world.view::<[u64; 2]>(NodeId(0)).unwrap());
    assert!(right > 1_000, "{right}");
    assert_eq!(wrong, 0);
    sim.finish().assert_ok();
}
