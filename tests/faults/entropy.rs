//! Nodes that draw equal random numbers.

use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::crash;
use cluster_sim_testkit::units::milliseconds;

/// The numbers that a life drew: by name, by count, and by count in a task that it spawned.
type Drawn = Vec<u64>;

struct Draws(Drawn);

impl Machine for Draws {
    type Message = ();
    type View = Drawn;

    fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
        self.0 = vec![effects.roll("timeout", 1).0, effects.roll("timeout", 2).0];
    }

    fn view(&self) -> &Drawn {
        &self.0
    }
}

async fn draws(node: Node) {
    let child = node.clone();
    let of_task = node.spawn_named("child", async move { child.random().0 });
    let of_task = of_task.await.expect("it is not aborted");
    let drawn = vec![node.roll("timeout", 1).0, node.random().0, node.random().0, of_task];
    node.publish(|view: &mut Drawn| *view = drawn);
    std::future::pending().await
}

/// Three nodes of each form.
fn forms() -> [Scenario; 2] {
    let base = || Scenario::new("draws").start_together().duration(milliseconds(500));
    [base().machines("node", 3, |_: &Boot| Draws(Vec::new())), base().nodes("node", 3, draws)]
}

fn equal(nodes: &[&str], duration: impl Into<Option<Duration>>) -> Fault {
    let nodes = nodes.iter().map(|node| (*node).to_owned()).collect();
    ProcessFault::EqualRandom { nodes, duration: duration.into() }.into()
}

fn drawn(sim: &Sim) -> [Drawn; 3] {
    [0, 1, 2].map(|node| sim.inspect(|world| world.view::<Drawn>(NodeId(node)).cloned().unwrap_or_default()))
}

/// The numbers of each form after 10 ms and after 300 ms, and the report.
fn run(plan: &FaultPlan) -> [([Drawn; 3], [Drawn; 3], Report); 2] {
    forms().map(|scenario| {
        let mut sim = scenario.faults(plan.clone()).start(Seed(7));
        sim.run_for(milliseconds(10));
        let first = drawn(&sim);
        sim.run_for(milliseconds(290));
        (first, drawn(&sim), sim.finish())
    })
}

/// Q5.
#[test]
fn nodes_draw_equal_numbers_under_the_fault_and_others_without() {
    let plan = FaultPlan::new().at(milliseconds(0), equal(&["node/0", "node/2"], None));
    for ((first, _, report), (free, _, as_ever)) in run(&plan).into_iter().zip(run(&FaultPlan::new())) {
        let [zero, one, two] = &first;
        assert_eq!((zero, &first[0], &first[1]), (two, &free[0], &free[1]), "node 2 draws the numbers of node 0");
        assert!(!zero.is_empty() && zero.iter().zip(one).all(|(left, right)| left != right));
        assert!(free[0].iter().zip(&free[2]).all(|(left, right)| left != right), "without the fault they differ");
        assert_eq!((report.faults[0].effect, as_ever.faults.len()), (1, 0), "one life draws from another's");
        assert!(report.to_string().contains("give [node/0 node/2] equal random numbers  (1 life)"), "{report}");
    }
}

/// Q5: what lives keeps its numbers, and so does a life that began meanwhile.
#[test]
fn only_lives_that_begin_meanwhile_draw_equal_numbers() {
    let plan = FaultPlan::new()
        .at(milliseconds(50), equal(&["group:node"], milliseconds(50)))
        .at(milliseconds(60), crash("node/1", milliseconds(10)))
        .at(milliseconds(110), crash("node/2", milliseconds(10)));
    for ((first, last, report), (free, ..)) in run(&plan).into_iter().zip(run(&FaultPlan::new())) {
        assert_eq!((&first, &last[0]), (&free, &free[0]));
        assert_eq!(last[1], free[0], "node 1 booted meanwhile");
        assert!(last[2] != free[0] && last[2] != free[2], "node 2 booted later, in a life of its own");
        assert_eq!(report.faults[0].effect, 1);
    }
}

/// The first node repeats its own numbers if it reboots.
#[test]
fn a_node_that_reboots_from_the_image_repeats_itself() {
    let plan =
        FaultPlan::new().at(milliseconds(50), equal(&["node/0"], None)).at(milliseconds(60), crash("node/0", milliseconds(10)));
    for (first, last, report) in run(&plan) {
        assert_eq!((&first, report.faults[0].effect), (&last, 1));
    }
}

#[test]
fn equal_numbers_of_no_node_are_refused() {
    let [scenario, _] = forms();
    let refused = scenario.faults(FaultPlan::new().at(milliseconds(0), equal(&[], None))).validate().unwrap_err().to_string();
    assert!(refused.contains("(equal random) is invalid: it names no node; name two, or a set that has some"), "{refused}");
}
