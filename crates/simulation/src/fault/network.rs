//! Faults of the network: cuts, loss rules, changed links.

use std::time::Duration;

use cluster_sim_runtime::{Engine, nanoseconds};
use cluster_sim_transport::{ClassId, CutId, DropCount, LinkModel, Network, NetworkPartition};
use cluster_sim_types::{NodeId, Ratio};
use serde::{Deserialize, Serialize};

use super::cut::{Flapping, Sides, cut_parts};
use super::draw::{Draw, Drawn};
use super::error::PlanError;
use super::family::{Applied, Declared, Family, Kind, SpanKind};
use super::{Fault, FaultKind};
use crate::event::seconds;

/// A fault of links, by the names that the scenario declares or, within a run, by their numbers.
///
/// It leaves the nodes alone. Cuts add up: a link carries messages only while no cut covers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum NetworkFault<N = String, L = String> {
    /// Drops all messages from one side to the other, on every link.
    ///
    /// Messages in flight are dropped on arrival.
    Cut {
        /// Nodes of one side.
        from: Vec<N>,
        /// Nodes of the other side, none of the first.
        to: Vec<N>,
        /// Whether messages back are dropped too.
        both_ways: bool,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Ends every cut. A [flap](Self::Flap) goes on with its next one.
    HealAll,
    /// Cuts all links between two sides again and again, as a bad cable does.
    ///
    /// Begins with a cut.
    Flap {
        /// Nodes of one side.
        from: Vec<N>,
        /// Nodes of the other side, none of the first.
        to: Vec<N>,
        /// Whether messages back are dropped too.
        both_ways: bool,
        /// How long the links are cut at a time; more than zero.
        #[serde(rename = "cut_for_ns", with = "nanoseconds")]
        cut_for: Duration,
        /// How long they carry messages in between; more than zero.
        #[serde(rename = "open_for_ns", with = "nanoseconds")]
        open_for: Duration,
        /// How long in all; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Adds an independent chance of loss for every message of a class of links.
    Loss {
        /// The class of links; `default` is always known.
        links: L,
        /// Name under which its losses are counted; replaces an earlier rule of that name on that class.
        rule: String,
        /// Chance that a message is lost; zero removes the rule.
        ratio: Ratio,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Replaces the model of a class of links. An invalid model is a [`PlanError`].
    Links {
        /// The class of links; `default` is always known.
        links: L,
        /// The new model, until another replaces it or the fault phase ends.
        model: LinkModel,
    },
}

/// A fault of the network in force.
#[derive(Debug)]
pub(crate) enum NetworkInForce {
    Cut {
        id: CutId,
        dropped: DropCount,
        /// None once the test that made the cut took it.
        guard: Option<NetworkPartition>,
    },
    Flap(Flapping),
    Loss {
        links: ClassId,
        rule: String,
    },
    Links(ClassId),
}

impl NetworkInForce {
    /// Takes the guard of a cut, which heals when the guard is dropped.
    pub(crate) fn take_guard(&mut self) -> Option<NetworkPartition> {
        match self {
            Self::Cut { guard, .. } => guard.take(),
            _ => None,
        }
    }
}

/// The number of the drawn cut of a region, which is left out where there are no regions.
pub(super) const CUT_REGION: u64 = 13;

/// The unit of the effect of cuts and loss rules.
const DROPS: Option<[&str; 2]> = Some(["message dropped", "messages dropped"]);

impl NetworkFault {
    /// Cuts the links between two sides, both ways, for that long.
    pub fn cut(
        from: impl IntoIterator<Item = impl Into<String>>,
        to: impl IntoIterator<Item = impl Into<String>>,
        duration: impl Into<Option<Duration>>,
    ) -> Self {
        let [from, to] = [from.into_iter().map(Into::into).collect(), to.into_iter().map(Into::into).collect()];
        Self::Cut { from, to, both_ways: true, duration: duration.into() }
    }

    /// Cuts a node off from all others for that long.
    pub fn isolate(node: impl Into<String>, duration: impl Into<Option<Duration>>) -> Self {
        Self::cut([node.into()], ["*"], duration)
    }
}

impl Family for NetworkFault {
    type Resolved = NetworkFault<NodeId, ClassId>;
    type InForce = NetworkInForce;

    const DRAWN: &'static [Drawn] = &[
        Drawn { number: 0, kind: FaultKind::Cut, percent: 50, fault: |draw| isolation(draw, true) },
        Drawn {
            number: 1,
            kind: FaultKind::Cut,
            percent: 50,
            fault: |draw| draw.split().map(|[from, to]| drawn_cut(draw, from, to, true)),
        },
        Drawn { number: 2, kind: FaultKind::Cut, percent: 50, fault: |draw| isolation(draw, false) },
        Drawn {
            number: CUT_REGION,
            kind: FaultKind::Cut,
            percent: 50,
            fault: |draw| draw.region().map(|[from, to]| drawn_cut(draw, from, to, true)),
        },
        Drawn { number: 5, kind: FaultKind::Loss, percent: 50, fault: loss },
    ];

    fn kind(&self) -> Kind {
        match self {
            Self::Cut { .. } => Kind { name: "cut", span: Some(SpanKind::Cut), counts: DROPS },
            Self::HealAll => Kind { name: "heal all", span: None, counts: None },
            Self::Flap { .. } => Kind { name: "flap", span: Some(SpanKind::Network), counts: DROPS },
            Self::Loss { ratio, .. } => {
                Kind { name: "loss", span: Some(SpanKind::Loss).filter(|_| *ratio > Ratio::ZERO), counts: DROPS }
            }
            Self::Links { .. } => Kind { name: "links", span: Some(SpanKind::Links), counts: None },
        }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Cut { from, to, both_ways, .. } => cut_parts(from.join(" "), to.join(" "), *both_ways),
            Self::HealAll => Vec::new(),
            Self::Flap { from, to, both_ways, cut_for, open_for, .. } => {
                let mut parts = cut_parts(from.join(" "), to.join(" "), *both_ways);
                parts.extend([("cut_for", *cut_for), ("open_for", *open_for)].map(|(name, time)| (name, seconds(time))));
                parts
            }
            Self::Loss { links, rule, ratio, .. } => {
                vec![("links", links.clone()), ("rule", rule.clone()), ("ratio", ratio.to_string())]
            }
            Self::Links { links, .. } => vec![("links", links.clone())],
        }
    }

    fn sides(&self) -> [&[String]; 2] {
        match self {
            Self::Cut { from, to, .. } | Self::Flap { from, to, .. } => [from, to],
            Self::HealAll | Self::Loss { .. } | Self::Links { .. } => [&[], &[]],
        }
    }

    fn links(&self) -> Option<&str> {
        match self {
            Self::Loss { links, .. } | Self::Links { links, .. } => Some(links),
            Self::Cut { .. } | Self::HealAll | Self::Flap { .. } => None,
        }
    }

    fn duration(&self) -> Option<Duration> {
        match self {
            Self::Cut { duration, .. } | Self::Flap { duration, .. } | Self::Loss { duration, .. } => *duration,
            Self::HealAll | Self::Links { .. } => None,
        }
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::Cut { duration, .. } | Self::Flap { duration, .. } | Self::Loss { duration, .. } => duration.as_mut(),
            Self::HealAll | Self::Links { .. } => None,
        }
    }

    fn targets_mut(&mut self) -> Vec<&mut Vec<String>> {
        match self {
            Self::Cut { from, to, .. } | Self::Flap { from, to, .. } => vec![from, to],
            _ => Vec::new(),
        }
    }

    /// A cut of one direction, or one cut of a flap.
    fn simpler(&self) -> Vec<Self> {
        match self.clone() {
            Self::Flap { from, to, both_ways, cut_for, .. } => vec![Self::Cut { from, to, both_ways, duration: Some(cut_for) }],
            Self::Cut { from, to, both_ways: true, duration } => vec![Self::Cut { from, to, both_ways: false, duration }],
            _ => Vec::new(),
        }
    }

    fn ends(&self, earlier: &Self) -> bool {
        let ends = match (self, earlier) {
            (Self::HealAll, Self::Cut { .. }) => true,
            (Self::Loss { links, rule, .. }, Self::Loss { links: same_links, rule: same_rule, .. }) => {
                (links, rule) == (same_links, same_rule)
            }
            (Self::Links { links, .. }, Self::Links { links: same_links, .. }) => links == same_links,
            _ => false,
        };
        ends && earlier.duration().is_none()
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<NetworkFault<NodeId, ClassId>, PlanError> {
        Ok(match self.clone() {
            Self::Cut { from, to, both_ways, duration } => {
                let [from, to] = names.sides(&from, &to)?;
                NetworkFault::Cut { from, to, both_ways, duration }
            }
            Self::HealAll => NetworkFault::HealAll,
            Self::Flap { cut_for, open_for, .. } if cut_for.min(open_for).is_zero() => {
                return Err(names.impossible("each cut, and each time between two, must be longer than zero"));
            }
            Self::Flap { from, to, both_ways, cut_for, open_for, duration } => {
                let [from, to] = names.sides(&from, &to)?;
                NetworkFault::Flap { from, to, both_ways, cut_for, open_for, duration }
            }
            Self::Loss { links, rule, ratio, duration } => {
                NetworkFault::Loss { links: names.links(&links)?, rule, ratio, duration }
            }
            Self::Links { links, model } => {
                model.validate().map_err(|error| names.impossible(error))?;
                NetworkFault::Links { links: names.links(&links)?, model }
            }
        })
    }

    /// A loss rule replaces one of its name, a model the one before it.
    fn replaces(fault: &NetworkFault<NodeId, ClassId>, in_force: &NetworkInForce) -> bool {
        match (fault, in_force) {
            (NetworkFault::Loss { links, rule, .. }, NetworkInForce::Loss { links: earlier, rule: name }) => {
                links == earlier && rule == name
            }
            (NetworkFault::Links { links, .. }, NetworkInForce::Links(earlier)) => links == earlier,
            _ => false,
        }
    }

    fn apply(fault: NetworkFault<NodeId, ClassId>, engine: &mut Engine) -> Applied<NetworkInForce> {
        match fault {
            NetworkFault::Cut { from, to, both_ways, .. } => {
                let guard = Sides { from, to, both_ways }.cut(engine);
                Applied::in_force(NetworkInForce::Cut { id: guard.id(), dropped: guard.counter(), guard: Some(guard) })
            }
            NetworkFault::HealAll => {
                let (network, kernel) = engine.core.device::<Network>();
                let is_cut = network.fabric.living_cuts().next().is_some();
                network.fabric.heal_all(kernel);
                Applied::once(is_cut)
            }
            NetworkFault::Flap { from, to, both_ways, cut_for, open_for, .. } => {
                let flapping = Flapping::begin(engine, Sides { from, to, both_ways }, cut_for, open_for);
                Applied::in_force(NetworkInForce::Flap(flapping)).again(cut_for)
            }
            NetworkFault::Loss { links, rule, ratio, .. } => {
                let (network, kernel) = engine.core.device::<Network>();
                network.fabric.set_loss_rule(kernel, links, &rule, ratio);
                Applied::in_force(NetworkInForce::Loss { links, rule })
            }
            NetworkFault::Links { links, model } => {
                let (network, kernel) = engine.core.device::<Network>();
                let set = network.fabric.set_model(kernel, links, &model);
                set.expect("the model was checked when the fault was resolved");
                Applied::if_changed(true, NetworkInForce::Links(links))
            }
        }
    }

    fn act(in_force: &mut NetworkInForce, engine: &mut Engine) -> Duration {
        let NetworkInForce::Flap(flapping) = in_force else { unreachable!("no other fault of the network acts twice") };
        flapping.turn(engine)
    }

    fn is_in_force(in_force: &NetworkInForce, engine: &Engine) -> bool {
        match in_force {
            NetworkInForce::Cut { id, .. } => engine.core.devices.find::<Network>().fabric.is_cut(*id),
            NetworkInForce::Flap(_) | NetworkInForce::Loss { .. } | NetworkInForce::Links(_) => true,
        }
    }

    fn effect(in_force: &NetworkInForce, engine: &Engine) -> u64 {
        match in_force {
            NetworkInForce::Cut { dropped, .. } => dropped.count(),
            NetworkInForce::Flap(flapping) => flapping.dropped(),
            NetworkInForce::Loss { links, rule } => engine.core.devices.find::<Network>().fabric.dropped_by(*links, rule),
            NetworkInForce::Links(_) => 0,
        }
    }

    fn end(in_force: NetworkInForce, engine: &mut Engine) {
        let (network, kernel) = engine.core.device::<Network>();
        match in_force {
            NetworkInForce::Cut { id, .. } => drop(network.fabric.heal(kernel, id)),
            NetworkInForce::Flap(mut flapping) => flapping.heal(engine),
            NetworkInForce::Loss { links, rule } => network.fabric.set_loss_rule(kernel, links, &rule, Ratio::ZERO),
            // Another model replaces it, or the network restores all links after the fault phase.
            NetworkInForce::Links(_) => {}
        }
    }

    fn end_all(in_force: Vec<NetworkInForce>, engine: &mut Engine) {
        let (network, kernel) = engine.core.device::<Network>();
        network.fabric.heal_all(kernel);
        in_force.into_iter().for_each(|in_force| Self::end(in_force, engine));
    }
}

fn drawn_cut(draw: &Draw<'_>, from: Vec<String>, to: Vec<String>, both_ways: bool) -> Fault {
    NetworkFault::Cut { from, to, both_ways, duration: Some(draw.length) }.into()
}

/// Cuts a node off from all others.
fn isolation(draw: &Draw<'_>, both_ways: bool) -> Option<Fault> {
    Some(drawn_cut(draw, vec![draw.node()], draw.others()?, both_ways))
}

fn loss(draw: &Draw<'_>) -> Option<Fault> {
    let ratio = draw.ratio();
    Some(NetworkFault::Loss { links: draw.links()?, rule: "profile_loss".to_owned(), ratio, duration: Some(draw.length) }.into())
}

impl From<NetworkFault> for Fault {
    fn from(fault: NetworkFault) -> Self {
        Self::Network(fault)
    }
}
