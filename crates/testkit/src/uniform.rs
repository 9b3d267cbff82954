//! Plans without a swarm: kind, target, duration and instant of each fault are drawn uniformly.

use cluster_sim::node::{Address, Roll, Stream};
use cluster_sim::prelude::*;
use cluster_sim_scenarios::BugHunt;

const WAIT: Stream = Stream::named("uniform wait");
const WHICH: Stream = Stream::named("uniform which");

/// When the next fault of a plan is applied.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// A wait after the fault before has healed: one fault at a time, as a Jepsen nemesis does.
    OneAtATime,
    /// At any instant with equal probability, with this mean gap.
    Anywhere(Duration),
}

/// Draws plans for the cluster of a hunt, with the nodes, links and mean duration of its profile.
pub struct Uniform {
    hunt: BugHunt,
    nodes: Vec<String>,
    duration: Duration,
    pace: Pace,
}

impl Uniform {
    /// A random nemesis: one fault at a time, with the mean wait and mean duration of the profile.
    pub fn nemesis(hunt: BugHunt) -> Self {
        let sim = hunt.cluster.start(Seed(0));
        let is_spared = |name: &str| hunt.profile.spared_groups.iter().any(|group| name.starts_with(&format!("{group}/")));
        let names = sim.inspect(|world| world.nodes().map(|node| world.name(node).to_owned()).collect::<Vec<_>>());
        let nodes = names.into_iter().filter(|name| !is_spared(name)).collect();
        Self { nodes, duration: sim.duration(), pace: Pace::OneAtATime, hunt }
    }

    /// Draws `faults` faults a run on average, at any instant.
    pub fn with_faults(self, faults: f64) -> Self {
        Self { pace: Pace::Anywhere(self.duration.div_f64(faults)), ..self }
    }

    /// Runs a seed under its plan.
    pub fn run(&self, seed: Seed) -> Report {
        self.hunt.cluster.clone().faults(self.draw(seed)).run(seed)
    }

    /// Draws the plan of a seed.
    pub fn draw(&self, seed: Seed) -> FaultPlan {
        let mut plan = FaultPlan::new();
        let mut at = Duration::ZERO;
        for ordinal in 0.. {
            let address = Address::new().number(ordinal);
            let mean = match self.pace {
                Pace::OneAtATime => self.hunt.profile.mean_interval,
                Pace::Anywhere(gap) => gap,
            };
            at += seed.roll(WAIT, address).within(2 * mean);
            if at >= self.duration {
                break;
            }
            let fault = self.fault(|number| seed.roll(WHICH, address.number(number)));
            let until_healed = match self.pace {
                Pace::OneAtATime => fault.duration().unwrap_or_default(),
                Pace::Anywhere(_) => Duration::ZERO,
            };
            plan = plan.at(at, fault);
            at += until_healed;
        }
        plan
    }

    fn fault(&self, roll: impl Fn(u64) -> Roll) -> Fault {
        let duration = Some(roll(0).within(2 * self.hunt.profile.mean_duration));
        let node = roll(1).pick(&self.nodes).expect("some nodes are not spared").clone();
        match roll(2).below(4) {
            0 => NodeFault::Crash { node, down_for: duration }.into(),
            1 => NodeFault::Pause { node, duration }.into(),
            2 => {
                let links = (*roll(3).pick(self.hunt.links).expect("nodes are linked")).to_owned();
                let ratio = Ratio::percent(roll(4).below(101) as u32);
                NetworkFault::Loss { links, rule: "uniform_loss".to_owned(), ratio, duration }.into()
            }
            _ => {
                // Each other node goes to a random side; if all fall on the node's side, the node is cut off alone.
                let others = (6..).zip(&self.nodes).filter(|(_, other)| **other != node);
                let side = |(number, other): (u64, &String)| (roll(number).below(2) == 0, other.clone());
                let (near, far): (Vec<_>, Vec<_>) = others.map(side).partition(|(is_near, _)| *is_near);
                let (near, far) = if far.is_empty() { (far, near) } else { (near, far) };
                let names = |side: Vec<(bool, String)>| side.into_iter().map(|(_, name)| name);
                let (from, to) = (std::iter::once(node.clone()).chain(names(near)).collect(), names(far).collect());
                NetworkFault::Cut { from, to, both_ways: roll(5).below(2) == 0, duration }.into()
            }
        }
    }
}
