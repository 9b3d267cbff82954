//! Echo and gossip: machines and async nodes behave alike and interoperate, and the rules of both find broken nodes.

use std::collections::BTreeSet;

use cluster_sim::prelude::*;
use cluster_sim_echo::{self as echo, AnswersMatchQuestions, EchoMessage, KeepsAsking, PromptAnswers};
use cluster_sim_gossip::{self as gossip, GossipMessage, Newest, NoRollback, PromptNews};
use cluster_sim_scenarios::{NodeStyle, Variables};
use cluster_sim_testkit::units::milliseconds;
use cluster_sim_testkit::{equivalence, faults};

const STYLES: [NodeStyle; 2] = [NodeStyle::Machine, NodeStyle::Async];

/// After a pause they differ as those of gossip do: an answer and its copies wait, and the client asks again between them.
#[test]
fn async_echo_nodes_behave_as_machines_do_without_pauses() {
    let [machines, tasks] = STYLES.map(cluster_sim_scenarios::echo::scenario);
    let seeds: Vec<u64> = (0..512).filter(|seed| !pauses(&machines, *seed)).collect();
    assert!(seeds.len() > 256, "{} seeds are without a pause", seeds.len());
    seeds.into_iter().for_each(|seed| equivalence::assert_equal(&machines, &tasks, Seed(seed)));
}

#[test]
fn builtin_scenarios_apply_every_fault_their_summaries_name() {
    let registry = cluster_sim_scenarios::builtin();
    for name in ["echo", "echo-async", "gossip", "gossip-async"] {
        let ready = registry.named(name).expect("it is ready").prepare(&Variables::default()).expect("it is fit to run");
        let report = ready.run();
        let kinds: BTreeSet<&str> =
            report.faults.iter().filter(|record| record.effect > 0).map(|record| record.fault.kind()).collect();
        assert_eq!(Vec::from_iter(kinds), ["crash", "cut", "impair", "impair links", "loss", "pause"], "{name}");
        assert!(report.traffic.copied > 0 && report.traffic.dropped.get("loss").is_some_and(|lost| *lost > 0), "{name}");
    }
}

/// Whether a node was paused in the run of a seed.
fn pauses(scenario: &Scenario, seed: u64) -> bool {
    scenario.run(Seed(seed)).faults.iter().any(|record| record.fault.kind() == "pause")
}

/// After a pause they differ: waiting messages and the overdue round are due at one instant. A machine takes them one by one,
/// messages first. A task checks its clock whenever it is polled: woken by the first message, it finds the round overdue.
#[test]
fn async_gossip_nodes_behave_as_machines_do_without_pauses() {
    let [machines, tasks] = STYLES.map(cluster_sim_scenarios::gossip::scenario);
    let seeds: Vec<u64> = (0..512).filter(|seed| !pauses(&machines, *seed)).collect();
    assert!(seeds.len() > 256, "{} seeds are without a pause", seeds.len());
    seeds.into_iter().for_each(|seed| equivalence::assert_equal(&machines, &tasks, Seed(seed)));
}

#[test]
fn machines_and_async_nodes_interoperate() {
    let config = echo::Config::default();
    let answered = move |scenario: Scenario| {
        let done =
            move |world: &World<'_>| world.views::<echo::ClientView>().all(|(_, client)| client.answered == config.questions);
        scenario
            .observe("conversation", AnswersMatchQuestions::default)
            .eventually("all is answered", done)
            .duration(Duration::from_secs(1))
    };
    let machine = answered(Scenario::new("machine server").machines("server", 1, |_| echo::Server::default()).nodes(
        "client",
        3,
        move |node| echo::client(node, config),
    ));
    let task = answered(Scenario::new("async server").nodes("server", 1, echo::server).machines(
        "client",
        3,
        move |boot: &Boot| echo::Client::boot(config, boot),
    ));
    [machine, task].iter().for_each(|scenario| scenario.sweep(0..16).assert_ok());

    let config = gossip::Config::default();
    let last = Newest(config.last(2));
    Scenario::new("mixed gossip")
        .machines("machine", 2, move |boot: &Boot| gossip::Gossip::boot(config, &among_all(boot)))
        .nodes("task", 1, move |node| gossip::gossip(node, config))
        .eventually("the task knows", move |world| world.view::<Newest>(NodeId(2)) == Some(&last))
        .duration(Duration::from_secs(1))
        .run(Seed(7))
        .assert_ok();
}

/// Replaces the peers of a node by all three nodes of the mixed gossip, whatever their group.
fn among_all(boot: &Boot) -> Boot {
    let info = NodeInfo::new(boot.id(), boot.name(), boot.index(), [NodeId(0), NodeId(1), NodeId(2)]);
    Boot::new(info, boot.entropy())
}

/// Clients of the echo over plain links, with a given server.
fn echo_of<M: Machine>(config: echo::Config, server: fn() -> M) -> Scenario {
    Scenario::new("echo")
        .machines("server", 1, move |_| server())
        .machines("client", 2, move |boot: &Boot| echo::Client::boot(config, boot))
        .observe("conversation", AnswersMatchQuestions::default)
        .eventually("all is answered", move |world| {
            world.views::<echo::ClientView>().all(|(_, client)| client.answered == config.questions)
        })
        .duration(Duration::from_secs(2))
}

/// Answers every question with the one asked before it.
#[derive(Default)]
struct Confused {
    before: u64,
}

impl Machine for Confused {
    type Message = EchoMessage;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<EchoMessage>, effects: &mut Effects<EchoMessage>) {
        if let Input::Message { from, message: EchoMessage::Ask { question, body } } = input {
            let body = std::mem::replace(&mut self.before, body);
            effects.send(from, EchoMessage::Answer { question, body });
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

#[test]
fn an_answer_to_another_question_is_a_violation() {
    let report = echo_of(echo::Config::default(), Confused::default).run(Seed(7));
    assert_eq!((report.outcome, report.violations[0].rule.as_str()), (Outcome::Violated, "conversation"), "{report}");
    assert!(report.violations[0].message.contains(" asked question 0 of life 0 with "), "{report}");
}

#[test]
fn a_client_that_never_retries_stays_unanswered() {
    let lossy = LinkModel { loss: Ratio::new(0.2).expect("a fifth is a ratio"), ..LinkModel::default() };
    let patient = echo::Config { answer_timeout: Duration::from_secs(3_600), ..echo::Config::default() };
    let scenario = |config| echo_of(config, echo::Server::default).default_links(lossy.clone());
    let report = scenario(patient).run(Seed(7));
    assert_eq!((report.outcome, report.violations[0].rule.as_str()), (Outcome::Violated, "all is answered"), "{report}");
    scenario(echo::Config::default()).run(Seed(7)).assert_ok();
}

/// Clients of the echo that may be silent for twice the usual time to wait for an answer.
fn asking(config: echo::Config, faults: FaultPlan) -> Scenario {
    let bound = echo::Config::default().answer_timeout * 2;
    echo_of(config, echo::Server::default)
        .observe("pace", move || KeepsAsking::new(config.questions, bound))
        .faults(faults)
        .recovery_timeout(Duration::from_secs(1))
}

#[test]
fn a_client_that_waits_too_long_for_its_retry_is_a_violation() {
    let cut = || FaultPlan::new().at(milliseconds(100), faults::cut(["server/0"], ["client/0"], milliseconds(400)));
    let patient = echo::Config { answer_timeout: milliseconds(300), ..echo::Config::default() };
    let report = asking(patient, cut()).run(Seed(7));
    assert_eq!((report.outcome, report.violations[0].rule.as_str()), (Outcome::Violated, "pace"), "{report}");
    assert!(
        report.violations[0].message.starts_with("client/0 has questions left, runs, and has sent none for 0.120s"),
        "{report}"
    );
    asking(echo::Config::default(), cut()).run(Seed(7)).assert_ok();
}

#[test]
fn a_client_is_not_silent_while_it_is_paused_or_down() {
    let plan = FaultPlan::new()
        .at(milliseconds(100), faults::pause("client/0", milliseconds(400)))
        .at(milliseconds(100), faults::crash("client/1", milliseconds(400)));
    asking(echo::Config::default(), plan).run(Seed(7)).assert_ok();
}

#[test]
fn a_late_answer_during_recovery_is_a_violation() {
    let prompt = |links| {
        echo_of(echo::Config::default(), echo::Server::default)
            .observe("prompt", || PromptAnswers::new(VirtualInstant::ZERO + milliseconds(300), milliseconds(100)))
            .default_links(LinkModel::constant(links))
    };
    // A client waits 60 ms before it retries, and takes the answer to its first attempt.
    let report = prompt(milliseconds(55)).run(Seed(7));
    assert_eq!((report.outcome, report.violations[0].rule.as_str()), (Outcome::Violated, "prompt"), "{report}");
    assert!(report.violations[0].at > VirtualInstant::ZERO + milliseconds(400), "{report}");
    assert!(report.violations[0].message.contains(" has waited for an answer for 0.100s since "), "{report}");
    prompt(milliseconds(45)).run(Seed(7)).assert_ok();
}

/// Gossip whose nodes take turns, with a rule on the news of each from 500 ms on.
fn gossip_in_turns(bug: Option<gossip::Bug>, loss: FaultPlan) -> Report {
    let config = gossip::Config { rounds_with_news: 40, turns: 3, bug, ..gossip::Config::default() };
    Scenario::new("gossip")
        .machines("gossip", 3, move |boot: &Boot| gossip::Gossip::boot(config, boot))
        .observe("news", || PromptNews::new(VirtualInstant::ZERO + milliseconds(500), milliseconds(30)))
        .faults(loss)
        .duration(Duration::from_secs(3))
        .run(Seed(7))
}

#[test]
fn news_that_does_not_reach_each_node_is_a_violation() {
    let cut = |from| FaultPlan::new().at(milliseconds(from), faults::cut(["gossip/0"], ["gossip/1"], milliseconds(300)));
    let report = gossip_in_turns(None, cut(1_000));
    assert_eq!((report.outcome, report.violations[0].rule.as_str()), (Outcome::Violated, "news"), "{report}");
    assert!(report.violations[0].message.contains(" knows of nothing newer than 0x"), "{report}");
    gossip_in_turns(None, cut(100)).assert_ok();
    let late = gossip_in_turns(Some(gossip::Bug::SendsNewsLate), FaultPlan::new());
    assert_eq!(late.outcome, Outcome::Violated, "{late}");
}

/// Takes the news that arrived last for the newest.
struct Gullible {
    honest: gossip::Gossip,
    newest: Newest,
}

impl Machine for Gullible {
    type Message = GossipMessage;
    type View = Newest;

    fn step(&mut self, now: LocalInstant, input: Input<GossipMessage>, effects: &mut Effects<GossipMessage>) {
        if let Input::Message { message, .. } = input {
            self.newest = Newest(message.newest);
        } else {
            self.honest.step(now, input, effects);
        }
    }

    fn view(&self) -> &Newest {
        &self.newest
    }
}

#[test]
fn a_node_that_takes_older_for_newer_news_is_a_violation() {
    let config = gossip::Config::default();
    let report = Scenario::new("gullible")
        .machines("gossip", 3, move |boot: &Boot| Gullible {
            honest: gossip::Gossip::boot(config, boot),
            newest: Newest::default(),
        })
        .observe("memory", NoRollback::default)
        .run(Seed(7));
    assert_eq!((report.outcome, report.violations[0].rule.as_str()), (Outcome::Violated, "memory"), "{report}");
    assert!(report.violations[0].message.contains(", and knows of nothing newer than 0x"), "{report}");
}

#[test]
fn a_crash_may_lose_what_a_gossip_node_knew() {
    let config = gossip::Config::default();
    let scenario = Scenario::new("gossip")
        .machines("gossip", 3, move |boot: &Boot| gossip::Gossip::boot(config, boot))
        .observe("memory", NoRollback::default);
    let mut sim = scenario.start(Seed(7));
    sim.run_for(Duration::from_secs(1));
    assert!(sim.crash(1) && sim.restart(1));
    let knows = |sim: &Sim| sim.inspect(|world| world.view::<Newest>(NodeId(1)).copied());
    assert_eq!(knows(&sim), Some(Newest(1)), "its first news of its own");
    sim.run_for(Duration::from_secs(1));
    assert_eq!(knows(&sim), Some(Newest(config.last(3))));
    sim.finish().assert_ok();
}
