//! Rules of each kind on a small cluster: what breaks them, whom they name, how often they are asked.

mod always_each;
mod always_unique;
mod changed;
mod missing_views;
mod skips;
mod views;

use cluster_sim::prelude::*;
use cluster_sim::report::CheckReport;
use serde::{Deserialize, Serialize};

/// How often each node counts.
const PERIOD: Duration = Duration::from_millis(100);

/// A message that no node sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Nothing;

/// Counts up from its index by steps of ten, until `last` steps were taken; a crash begins again.
struct Counter {
    count: u64,
    left: u32,
}

impl Machine for Counter {
    type Message = Nothing;
    type View = u64;

    fn step(&mut self, _now: LocalInstant, input: Input<Nothing>, effects: &mut Effects<Nothing>) {
        if matches!(input, Input::Timer(_)) {
            self.count += 10;
            self.left -= 1;
        }
        if self.left > 0 {
            effects.set_timer(Timer(0), PERIOD);
        }
    }

    fn view(&self) -> &u64 {
        &self.count
    }
}

/// Five machines whose views are the counts 0 to 4, 10 to 14, … up to 50 to 54.
fn counters() -> Scenario {
    Scenario::new("counting")
        .machines("counter", 5, |boot| Counter { count: u64::from(boot.index()), left: 5 })
        .duration(Duration::from_secs(1))
        .recovery_timeout(Duration::from_secs(1))
        .stable_for(Duration::ZERO)
}

/// Adds two async nodes that publish text to the counters.
fn counters_and_talkers() -> Scenario {
    async fn talk(node: Node) {
        for word in ["one", "two", "three"] {
            node.publish(|said: &mut String| word.clone_into(said));
            node.sleep(PERIOD).await;
        }
    }
    counters().nodes("talker", 2, talk)
}

/// The report of the rule of that name.
fn rule<'r>(report: &'r Report, name: &str) -> &'r CheckReport {
    report.checks.iter().find(|check| check.name == name).expect("the scenario declares the rule")
}
