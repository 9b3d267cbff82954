//! Steps of nodes that never return.

use cluster_sim::prelude::*;

/// The step timeout: far longer than any step that returns.
const STEP_TIMEOUT: Duration = Duration::from_millis(500);

/// Spins until the process ends, in one seed.
fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

async fn main(node: Node) {
    if node.index() == 1 && node.roll("spin", 0).below(4) == 0 {
        let spinning = node.clone();
        node.spawn_named("worker", async move {
            spinning.sleep(Duration::from_secs(3)).await;
            spin()
        });
    }
    loop {
        node.sleep(Duration::from_secs(1)).await;
        node.publish(|seconds: &mut u64| *seconds += 1);
    }
}

#[test]
fn a_poll_that_never_returns_is_a_finding_of_its_seed() {
    let scenario = Scenario::new("spinning")
        .nodes("node", 3, main)
        .always("time goes on", |world| world.views::<u64>().all(|(_, seconds)| *seconds <= 10))
        .step_timeout(STEP_TIMEOUT);
    let sweep = scenario.sweep(0..64);
    let report = sweep.failure().expect("one seed of four spins");
    let violation = &report.violations[0];
    assert_eq!((violation.rule.as_str(), violation.at.as_nanoseconds() / 1_000_000), ("every step returns", 3_000));
    assert_eq!(sweep.passed(), report.seed().0, "the seeds before it held");
    let message = &violation.message;
    assert!(message.starts_with("a poll of node/1, task main/worker, spawned at tests/faults/stuck.rs:"), "{message}");
    assert!(message.ends_with("did not return for 0.5s of real time"), "{message}");
}

#[test]
fn a_machine_step_that_never_returns_is_a_finding() {
    struct Spinning(bool);

    impl Machine for Spinning {
        type Message = ();
        type View = ();

        fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
            match input {
                Input::Start => effects.set_timer(Timer(0), Duration::from_secs(2)),
                _ if self.0 => spin(),
                _ => {}
            }
        }

        fn view(&self) -> &() {
            &()
        }
    }

    let sweep =
        Scenario::new("spinning").machines("node", 3, |boot| Spinning(boot.index() == 2)).step_timeout(STEP_TIMEOUT).sweep(7..9);
    let report = sweep.failure().expect("node 2 spins");
    assert_eq!((report.seed(), sweep.passed()), (Seed(7), 0));
    assert_eq!(report.violations[0].message, "a step of node/2 did not return for 0.5s of real time");
}
