//! Disks that are slow, stalled or limited: answers come late, and in order.

use cluster_sim::prelude::*;

use crate::program::{Ran, Step, append, ms, read, under_canonical, until, with_log};

const NODE: &str = "a/0";

/// Appends two bytes by themselves from 110 ms on, then one after 600 ms, and reads.
fn ran(fault: DiskFault) -> Ran {
    ran_under(FaultPlan::new().at(ms(100), fault))
}

fn ran_under(plan: FaultPlan) -> Ran {
    let steps: [Step; 6] = [until(110), append(b"a"), append(b"b"), until(600), append(b"c"), read(0, 9)];
    let ran = under_canonical(plan, with_log(steps), Vec::new());
    assert_eq!(ran.data(5), b"abc", "nothing is lost");
    ran
}

#[test]
fn a_stalled_disk_answers_at_the_end_and_loses_nothing() {
    let ran = ran(DiskFault::Stall { node: NODE.to_owned(), duration: Some(ms(200)) });
    assert_eq!(ran.times[2], 300_000, "the first waits for the end");
    assert!((300_001..301_000).contains(&ran.times[3]) && (600_000..601_000).contains(&ran.times[4]), "{:?}", ran.times);
    assert_eq!((ran.counts(), ran.effect().as_str()), ((1, 1), "1 operation stalled"));
}

#[test]
fn a_slow_disk_multiplies_and_adds_time() {
    let ran = ran(DiskFault::Slow { node: NODE.to_owned(), factor: 3, extra: ms(10), duration: Some(ms(200)) });
    assert_eq!((ran.times[2], ran.times[3]), (120_030, 130_060), "10 us three times, and 10 ms");
    assert_eq!((ran.times[4], ran.counts()), (600_010, (2, 2)));
}

#[test]
fn of_two_slow_faults_the_slowest_counts() {
    let slow = |factor| DiskFault::Slow { node: NODE.to_owned(), factor, extra: Duration::ZERO, duration: Some(ms(200)) };
    for [first, second] in [[3, 9], [9, 3]] {
        let ran = ran_under(FaultPlan::new().at(ms(100), slow(first)).at(ms(101), slow(second)));
        assert_eq!(ran.times[2], 110_090, "10 us nine times, whichever came last");
    }
}

#[test]
fn a_limited_disk_serves_a_queue_at_its_rate() {
    let limit = |operations, bytes| DiskFault::Limit {
        node: NODE.to_owned(),
        operations_per_second: operations,
        bytes_per_second: bytes,
        duration: Some(ms(400)),
    };
    let ran = [limit(Some(10), None), limit(None, Some(10))].map(ran);
    for ran in ran {
        assert_eq!((ran.times[2], ran.times[3]), (110_010, 210_010), "one in 100 ms");
        assert_eq!((ran.counts(), ran.effect().as_str()), ((2, 1), "1 operation queued of 2 hit"));
    }
}

#[test]
fn a_stalled_disk_keeps_the_order_of_one_file() {
    use cluster_sim::node::{DiskOp, DiskOutput, FileId, OpenOptions};

    /// Submits 20 appends at once, and counts the answers that come in another order.
    #[derive(Default)]
    struct Burst {
        offsets: Vec<u64>,
    }

    impl Machine for Burst {
        type Message = ();
        type View = Vec<u64>;

        fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
            match input {
                Input::Start => {
                    effects.disk(0_u64, DiskOp::Open { file: FileId(0), path: "log".into(), options: OpenOptions::create() });
                    for tag in 1..=20_u64 {
                        effects.disk(tag, DiskOp::Append { file: FileId(0), data: vec![tag as u8] });
                    }
                }
                Input::Disk(tag, Ok(DiskOutput::Appended(offset))) => {
                    assert_eq!(offset + 1, tag);
                    self.offsets.push(offset);
                }
                _ => {}
            }
        }

        fn view(&self) -> &Vec<u64> {
            &self.offsets
        }
    }

    let stall = DiskFault::Stall { node: NODE.to_owned(), duration: Some(ms(50)) };
    let limit =
        DiskFault::Limit { node: NODE.to_owned(), operations_per_second: Some(1), bytes_per_second: None, duration: Some(ms(90)) };
    let plan = FaultPlan::new().at(ms(0), stall).at(ms(10), limit);
    let scenario = Scenario::new("burst").machines("a", 1, |_| Burst::default()).faults(plan);
    for seed in 0..20 {
        let mut sim = scenario.start(Seed(seed));
        sim.run_for(ms(100));
        let offsets = sim.inspect(|world| world.view::<Vec<u64>>(NodeId(0)).unwrap().clone());
        assert_eq!(offsets, (0..20).collect::<Vec<u64>>(), "seed {seed}");
        sim.finish().assert_ok();
    }
}
