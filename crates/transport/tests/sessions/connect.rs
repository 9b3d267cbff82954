//! Connects are accepted, refused, or time out.

use std::time::Duration;

use cluster_sim_runtime::RecordKind;
use cluster_sim_transport::{BACKLOG_CAPACITY, ResetReason, SendRefused, SessionRecv, SessionStage};
use cluster_sim_types::{Incarnation, NodeId};

use crate::world::{World, milliseconds, ten_ms};

const SESSION_TIMEOUT: Duration = Duration::from_secs(15);

fn stage(world: &mut World, id: cluster_sim_transport::SessionId) -> SessionStage {
    world.state(id).expect("the endpoint is held").stage
}

#[test]
fn a_session_opens_after_one_round_trip() {
    let mut world = World::new(2, &ten_ms(), 1);
    let connecting = world.connect(0, 1);
    world.run(milliseconds(9));
    assert!(world.take_notices().is_empty() && world.accept(1).is_none());
    world.run(milliseconds(1));
    let notices = world.take_notices();
    assert!(notices.len() == 1 && notices[0].incoming && notices[0].port == world.port);
    let accepting = world.accept(1).expect("a session waits");
    assert_eq!((notices[0].session, world.accept(1)), (accepting, None));
    let state = world.state(accepting).expect("the endpoint is held");
    assert_eq!((state.node, state.peer, state.incarnation), (NodeId(1), NodeId(0), Incarnation(0)));
    assert_eq!((state.stage, stage(&mut world, connecting)), (SessionStage::Open, SessionStage::Connecting));
    world.run(milliseconds(10));
    let notices = world.take_notices();
    assert!(notices.len() == 1 && notices[0].session == connecting && notices[0].opened);
    assert_eq!(stage(&mut world, connecting), SessionStage::Open);
}

#[test]
fn without_a_listener_a_session_is_refused_after_a_round_trip() {
    let mut world = World::new(2, &ten_ms(), 1);
    world.stop_listening(1);
    let id = world.connect(0, 1);
    assert_eq!(world.send(id, 7), Ok(()));
    world.run(milliseconds(19));
    assert_eq!(stage(&mut world, id), SessionStage::Connecting);
    world.run(milliseconds(1));
    let refused = ResetReason::Refused;
    assert_eq!(stage(&mut world, id), SessionStage::Broken(refused));
    assert!(world.take_notices()[0].broken);
    assert_eq!((world.recv(id), world.send(id, 8)), (SessionRecv::Broken(refused), Err(SendRefused::Broken(8, refused))));
    let traffic = world.traffic();
    assert_eq!((traffic.dropped["session_refused"], traffic.sessions.accepted), (1, 0));
}

/// The ways in which a node becomes unreachable.
#[derive(Debug, Clone, Copy)]
enum Outage {
    Crashed,
    Killed,
    Paused,
    CutOff,
}

/// Connects to an unreachable node. Returns the stage of the session after a while.
fn asked(outage: Outage, after: Duration) -> (World, SessionStage) {
    let mut world = World::new(2, &ten_ms(), 1);
    let asked = NodeId(1);
    let _cut = match outage {
        Outage::Crashed => world.engine.crash(asked).then_some(None),
        Outage::Killed => world.engine.kill(asked).then_some(None),
        Outage::Paused => world.engine.pause(asked).then_some(None),
        Outage::CutOff => Some(Some(world.cut(&[0], &[1], true))),
    }
    .expect("the node was up");
    let id = world.connect(0, 1);
    world.run(after);
    let stage = stage(&mut world, id);
    (world, stage)
}

#[test]
fn connecting_to_an_unreachable_node_times_out() {
    for outage in [Outage::Crashed, Outage::Killed, Outage::Paused, Outage::CutOff] {
        let (_, early) = asked(outage, SESSION_TIMEOUT - milliseconds(1));
        assert_eq!(early, SessionStage::Connecting, "{outage:?}");
        let (mut world, late) = asked(outage, SESSION_TIMEOUT);
        assert_eq!(late, SessionStage::Broken(ResetReason::TimedOut), "{outage:?}");
        assert!(world.take_notices().iter().any(|notice| notice.broken), "{outage:?}");
    }
}

#[test]
fn unanswered_requests_are_retried_with_exponential_backoff() {
    let mut world = World::new(2, &ten_ms(), 1);
    world.engine.core.kernel.keep_records();
    world.engine.crash(NodeId(1));
    world.connect(0, 1);
    world.run(milliseconds(5_000));
    let records = world.engine.core.kernel.records();
    let asked = records.iter().filter(|record| record.kind == RecordKind::Connect);
    let asked: Vec<(u64, u32)> = asked.map(|record| (record.at.as_nanoseconds() / 1_000_000, record.detail)).collect();
    assert_eq!(asked, [(0, 0), (200, 1), (600, 2), (1_400, 3), (3_000, 4), (4_600, 5)]);
}

#[test]
fn a_node_that_resumes_before_the_timeout_accepts() {
    let mut world = World::new(2, &ten_ms(), 1);
    world.engine.pause(NodeId(1));
    let id = world.connect(0, 1);
    world.run(Duration::from_secs(5));
    world.engine.resume(NodeId(1));
    world.run(Duration::from_secs(2));
    assert_eq!(stage(&mut world, id), SessionStage::Open);
    assert_eq!(world.take_notices().iter().filter(|notice| notice.incoming).count(), 1);
}

#[test]
fn a_restarted_node_refuses_until_it_listens_again() {
    let mut world = World::new(2, &ten_ms(), 1);
    world.engine.crash(NodeId(1));
    world.engine.restart(NodeId(1));
    let refused = world.connect(0, 1);
    world.run(milliseconds(20));
    assert_eq!(stage(&mut world, refused), SessionStage::Broken(ResetReason::Refused));
    world.listen(1);
    let [_, accepting] = world.open(0, 1);
    assert_eq!(world.state(accepting).expect("the endpoint is held").node, NodeId(1));
}

#[test]
fn a_request_of_a_crashed_node_is_never_accepted() {
    let mut world = World::new(2, &ten_ms(), 1);
    world.connect(0, 1);
    world.run(milliseconds(5));
    world.engine.crash(NodeId(0));
    world.run(milliseconds(20));
    assert_eq!((world.accept(1), world.live_counts()), (None, (0, 0)));
}

#[test]
fn sessions_beyond_the_backlog_wait_for_an_accept() {
    let mut world = World::new(2, &ten_ms(), 1);
    let ids: Vec<_> = (0..=BACKLOG_CAPACITY).map(|_| world.connect(0, 1)).collect();
    world.run(milliseconds(50));
    let open = ids.iter().filter(|id| stage(&mut world, **id) == SessionStage::Open).count();
    assert_eq!(open, BACKLOG_CAPACITY);
    assert!(world.accept(1).is_some());
    world.run(milliseconds(250));
    assert!(ids.iter().all(|id| stage(&mut world, *id) == SessionStage::Open));
}

#[test]
fn two_ports_of_one_node_have_separate_listeners() {
    let mut world = World::new(2, &ten_ms(), 1);
    let other = world.network().ports.port("other");
    let mut sessions = world.sessions();
    assert!(sessions.listen(NodeId(1), other).is_ok() && sessions.listen(NodeId(1), other).is_err() && other != world.port);
    world.connect(0, 1);
    world.run(milliseconds(50));
    assert_eq!(world.sessions().accept(NodeId(1), other), None);
    assert!(world.accept(1).is_some());
}
