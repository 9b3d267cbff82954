//! Sessions that a fault resets while both nodes live on.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Event, RESET, begin, connected, events, numbers, sessions, stream};

fn reset(from: &str, to: &str) -> Fault {
    LinkFault::ResetSessions { from: vec![from.to_owned()], to: vec![to.to_owned()] }.into()
}

#[test]
fn both_machines_learn_of_a_reset_and_connect_anew() {
    let mut sim = connected();
    sim.inject(reset("node/1", "node/0")).unwrap();
    sim.run_for(milliseconds(1));
    assert_eq!((events(&sim, 0), events(&sim, 1)), (vec![RESET], vec![Event::Number(0), RESET]));
    stream(&mut sim, 0, 1, 1, 3);
    sim.run_for(milliseconds(200));
    assert_eq!(numbers(&sim, 1), [0, 1, 2, 3]);
    assert_eq!(sessions(&sim).resets, 2, "one for each end");
    let report = sim.finish();
    assert_eq!(report.faults[0].effect, 1);
    assert!(report.to_string().contains("reset sessions [node/1] | [node/0]  (1 session reset, by the test)"), "{report}");
}

#[test]
fn a_reset_without_a_session_has_no_effect() {
    let mut sim = begin(3, ten());
    assert!(!sim.reset_sessions([0], [1]));
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    assert!(!sim.reset_sessions([0], [2]), "it is between others");
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 1), [Event::Number(0)]);
    assert!(sim.reset_sessions([0], [1, 2]));
    assert!(!sim.reset_sessions([0], [1]), "it is broken already");
}

/// The messages under way are lost with their session, and every one is accounted for.
#[test]
fn a_reset_loses_what_was_under_way() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 5);
    sim.run_for(milliseconds(32));
    assert!(sim.reset_sessions([1], [0]));
    sim.run_for(milliseconds(1_000));
    let (all, lost) = (sessions(&sim).sent.messages, sim.inspect(|world| world.traffic()).lost());
    assert_eq!((all, lost + numbers(&sim, 1).len() as u64), (5, 5));
}

#[test]
fn both_async_nodes_learn_of_a_reset() {
    let client = async |node: Node| {
        let mut resets = 0_u64;
        loop {
            let Ok(session) = node.connect::<u64>(NodeId(1), "door").await else { continue };
            while session.send(1).await.is_ok() {
                node.sleep(milliseconds(10)).await;
            }
            resets += 1;
            node.publish(|view: &mut u64| *view = resets);
        }
    };
    let server = async |node: Node| {
        let listener = node.listen::<u64>("door");
        let mut resets = 0_u64;
        loop {
            let session = listener.accept().await;
            while let Ok(Some(_)) = session.recv().await {}
            resets += 1;
            node.publish(|view: &mut u64| *view = resets);
        }
    };
    let run = |plan: FaultPlan| {
        let scenario = Scenario::new("sessions").nodes("client", 1, client).nodes("server", 1, server);
        let mut sim = scenario.default_links(ten()).faults(plan).start(Seed(7));
        sim.run_for(Duration::from_secs(2));
        [0, 1].map(|node| sim.inspect(|world| world.view::<u64>(NodeId(node)).copied().unwrap_or_default()))
    };
    assert_eq!(run(FaultPlan::new()), [0, 0]);
    let twice =
        FaultPlan::new().at(milliseconds(500), reset("client/0", "server/0")).at(milliseconds(1_000), reset("server/0", "*"));
    assert_eq!(run(twice), [2, 2]);
}
