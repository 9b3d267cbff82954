//! Plans that know no swarm: fault, target, length and instant are each drawn uniformly.

use cluster_sim::prelude::*;
use cluster_sim::{Address, Roll, Stream};
use cluster_sim_scenarios::planted_bugs::BugHunt;

const WAIT: Stream = Stream::named("uniform wait");
const WHICH: Stream = Stream::named("uniform which");

/// How a plan goes from one fault to the next.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// One fault at a time, as a nemesis does: wait, strike, heal, and again.
    OneAtATime,
    /// At any instant alike, with so long a gap on average.
    Anywhere(Duration),
}

/// What is drawn for the cluster of a hunt: the faults of its profile, as long on average, against the same nodes and links.
pub(crate) struct Uniform {
    hunt: BugHunt,
    nodes: Vec<String>,
    lasting: Duration,
    pace: Pace,
}

impl Uniform {
    /// What somebody has who writes a random nemesis in an afternoon: the mean wait and the mean length of the profile, one fault at a time.
    pub(crate) fn nemesis(hunt: BugHunt) -> Self {
        let sim = hunt.cluster.start(Seed(0));
        let is_spared = |name: &str| hunt.profile.spared_groups.iter().any(|group| name.starts_with(&format!("{group}/")));
        let names = sim.inspect(|world| world.nodes().map(|node| world.name(node).to_owned()).collect::<Vec<_>>());
        let nodes = names.into_iter().filter(|name| !is_spared(name)).collect();
        Self { nodes, lasting: sim.duration(), pace: Pace::OneAtATime, hunt }
    }

    /// As many faults a run as that, on average, wherever they fall.
    pub(crate) fn with_faults(self, faults: f64) -> Self {
        Self { pace: Pace::Anywhere(self.lasting.div_f64(faults)), ..self }
    }

    /// The run of that seed under its plan.
    pub(crate) fn run(&self, seed: Seed) -> Report {
        self.hunt.cluster.clone().faults(self.draw(seed)).run(seed)
    }

    /// The plan of that seed.
    pub(crate) fn draw(&self, seed: Seed) -> FaultPlan {
        let mut plan = FaultPlan::new();
        let mut at = Duration::ZERO;
        for ordinal in 0.. {
            let address = Address::new().number(ordinal);
            let mean = match self.pace {
                Pace::OneAtATime => self.hunt.profile.mean_interval,
                Pace::Anywhere(gap) => gap,
            };
            at += seed.roll(WAIT, address).within(2 * mean);
            if at >= self.lasting {
                break;
            }
            let fault = self.fault(|number| seed.roll(WHICH, address.number(number)));
            if let (Pace::OneAtATime, Some(length)) = (self.pace, fault.duration()) {
                plan = plan.at(at, fault);
                at += length;
            } else {
                plan = plan.at(at, fault);
            }
        }
        plan
    }

    fn fault(&self, roll: impl Fn(u64) -> Roll) -> Fault {
        let lasting = Some(roll(0).within(2 * self.hunt.profile.mean_duration));
        let node = roll(1).pick(&self.nodes).expect("some nodes are not spared").clone();
        match roll(2).below(4) {
            0 => Fault::Crash { node, down_for: lasting },
            1 => Fault::Pause { node, duration: lasting },
            2 => {
                let links = (*roll(3).pick(self.hunt.links).expect("nodes are linked")).to_owned();
                let ratio = Ratio::percent(roll(4).below(101) as f64).expect("up to a hundred");
                Fault::Loss { links, rule: "uniform_loss".to_owned(), ratio, duration: lasting }
            }
            _ => {
                // Each of the others on either side; where all would be on one, the node stands alone.
                let others = (6..).zip(&self.nodes).filter(|(_, other)| **other != node);
                let side = |(number, other): (u64, &String)| (roll(number).below(2) == 0, other.clone());
                let (near, far): (Vec<_>, Vec<_>) = others.map(side).partition(|(is_near, _)| *is_near);
                let (near, far) = if far.is_empty() { (far, near) } else { (near, far) };
                let names = |side: Vec<(bool, String)>| side.into_iter().map(|(_, name)| name);
                let (from, to) = (std::iter::once(node.clone()).chain(names(near)).collect(), names(far).collect());
                Fault::Cut { from, to, both_ways: roll(5).below(2) == 0, duration: lasting }
            }
        }
    }
}
