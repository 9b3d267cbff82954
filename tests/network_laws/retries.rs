//! A retry has a fate of its own, independent of the loss before it (n3).

use cluster_sim::net::Fate;
use cluster_sim::node::Label;
use cluster_sim::prelude::*;

/// Sends `requests` requests in turn, one each millisecond.
struct Requester {
    requests: u64,
    sent: u64,
}

impl Machine for Requester {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        if !matches!(input, Input::Message { .. }) {
            effects.send(NodeId(1), self.sent % self.requests);
            self.sent += 1;
            effects.set_timer(Timer(0), Duration::from_millis(1));
        }
    }

    fn view(&self) -> &u64 {
        &self.sent
    }

    fn label(message: &u64) -> Label {
        Label::Key { kind: 0, id: *message }
    }
}

/// The share of retries of lost requests that are lost again; each request is repeated after all others.
fn lost_again(requests: usize) -> f64 {
    let link = LinkModel { loss: Ratio::new(0.1).unwrap(), ..LinkModel::default() };
    let boot = move |_: &Boot| Requester { requests: requests as u64, sent: 0 };
    let mut sim = Scenario::new("busy").machines("node", 2, boot).default_links(link).start(Seed(7));
    sim.keep_fates();
    sim.kill(1);
    sim.run_for(Duration::from_secs(60));
    let lost: Vec<bool> = sim.fates().iter().map(|decided| matches!(decided.fate, Fate::Lost { .. })).collect();
    drop(sim.finish());
    let retried: Vec<bool> = lost.iter().zip(&lost[requests..]).filter(|(first, _)| **first).map(|(_, again)| *again).collect();
    assert!(retried.len() > 4_000, "{} retries of lost requests", retried.len());
    retried.iter().filter(|again| **again).count() as f64 / retried.len() as f64
}

#[test]
fn a_retry_is_lost_as_often_as_any_message() {
    for requests in [1, 10, 40, 100] {
        let share = lost_again(requests);
        assert!((0.08..0.12).contains(&share), "{requests} requests in turn: {share:.3} of the retries were lost again");
    }
}

/// The table that tells retries apart is bounded: beyond its bound a retry shares the fate of the first send until the epoch of
/// 16 s ends.
#[test]
fn a_retry_after_thousands_of_messages_shares_a_fate_for_one_epoch() {
    let share = lost_again(4_000);
    assert!((0.5..0.9).contains(&share), "three of four retries after 4 s fall into the epoch of their first send, not {share:.3}");
}
