//! A minimized case takes nothing that correct code may need: a member of a quorum, time, the end of an earlier fault.

use std::path::Path;

use cluster_sim::explore::{ArtifactContext, BuildInfo, Minimized, Reproducer, ScenarioSource, ShrinkBounds};
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, cut, restart};
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

const TICK: Timer = Timer(0);

/// A message between replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Message {
    Ask,
    State,
}

/// A replica that after a crash needs the state of two others, which are a majority of three.
struct Replica {
    asks_once: bool,
    peers: Vec<NodeId>,
    missing: Vec<NodeId>,
    /// Ticks since it began to recover.
    recovers_for: u64,
}

impl Replica {
    fn boot(asks_once: bool, boot: &Boot) -> Self {
        let (is_first, peers) = (boot.incarnation().0 == 0, boot.peers());
        let missing = if is_first { Vec::new() } else { peers.clone() };
        Self { asks_once, peers, missing, recovers_for: 0 }
    }

    fn has_state(&self) -> bool {
        self.peers.len() - self.missing.len() >= 2
    }
}

impl Machine for Replica {
    type Message = Message;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        match input {
            Input::Start | Input::Timer(TICK) => {
                if !self.has_state() {
                    self.recovers_for += 1;
                    if self.recovers_for == 1 || !self.asks_once {
                        self.missing.iter().for_each(|peer| effects.send(*peer, Message::Ask));
                    }
                }
                effects.set_timer(TICK, milliseconds(100));
            }
            Input::Message { from, message: Message::Ask } if self.has_state() => effects.send(from, Message::State),
            Input::Message { from, message: Message::State } => {
                self.missing.retain(|peer| *peer != from);
                if self.has_state() {
                    self.recovers_for = 0;
                }
            }
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.recovers_for
    }
}

/// Three replicas. With the bug, one that recovers asks for the state once and never again.
fn store(asks_once: bool) -> Scenario {
    Scenario::new("store")
        .machines("store", 3, move |boot: &Boot| Replica::boot(asks_once, boot))
        .always_each("a replica recovers within a second", |_, ticks: &u64| *ticks <= 10)
}

/// The question of `store/1` after its crash does not reach `store/2`.
fn crash_and_loss() -> FaultPlan {
    let lost = cut(["store/1"], ["store/2"], milliseconds(300));
    FaultPlan::new().at(milliseconds(1_000), crash("store/1", Some(milliseconds(100)))).at(milliseconds(1_000), lost)
}

fn minimized(scenario: &Scenario) -> Minimized {
    let report = scenario.run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    scenario.shrink(&report).expect("it broke a rule")
}

/// The outcome of correct code under a minimized case, as of a regression that is kept.
fn outcome_once_mended(failing: &Scenario, minimized: Minimized, mended: &Scenario) -> Outcome {
    let report = failing.run(Seed(1));
    let source = ScenarioSource::Registered { name: "store".to_owned(), file: None };
    let reproducer = Reproducer::of(source, &report, Some(minimized), BuildInfo::default()).expect("it broke a rule");
    mended.check_regression(&reproducer).expect("it fits").outcome
}

#[test]
fn the_members_of_a_quorum_stay_and_the_case_holds_once_mended() {
    let noise = crash_and_loss()
        .at(milliseconds(200), crash("store/0", Some(milliseconds(50))))
        .at(milliseconds(4_000), cut(["store/0"], ["store/1"], milliseconds(80)));
    let [failing, mended] = [true, false].map(|asks_once| store(asks_once).faults(noise.clone()));
    let minimized = minimized(&failing);
    assert!(minimized.is_minimal && minimized.case.absent.is_empty() && minimized.faults == (4, 2), "{minimized}");
    assert_eq!(minimized.kept_groups, ["store"]);
    assert_eq!(outcome_once_mended(&failing, minimized, &mended), Outcome::Held);
}

#[test]
fn a_group_that_may_shrink_loses_members_and_then_mended_code_fails() {
    let [failing, mended] = [true, false].map(|asks_once| store(asks_once).may_shrink("store").faults(crash_and_loss()));
    let minimized = minimized(&failing);
    assert!(!minimized.case.absent.is_empty() && minimized.kept_groups.is_empty() && minimized.faults.1 == 1, "{minimized}");
    assert_eq!(outcome_once_mended(&failing, minimized, &mended), Outcome::Violated, "this is why it must be declared");
}

#[test]
fn an_unknown_group_that_may_shrink_is_refused_with_the_known_ones() {
    let error = store(false).may_shrink("stroe").try_run(Seed(1)).expect_err("there is no such group");
    let expected = "group \"stroe\" may shrink, but the scenario has no such group; did you mean \"store\"; known: store";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_restart_does_not_go_without_its_crash() {
    // Without the restart of `store/0` two replicas are down at once, and no correct recovery succeeds either.
    let others = FaultPlan::new().at(milliseconds(200), crash("store/0", None)).at(milliseconds(500), restart("store/0"));
    let plan = crash_and_loss()
        .faults()
        .iter()
        .fold(others, |plan, scheduled| plan.at(scheduled.at.since_zero(), scheduled.fault.clone()));
    let [failing, mended] = [true, false].map(|asks_once| store(asks_once).faults(plan.clone()));
    let minimized = minimized(&failing);
    let kinds: Vec<&str> = minimized.case.faults.faults().iter().map(|scheduled| scheduled.fault.kind()).collect();
    assert!(kinds.contains(&"crash") && kinds.contains(&"cut") && !kinds.contains(&"restart"), "{kinds:?} {minimized}");
    assert_eq!(outcome_once_mended(&failing, minimized, &mended), Outcome::Held);
}

/// A client that asks 30 times in 3 s, and again after 2 s without an answer; with the bug it then waits for ever.
fn asking(waits_for_ever: bool) -> Scenario {
    let server = |node: Node| async move {
        let port = node.bind::<u64>("questions");
        loop {
            let question = port.recv().await;
            port.send(question.from, question.message);
        }
    };
    let client = move |node: Node| async move {
        let port = node.bind::<u64>("questions");
        for question in 0..30 {
            node.sleep(milliseconds(100)).await;
            loop {
                port.send(0, question);
                let patience = if waits_for_ever { Duration::from_secs(3_600) } else { Duration::from_secs(2) };
                select! {
                    _ = port.recv() => break,
                    () = node.sleep(patience) => {}
                }
            }
        }
    };
    let plan = FaultPlan::new().at(milliseconds(450), cut(["client/0"], ["server/0"], milliseconds(200)));
    Scenario::new("asking")
        .nodes("server", 1, server)
        .clients("client", 1, client)
        .faults(plan)
        .duration(Duration::from_secs(8))
        .recovery_timeout(Duration::from_secs(1))
}

#[test]
fn a_shorter_fault_phase_leaves_its_time_to_the_recovery() {
    let failing = asking(true);
    let minimized = minimized(&failing);
    assert!(minimized.case.duration.is_some_and(|duration| duration < Duration::from_secs(4)), "{:?}", minimized.case.duration);
    // With the client's second try the work takes more than five seconds.
    assert_eq!(outcome_once_mended(&failing, minimized, &asking(false)), Outcome::Held);
}

#[test]
fn the_artifacts_say_which_groups_keep_their_members() {
    let folder = tempfile::tempdir().expect("there is room");
    let said_of = |scenario: &Scenario| {
        let source = ScenarioSource::Registered { name: "store".to_owned(), file: None };
        let replay = Box::new(|file: &Path| file.display().to_string());
        let context = ArtifactContext { name: "store".to_owned(), source, build: BuildInfo::default(), replay };
        let report = scenario.run(Seed(1));
        scenario.keep_artifacts(&report, &context, folder.path(), ShrinkBounds::default(), |_| {}).to_string()
    };
    let kept = "all members of store stay; `Scenario::may_shrink(\"store\")` lets minimizing leave some out";
    let said = said_of(&store(true).faults(crash_and_loss()));
    assert!(said.contains(kept), "{said}");
    let said = said_of(&store(true).may_shrink("store").faults(crash_and_loss()));
    assert!(!said.contains("may_shrink"), "{said}");
}
