//! Tasks that a fault drops at an await.

use cluster_sim::explore::Choice;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

use crate::worker::workers;

/// The ends of the children of a node, in order: its number of ticks, or none if it was cancelled.
type Ends = Vec<Option<u64>>;

/// Spawns children, one after the other; each ticks ten times, every 5 ms.
async fn parent(node: Node) {
    for _ in 0.. {
        let clock = node.clone();
        let child = node.spawn(async move {
            for _ in 0..10 {
                clock.sleep(milliseconds(5)).await;
            }
            10
        });
        let end = child.await.ok();
        node.publish(|ends: &mut Ends| ends.push(end));
    }
}

fn parents() -> Scenario {
    Scenario::new("parents").nodes("parent", 2, parent).start_together().duration(milliseconds(500))
}

fn cancel(node: &str, share: Ratio, duration: impl Into<Option<Duration>>) -> FaultPlan {
    let fault = ProcessFault::CancelTasks { node: node.to_owned(), share, duration: duration.into() };
    FaultPlan::new().at(milliseconds(120), fault)
}

fn ends(sim: &Sim, node: u32) -> Ends {
    sim.inspect(|world| world.view::<Ends>(NodeId(node)).cloned().unwrap_or_default())
}

fn run(plan: FaultPlan) -> ([Ends; 2], Report) {
    let mut sim = parents().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(500));
    ([0, 1].map(|node| ends(&sim, node)), sim.finish())
}

/// Q4 at probability 1: every spawned task ends at its first await, and the main task lives.
#[test]
fn every_spawned_task_is_cancelled_and_its_handle_says_so() {
    let (both, report) = run(cancel("parent/0", Ratio::ONE, milliseconds(20)));
    let [hit, spared] = &both;
    assert_eq!(*spared, [Some(10); 10], "the other node is as ever");
    // The third child is cancelled at its next tick, then those of 5 ms, up to the end.
    assert_eq!(hit[..3], [Some(10), Some(10), None]);
    let cancelled = hit.iter().filter(|end| end.is_none()).count() as u64;
    assert_eq!((cancelled, hit.last()), (4, Some(&Some(10))), "{hit:?}");
    assert_eq!(report.faults[0].effect, cancelled);
    assert!(report.to_string().contains("cancel tasks of parent/0 at all of their polls for 0.020s"), "{report}");
}

/// Q4: each poll is decided by itself, and without decisions none is cancelled.
#[test]
fn a_share_of_the_polls_is_cancelled_by_decisions() {
    let plan = cancel("parent/0", Ratio::percent(5), None);
    let (both, report) = run(plan.clone());
    let (cancelled, ended) = (both[0].iter().filter(|end| end.is_none()).count(), both[0].iter().flatten().count());
    assert!(cancelled > 0 && ended > 2, "{both:?}");
    assert_eq!(report.faults[0].effect, cancelled as u64);
    let (_, decisions) = parents().faults(plan.clone()).run_with_decisions(Seed(7));
    let cancels = decisions.iter().filter(|decision| decision.choice == Choice::CancelTask);
    assert!(cancels.clone().count() > 0 && cancels.clone().all(|decision| decision.to_string().contains("has a task cancelled")));
    let canonical = parents().faults(plan).with_decisions(&[]).run(Seed(7));
    assert_eq!(canonical.faults[0].effect, 0);
}

#[test]
fn a_machine_has_no_tasks_to_cancel() {
    let report = workers().faults(cancel("worker/0", Ratio::ONE, None)).run(Seed(7));
    let record = &report.faults[0];
    assert_eq!((record.effect, record.reason.as_deref()), (0, Some("it is a machine, which has no tasks")));
    assert_eq!(report.digest, workers().run(Seed(7)).digest);
}

#[test]
fn a_share_of_zero_is_refused() {
    let refused = parents().faults(cancel("parent/0", Ratio::ZERO, None)).validate().unwrap_err().to_string();
    assert!(refused.contains("(cancel tasks) is invalid: a share of 0 cancels nothing; use more, up to 1 for all"), "{refused}");
}
