//! The echo cluster for planted bugs.

use std::time::Duration;

use cluster_sim::{Boot, LinkModel, Scenario, VirtualInstant};
use cluster_sim_echo::{
    AnswersMatchQuestions, Bug, Client, ClientView, Config, KeepsAsking, PromptAnswers, Server, client, server_with,
};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};

use crate::smoke::planted_profile;

/// The rule on answers.
pub(super) const CONVERSATION: &str = "an answer is the answer to what was asked";
/// The rule on retries.
pub(super) const ANSWERED: &str = "every client has all of its answers";

/// The rule on the pace of clients.
pub(super) const KEEPS_ASKING: &str = "a client asks at its pace until it is answered";
/// The rule on answers without faults.
pub(super) const PROMPT_ANSWERS: &str = "in the recovery phase an answer comes soon";

/// The time to judge begins with the end of the fault phase: what was lost before is asked for again.
const RECOVERED_FROM: VirtualInstant = VirtualInstant::from_nanoseconds(5_000_000_000);
const ANSWER_TIMEOUT: Duration = Duration::from_millis(25);
/// A retry and a round trip, of 20 ms at most, and slack.
const PROMPT: Duration = Duration::from_millis(60);

/// A server and three clients with 400 questions each, which take longer than the fault phase.
///
/// Questions are 5 ms apart, so that a late answer can arrive during the next question.
pub fn cluster(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config { questions: 400, pause: Duration::from_millis(5), answer_timeout: ANSWER_TIMEOUT, bug };
    let nodes = match style {
        NodeStyle::Machine => Scenario::new("hunt-echo").machines("server", 1, move |_| Server::boot(config)).machines(
            "client",
            3,
            move |node: &Boot| Client::boot(config, node),
        ),
        NodeStyle::Async => Scenario::new("hunt-echo-async").nodes("server", 1, move |node| server_with(node, config)).nodes(
            "client",
            3,
            move |node| client(node, config),
        ),
    };
    let cluster = nodes
        .may_shrink("client")
        .default_links(LinkModel::default())
        .observe(CONVERSATION, AnswersMatchQuestions::default)
        .observe(KEEPS_ASKING, move || KeepsAsking::new(config.questions, ANSWER_TIMEOUT * 2))
        .observe(PROMPT_ANSWERS, || PromptAnswers::new(RECOVERED_FROM, PROMPT))
        .eventually(ANSWERED, move |world| world.views::<ClientView>().all(|(_, client)| client.answered >= config.questions))
        .duration(Duration::from_secs(5))
        .stable_for(Duration::from_millis(200));
    BugHunt { cluster, profile: planted_profile(), links: &["default"] }
}

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::SpendsRetries => Expected::new(KEEPS_ASKING, 200, [3, 0]),
        Bug::TakesAnyAnswer => Expected::new(CONVERSATION, 200, [1, 1]),
        Bug::AnswersEarlierLife => Expected::new(CONVERSATION, 200, [2, 0]),
        Bug::CountsTwice => Expected::new(CONVERSATION, 200, [1, 0]),
        Bug::BacksOffForGood => Expected::new(KEEPS_ASKING, 200, [1, 0]),
        Bug::LateAnswerStopsRetries => Expected::new(KEEPS_ASKING, 2_000, [3, 8]),
        Bug::AnswersOnce => Expected::new(PROMPT_ANSWERS, 200, [1, 14]),
        Bug::AnswersInBatches => Expected::new(PROMPT_ANSWERS, 20, [1, 1]),
    }
}
