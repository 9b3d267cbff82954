//! Fate survival: when one fault is taken out of a run, what is decided about everything else stays as it was.

#[path = "common/echo.rs"]
mod echo;

use std::collections::BTreeMap;

use cluster_sim::prelude::*;
use cluster_sim::{Fate, LinkOrder, RecordKind};

use echo::{ByCorrelation, ByOrdinal, BySendTime, Labels, echo};

/// What was decided about each message of a run.
struct Choices {
    /// By address, as the network rolls.
    by_address: BTreeMap<u64, Fate>,
    /// By what the message is about: from, to, content, and how often that was sent before.
    by_meaning: BTreeMap<(NodeId, NodeId, u64, u32), Fate>,
}

impl Choices {
    fn of(scenario: &Scenario, lasting: Duration) -> Self {
        let mut sim = scenario.start(Seed(7));
        sim.keep_fates();
        sim.keep_records();
        sim.run_for(lasting);
        let mut choices = Self { by_address: BTreeMap::new(), by_meaning: BTreeMap::new() };
        let mut sent: BTreeMap<(NodeId, NodeId, u64), u32> = BTreeMap::new();
        let sends = sim.records().iter().filter(|record| record.kind == RecordKind::Send);
        for (send, decided) in sends.zip(sim.fates()) {
            let repeat = sent.entry((send.node, send.peer, send.payload)).or_default();
            choices.by_meaning.insert((send.node, send.peer, send.payload, *repeat), decided.fate);
            choices.by_address.entry(decided.address).or_insert(decided.fate);
            *repeat += 1;
        }
        assert_eq!(sim.finish().outcome, Outcome::Held);
        choices
    }
}

/// How much of one run another one shares.
#[derive(Debug)]
struct Survival {
    of: usize,
    shared: usize,
    unchanged: usize,
}

impl Survival {
    fn between<K: Ord>(one: &BTreeMap<K, Fate>, other: &BTreeMap<K, Fate>) -> Self {
        let shared: Vec<bool> = one.iter().filter_map(|(key, fate)| Some(other.get(key)? == fate)).collect();
        Self { of: one.len(), shared: shared.len(), unchanged: shared.iter().filter(|same| **same).count() }
    }

    fn share(&self) -> f64 {
        self.unchanged as f64 / self.shared as f64
    }
}

fn lossy() -> LinkModel {
    let delay = Distribution::log_normal(Duration::from_millis(5), 0.5, Duration::from_millis(40));
    LinkModel {
        delay,
        loss: Ratio::new(0.05).unwrap(),
        duplicate: Ratio::new(0.02).unwrap(),
        order: LinkOrder::Free,
        ..LinkModel::default()
    }
}

/// Several faults, each of a kind of its own.
fn plan() -> FaultPlan {
    let ms = Duration::from_millis;
    let name = |name: &str| vec![name.to_owned()];
    let loss = Fault::Loss {
        links: "default".to_owned(),
        rule: "storm".to_owned(),
        ratio: Ratio::new(0.3).unwrap(),
        lasting: Some(ms(700)),
    };
    FaultPlan::new()
        .at(ms(3_000), Fault::Cut { from: name("server/0"), to: name("client/1"), both_ways: true, lasting: Some(ms(1_500)) })
        .at(ms(6_000), Fault::Pause { node: "client/2".to_owned(), lasting: Some(ms(900)) })
        .at(ms(9_000), loss)
        .at(ms(12_000), Fault::Pause { node: "server/0".to_owned(), lasting: Some(ms(333)) })
        .at(ms(14_000), Fault::Cut { from: name("server/0"), to: name("guest/0"), both_ways: false, lasting: Some(ms(400)) })
}

fn survivals<L: Labels>() -> Vec<(String, Survival, Survival)> {
    let lasting = Duration::from_secs(20);
    let whole = Choices::of(&echo::<L>(8, lossy()).faults(plan()), lasting);
    (0..plan().faults().len())
        .map(|index| {
            let without = Choices::of(&echo::<L>(8, lossy()).faults(plan().without(index)), lasting);
            let fault = plan().faults()[index].fault.to_string();
            (
                fault,
                Survival::between(&whole.by_address, &without.by_address),
                Survival::between(&whole.by_meaning, &without.by_meaning),
            )
        })
        .collect()
}

#[test]
fn measure() {
    for (name, survivals) in [
        ("correlation", survivals::<ByCorrelation>()),
        ("send time", survivals::<BySendTime>()),
        ("ordinal", survivals::<ByOrdinal>()),
    ] {
        for (fault, address, meaning) in survivals {
            println!(
                "{name:12} {fault:60} address {:?} {:.4} meaning {:?} {:.4}",
                address,
                address.share(),
                meaning,
                meaning.share()
            );
        }
    }
}
