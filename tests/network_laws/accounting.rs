//! At every step each message is delivered, dropped by a named cause, or in flight.

use cluster_sim::Invariant;
use cluster_sim::check::Change;
use cluster_sim::net::{LossCause, LossKind, StaleDelivery};
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::{any_link, any_plan, cases};
use cluster_sim_testkit::faults::kill;
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;

/// How many rounds a chatterer sends in one incarnation.
const ROUNDS: u64 = 40;

/// Sends to all nodes every few milliseconds, and answers every third message.
struct Chatterer {
    others: Vec<NodeId>,
    rounds: u64,
}

/// The fact that this many messages were sent in a step.
#[derive(Debug)]
struct Sent(u64);

/// The fact that a message was received.
#[derive(Debug)]
struct Took;

impl Machine for Chatterer {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        if let Input::Message { from, message } = input {
            effects.emit(Took);
            // Answers are not answered: their numbers are no multiples of three.
            if message.is_multiple_of(3) {
                effects.send(from, message + 1);
                effects.emit(Sent(1));
            }
        } else if self.rounds < ROUNDS {
            self.rounds += 1;
            effects.send_all(&self.others, self.rounds * 3);
            effects.emit(Sent(self.others.len() as u64));
            effects.set_timer(Timer(0), Duration::from_micros(500 + effects.roll("pause", self.rounds).below(9_000)));
        }
    }

    fn view(&self) -> &u64 {
        &self.rounds
    }
}

/// Reads another message type than a chatterer sends: most messages do not decode.
struct Stranger;

impl Machine for Stranger {
    type Message = String;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<String>, effects: &mut Effects<String>) {
        if let Input::Message { .. } = input {
            effects.emit(Took);
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

/// Counts what nodes report and compares it with what the network counts.
#[derive(Default)]
struct Ledger {
    sent: u64,
    took: u64,
}

impl Invariant for Ledger {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        self.sent += change.fact::<Sent>().map_or(0, |sent| sent.0);
        self.took += u64::from(change.fact::<Took>().is_some());
        let traffic = world.traffic();
        // Facts of one step come one by one, while the traffic counts the whole step already.
        if self.sent > traffic.sent || self.took > traffic.delivered {
            return Verdict::violated(
                [change.node()],
                format!("nodes sent {} and received {} of {traffic:?}", self.sent, self.took),
            );
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.sent
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        let traffic = world.traffic();
        if (self.sent, self.took) == (traffic.sent, traffic.delivered) {
            Verdict::Holds
        } else {
            Verdict::violated([], format!("nodes sent {} and received {} of {traffic:?}", self.sent, self.took))
        }
    }
}

fn chatter(nodes: u32, strangers: u32, link: LinkModel) -> Scenario {
    let others: Vec<NodeId> = (0..nodes + strangers).map(NodeId).collect();
    Scenario::new("chatter")
        .machines("node", nodes, move |boot: &Boot| {
            let others = others.iter().copied().filter(|node| *node != boot.id()).collect();
            Chatterer { others, rounds: 0 }
        })
        .machines("stranger", strangers, |_: &Boot| Stranger)
        .default_links(link)
        .always("every message is accounted for", |world| {
            let seen = world.nodes().filter(|node| world.view::<u64>(*node).is_some()).count();
            if world.traffic().is_balanced() { Ok(()) } else { Err(format!("{:?} seen by {seen}", world.traffic())) }
        })
        .observe("ledger", Ledger::default)
        .eventually("nothing is in flight", |world| {
            let rested = world.views::<u64>().all(|(_, rounds)| *rounds == ROUNDS);
            rested && world.traffic().in_flight == 0
        })
        .duration(milliseconds(300))
}

proptest! {
    #![proptest_config(cases(192))]

    /// n1, n3, n5, n6, n10, n11, n19, p1, p2, p3.
    #[test]
    fn every_message_is_delivered_dropped_by_cause_or_in_flight(
        (nodes, plan) in (2_u32..6).prop_flat_map(|nodes| (Just(nodes), any_plan(nodes, milliseconds(300), milliseconds(120)))),
        strangers in 0_u32..2,
        link in any_link(),
        seed in any::<u64>(),
    ) {
        let mut sim = chatter(nodes, strangers, link).faults(plan).start(Seed(seed));
        // After every step, also after one that changes no node and so runs no check.
        prop_assert!(!sim.run_until(milliseconds(300), |world| !world.traffic().is_balanced()));
        prop_assert!(!sim.is_over());
        let report = sim.finish();
        prop_assert_eq!(report.outcome, Outcome::Held, "{}", report);
        prop_assert!(report.traffic.is_balanced() && report.traffic.in_flight == 0);
        prop_assert!(report.traffic.sent >= ROUNDS, "{}", report);
    }
}

#[test]
fn random_faults_produce_every_cause_of_loss() {
    let mut seen = std::collections::BTreeSet::new();
    let link = LinkModel { loss: ratio(0.1), stale: StaleDelivery::Drop, ..LinkModel::default() };
    for seed in 0..64 {
        let profile = FaultProfile { mean_interval: milliseconds(40), mean_duration: milliseconds(15), ..FaultProfile::default() };
        let plan = FaultPlan::new().at(milliseconds(200), kill("node/0"));
        let report = chatter(4, 1, link.clone()).chaos(profile).faults(plan).run(Seed(seed));
        report.assert_ok();
        seen.extend(report.traffic.dropped.into_keys().filter(|cause| cause.kind() != LossKind::Cut));
    }
    let seen: Vec<&str> = seen.iter().map(LossCause::name).collect();
    assert_eq!(
        seen,
        ["impairment", "inbox_lost", "loss", "node_down", "node_killed", "profile_loss", "stale_incarnation", "undecodable"],
        "a chatterer sends too little to fill an inbox"
    );
}
