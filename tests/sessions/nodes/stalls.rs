//! In a stalled run each task that waits at a session reports what it waits for.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;

#[test]
fn a_stall_lists_what_tasks_at_a_session_wait_for() {
    let client = |node: Node| async move {
        let listener = Arc::new(node.listen::<u64>("own door"));
        let session = Arc::new(node.connect::<u64>(1, "door").await.expect("the server listens"));
        session.send(1).await.expect("there is room");
        let (sends, receives) = (Arc::clone(&session), Arc::clone(&session));
        let tasks = [
            node.spawn_named("accepts", async move { drop(listener.accept().await) }),
            node.spawn_named("sends", async move { sends.send(2).await.expect("it waits for ever") }),
            node.spawn_named("receives", async move { _ = receives.recv().await }),
        ];
        futures::future::join_all(tasks).await;
    };
    let server = |node: Node| async move {
        let session = node.listen::<u64>("door").accept().await;
        (pending::<()>().await, session).0
    };
    let link = LinkModel { window: 1, ..ten() };
    let scenario = Scenario::new("stalls").clients("client", 1, client).nodes("server", 1, server).default_links(link);
    let report = scenario.recovery_timeout(Duration::from_secs(60)).run(Seed(1));
    assert_eq!(report.violations[0].rule, "every client ends", "{report}");
    let waits = |name: &str| line(&report, &format!("client/0 main/{name},"));
    assert_eq!(waits("accepts"), "a session on port \"own door\"");
    assert_eq!(waits("sends"), "room in a session with server/0 on port \"door\"");
    assert_eq!(waits("receives"), "a message of server/0 in a session on port \"door\"");
}

#[test]
fn a_stall_names_the_node_whose_answer_a_connect_waits_for() {
    let client = |node: Node| async move {
        drop(node.connect::<u64>(1, "door").await);
    };
    let link = LinkModel { session_timeout: Duration::from_secs(3_600), ..ten() };
    let scenario = Scenario::new("stalls").clients("client", 1, client).nodes("server", 1, |_| pending()).default_links(link);
    let mut sim = scenario.recovery_timeout(Duration::from_secs(10)).start(Seed(1));
    sim.run_for(Duration::ZERO);
    assert!(sim.kill(1));
    let report = sim.finish();
    assert_eq!(report.violations[0].rule, "every client ends", "{report}");
    assert_eq!(line(&report, "client/0 main,"), "the answer of server/0 to a session on port \"door\"");
}

/// The reason for which a task waits, from the line that starts with `begins`.
fn line<'a>(report: &'a Report, start: &str) -> &'a str {
    let found = report.waiting.iter().find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("no line of {start:?} in {report}")).split_once("waits for ").expect("it waits").1
}
