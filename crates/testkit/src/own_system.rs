//! A system in one file, as a user writes one: a teller sends numbers to a counter, and repeats each until it is acknowledged.

use std::fmt;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::prelude::*;
use cluster_sim_registry::{
    BugHunt, BuiltinScenario, Document, Expected, FieldSpec, FileFormat, MetricLimit, NodeStyle, PlantedBugs, Prepared, System,
    Variable, Variables, last_name,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::links;
use crate::units::milliseconds;

/// The system, for `Registry::with`.
#[derive(Debug, Clone, Copy)]
pub struct OwnSystem;

const COUNTS_ONCE: &str = "each number counts once";
const ARRIVES: &str = "every number arrives";
const NUMBERS: Variable = Variable {
    name: "TALLY_NUMBERS",
    accepts: FieldSpec::Whole(1, 1_000),
    help: "numbers that the teller of a tally sends [default: 20]",
};

impl System for OwnSystem {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let prepare = |variables: &Variables| Ok(File { system: Name::Tally, seed: 7, numbers: None }.prepare(variables));
        vec![BuiltinScenario::new("tally", "numbers are counted once each, though they are sent again", prepare).for_many_seeds()]
    }

    fn rules(&self) -> Vec<&'static str> {
        vec![COUNTS_ONCE, ARRIVES]
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [(NodeStyle::Machine, "tally without a planted bug, faults drawn by each seed")];
        PlantedBugs::new(
            self.name(),
            &summaries,
            &[Bug::CountsAgain],
            |_, bug| hunt(bug),
            |bug| match bug {
                Bug::CountsAgain => Expected::new(COUNTS_ONCE, 20, [2, 1]),
            },
        )
    }

    fn file_format(&self) -> Option<FileFormat> {
        let read = |document: Document<'_>, variables: &Variables| Ok(document.decode::<File>(field_spec)?.prepare(variables));
        Some(FileFormat { example: r#"{"system":"tally","seed":1}"#, shape: None, read })
    }

    fn variables(&self) -> Vec<Variable> {
        vec![NUMBERS]
    }

    fn limits(&self) -> Vec<MetricLimit> {
        vec![MetricLimit::new("counted", 20.0)]
    }
}

#[derive(Debug, Clone, Copy)]
enum Bug {
    /// The counter counts a number at each arrival.
    CountsAgain,
}

impl fmt::Display for Bug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("counts-again")
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Tally,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    system: Name,
    seed: u64,
    #[serde(default)]
    numbers: Option<u64>,
}

fn field_spec(path: &str) -> FieldSpec {
    match last_name(path) {
        "seed" => FieldSpec::Whole(0, u64::MAX),
        "numbers" => NUMBERS.accepts,
        _ => FieldSpec::Described("a field of a tally"),
    }
}

impl File {
    fn prepare(mut self, variables: &Variables) -> Prepared {
        let numbers = *self.numbers.get_or_insert(variables.get(NUMBERS.name).and_then(Value::as_u64).unwrap_or(20));
        let scenario = cluster("tally", numbers, None);
        Prepared::new(scenario, Seed(self.seed), json!(self)).with_observer(COUNTS_ONCE, json!({"counted": 0}), &["counted"])
    }
}

fn hunt(bug: Option<Bug>) -> BugHunt {
    let profile = FaultProfile {
        mean_interval: milliseconds(100),
        mean_duration: milliseconds(50),
        spared_groups: vec!["counter".to_owned()],
        uncut_groups: vec!["counter".to_owned()],
        ..FaultProfile::default()
    };
    BugHunt { cluster: cluster("hunt-tally", 20, bug), profile, links: &["default"] }
}

fn cluster(name: &str, numbers: u64, bug: Option<Bug>) -> Scenario {
    Scenario::new(name)
        .machines("counter", 1, move |_: &Boot| Counter { bug, tally: Tally::default() })
        .machines("teller", 1, move |_: &Boot| Teller { numbers, next: 1 })
        .default_links(links::rough(Ratio::percent(1), milliseconds(2)))
        .observe(COUNTS_ONCE, CountsOnce::default)
        .eventually(ARRIVES, move |world| world.views::<Tally>().all(|(_, tally)| tally.greatest == numbers))
        .duration(milliseconds(500))
        .stable_for(milliseconds(100))
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Message {
    Number(u64),
    Acknowledged(u64),
}

struct Teller {
    numbers: u64,
    next: u64,
}

impl Teller {
    fn send(&self, effects: &mut Effects<Message>) {
        if self.next <= self.numbers {
            effects.send(NodeId(0), Message::Number(self.next));
            effects.set_timer(Timer(0), milliseconds(20));
        }
    }
}

impl Machine for Teller {
    type Message = Message;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        match input {
            Input::Message { message: Message::Acknowledged(number), .. } if number == self.next => self.next += 1,
            Input::Start | Input::Timer(_) => {}
            _ => return,
        }
        self.send(effects);
    }

    fn view(&self) -> &() {
        &()
    }
}

#[derive(Debug, Default)]
struct Tally {
    greatest: u64,
    counted: u64,
}

struct Counter {
    bug: Option<Bug>,
    tally: Tally,
}

impl Machine for Counter {
    type Message = Message;
    type View = Tally;

    fn step(&mut self, _: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        let Input::Message { from, message: Message::Number(number), .. } = input else { return };
        let is_new = number > self.tally.greatest;
        self.tally.greatest = self.tally.greatest.max(number);
        if is_new || matches!(self.bug, Some(Bug::CountsAgain)) {
            self.tally.counted += 1;
        }
        effects.send(from, Message::Acknowledged(number));
    }

    fn view(&self) -> &Tally {
        &self.tally
    }
}

#[derive(Debug, Default)]
struct CountsOnce {
    checked: u64,
    counted: u64,
}

impl Invariant for CountsOnce {
    fn observe(&mut self, _: &Change, world: &World<'_>) -> Verdict {
        let Some((node, tally)) = world.views::<Tally>().next() else { return Verdict::Holds };
        self.checked += 1;
        self.counted = tally.counted;
        if tally.counted == tally.greatest {
            return Verdict::Holds;
        }
        Verdict::violated([node], format!("{} of {} numbers are counted", tally.counted, tally.greatest))
    }

    fn times_checked(&self) -> u64 {
        self.checked
    }

    fn measured(&self) -> Value {
        json!({"counted": self.counted})
    }
}
