//! Faults of links that no cut makes: impaired and held links, sessions that are reset.

use std::time::Duration;

use cluster_sim_runtime::{Engine, nanoseconds};
use cluster_sim_transport::{ClassId, CutId, DropCount, Impairment, Network, NetworkPartition};
use cluster_sim_types::{NodeId, Ratio};
use serde::{Deserialize, Serialize};

use super::cut::{Sides, cut_parts};
use super::draw::{Draw, Drawn};
use super::error::PlanError;
use super::family::{Applied, Declared, Family, Kind, SpanKind};
use super::{Fault, FaultKind};
use crate::event::{fault_sentence, seconds};

/// A fault of links or of what they carry.
///
/// Names nodes and links as the scenario declares them or, within a run, by their numbers.
/// `*` on the side `to` means all nodes that are not on the side `from`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LinkFault<N = String, L = String> {
    /// Loses, delays, duplicates or reorders what one side sends to the other.
    ///
    /// Impairments of a link add up, and come on top of its model.
    Impair {
        /// Nodes of one side.
        from: Vec<N>,
        /// Nodes of the other side, none of the first.
        to: Vec<N>,
        /// Whether the way back is impaired too.
        both_ways: bool,
        /// The impairment; an invalid one is a [`PlanError`].
        by: Impairment,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Impairs all links of a class.
    ImpairLinks {
        /// The class of links; `default` is always known.
        links: L,
        /// The impairment; an invalid one is a [`PlanError`].
        by: Impairment,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Holds what would arrive over the links from one side to the other.
    ///
    /// All of it arrives at its end, in the order in which it would have arrived.
    Hold {
        /// Nodes of one side.
        from: Vec<N>,
        /// Nodes of the other side, none of the first.
        to: Vec<N>,
        /// Whether the way back is held too.
        both_ways: bool,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Ends every hold.
    ReleaseAll,
    /// Resets every session between two sides, as a device between them does.
    ///
    /// Both ends learn of it at once. No node crashes, and the nodes can open another session.
    ResetSessions {
        /// Nodes of one side.
        from: Vec<N>,
        /// Nodes of the other side, none of the first.
        to: Vec<N>,
    },
}

/// Impaired or held links.
#[derive(Debug)]
pub(crate) struct LinkInForce {
    id: CutId,
    affected: DropCount,
    /// Holds the links; none for impaired ones, and once the test that held them took it.
    guard: Option<NetworkPartition>,
    is_hold: bool,
}

impl LinkInForce {
    /// Takes the guard of a hold, which ends when the guard is dropped.
    pub(crate) fn take_guard(&mut self) -> Option<NetworkPartition> {
        self.guard.take()
    }
}

impl<N, L> LinkFault<N, L> {
    fn duration_field(&self) -> Option<&Option<Duration>> {
        match self {
            Self::Impair { duration, .. } | Self::ImpairLinks { duration, .. } | Self::Hold { duration, .. } => Some(duration),
            Self::ReleaseAll | Self::ResetSessions { .. } => None,
        }
    }
}

impl Family for LinkFault {
    type Resolved = LinkFault<NodeId, ClassId>;
    type InForce = LinkInForce;

    const DRAWN: &'static [Drawn] = &[
        Drawn {
            number: 6,
            kind: FaultKind::Delay,
            percent: 25,
            fault: |draw| impaired_class(draw, Impairment { delay: draw.delay(), ..Impairment::default() }),
        },
        Drawn {
            number: 7,
            kind: FaultKind::Duplicate,
            percent: 25,
            fault: |draw| impaired_class(draw, Impairment { duplicate: draw.ratio(), ..Impairment::default() }),
        },
        Drawn { number: 8, kind: FaultKind::Reorder, percent: 25, fault: reordered },
        Drawn { number: 10, kind: FaultKind::NodeLinks, percent: 25, fault: |draw| impaired(draw, draw.others()?, draw.coin()) },
        Drawn { number: 11, kind: FaultKind::OneLink, percent: 25, fault: |draw| impaired(draw, vec![draw.other()?], false) },
        Drawn {
            number: 12,
            kind: FaultKind::SessionReset,
            percent: 50,
            fault: |draw| Some(LinkFault::ResetSessions { from: vec![draw.node()], to: draw.others()? }.into()),
        },
    ];

    fn kind(&self) -> Kind {
        let (name, span, counts) = match self {
            Self::Impair { .. } => ("impair", Some(SpanKind::Network), Some(["message impaired", "messages impaired"])),
            Self::ImpairLinks { .. } => ("impair links", Some(SpanKind::Network), Some(["message impaired", "messages impaired"])),
            Self::Hold { .. } => ("hold", Some(SpanKind::Network), Some(["message held", "messages held"])),
            Self::ReleaseAll => ("release all", None, None),
            Self::ResetSessions { .. } => ("reset sessions", None, Some(["session reset", "sessions reset"])),
        };
        Kind { name, span, counts }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Impair { from, to, both_ways, by, .. } => {
                let mut parts = cut_parts(from.join(" "), to.join(" "), *both_ways);
                parts.push(("by", impairment_text(by)));
                parts
            }
            Self::ImpairLinks { links, by, .. } => vec![("links", links.clone()), ("by", impairment_text(by))],
            Self::Hold { from, to, both_ways, .. } => cut_parts(from.join(" "), to.join(" "), *both_ways),
            Self::ReleaseAll => Vec::new(),
            Self::ResetSessions { from, to } => cut_parts(from.join(" "), to.join(" "), true),
        }
    }

    fn sides(&self) -> [&[String]; 2] {
        match self {
            Self::Impair { from, to, .. } | Self::Hold { from, to, .. } | Self::ResetSessions { from, to } => [from, to],
            Self::ImpairLinks { .. } | Self::ReleaseAll => [&[], &[]],
        }
    }

    fn links(&self) -> Option<&str> {
        match self {
            Self::ImpairLinks { links, .. } => Some(links),
            _ => None,
        }
    }

    fn duration(&self) -> Option<Duration> {
        self.duration_field().copied().flatten()
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::Impair { duration, .. } | Self::ImpairLinks { duration, .. } | Self::Hold { duration, .. } => duration.as_mut(),
            Self::ReleaseAll | Self::ResetSessions { .. } => None,
        }
    }

    fn targets_mut(&mut self) -> Vec<&mut Vec<String>> {
        match self {
            Self::Impair { from, to, .. } | Self::Hold { from, to, .. } | Self::ResetSessions { from, to } => vec![from, to],
            Self::ImpairLinks { .. } | Self::ReleaseAll => Vec::new(),
        }
    }

    /// One direction, or one part of an impairment, or that part with certainty.
    fn simpler(&self) -> Vec<Self> {
        let mut simpler = Vec::new();
        match self.clone() {
            Self::Impair { from, to, both_ways, by, duration } => {
                let with = |by| Self::Impair { from: from.clone(), to: to.clone(), both_ways, by, duration };
                simpler.extend(by.simpler().into_iter().map(with));
                if both_ways {
                    simpler.push(Self::Impair { from, to, both_ways: false, by, duration });
                }
            }
            Self::ImpairLinks { links, by, duration } => {
                let with = |by| Self::ImpairLinks { links: links.clone(), by, duration };
                simpler.extend(by.simpler().into_iter().map(with));
            }
            Self::Hold { from, to, both_ways: true, duration } => {
                simpler.push(Self::Hold { from, to, both_ways: false, duration });
            }
            Self::Hold { .. } | Self::ReleaseAll | Self::ResetSessions { .. } => {}
        }
        simpler
    }

    fn ends(&self, earlier: &Self) -> bool {
        matches!((self, earlier), (Self::ReleaseAll, Self::Hold { duration: None, .. }))
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<LinkFault<NodeId, ClassId>, PlanError> {
        let sides = |from: &[String], to: &[String]| names.sides(from, to);
        let valid = |by: &Impairment| by.validate().map_err(|reason| names.impossible(reason));
        Ok(match self {
            Self::Impair { from, to, both_ways, by, duration } => {
                valid(by)?;
                let [from, to] = sides(from, to)?;
                LinkFault::Impair { from, to, both_ways: *both_ways, by: *by, duration: *duration }
            }
            Self::ImpairLinks { links, by, duration } => {
                valid(by)?;
                LinkFault::ImpairLinks { links: names.links(links)?, by: *by, duration: *duration }
            }
            Self::Hold { from, to, both_ways, duration } => {
                let [from, to] = sides(from, to)?;
                LinkFault::Hold { from, to, both_ways: *both_ways, duration: *duration }
            }
            Self::ReleaseAll => LinkFault::ReleaseAll,
            Self::ResetSessions { from, to } => {
                let [from, to] = sides(from, to)?;
                LinkFault::ResetSessions { from, to }
            }
        })
    }

    fn apply(fault: LinkFault<NodeId, ClassId>, engine: &mut Engine) -> Applied<LinkInForce> {
        match fault {
            LinkFault::Impair { from, to, both_ways, by, .. } => {
                let sides = Sides { from, to, both_ways };
                let mut parts = sides.parts(engine);
                parts.push(("by", impairment_text(&by)));
                let name = fault_sentence("impair", &parts, None);
                let fabric = &mut engine.core.device::<Network>().0.fabric;
                let (id, affected) = fabric.impair(&name, by, (&sides.from, &sides.to, both_ways));
                Applied::in_force(LinkInForce { id, affected, guard: None, is_hold: false })
            }
            LinkFault::ImpairLinks { links, by, .. } => {
                let fabric = &mut engine.core.device::<Network>().0.fabric;
                let class = fabric.class_name(u32::from(links.number())).to_owned();
                let name = fault_sentence("impair links", &[("links", class), ("by", impairment_text(&by))], None);
                let (id, affected) = fabric.impair_class(&name, by, links);
                Applied::in_force(LinkInForce { id, affected, guard: None, is_hold: false })
            }
            LinkFault::Hold { from, to, both_ways, .. } => {
                let sides = Sides { from, to, both_ways };
                let name = fault_sentence("hold", &sides.parts(engine), None);
                let fabric = &mut engine.core.device::<Network>().0.fabric;
                let guard = fabric.hold(&name, &sides.from, &sides.to, both_ways);
                Applied::in_force(LinkInForce { id: guard.id(), affected: guard.counter(), guard: Some(guard), is_hold: true })
            }
            LinkFault::ReleaseAll => {
                let (network, kernel) = engine.core.device::<Network>();
                let is_held = network.fabric.living_holds().next().is_some();
                network.fabric.release_all(kernel);
                Applied::once(is_held)
            }
            LinkFault::ResetSessions { from, to } => {
                let (network, kernel) = engine.core.device::<Network>();
                Applied { effect: network.sessions(kernel).reset_between(&from, &to), ..Applied::once(false) }
            }
        }
    }

    fn is_in_force(in_force: &LinkInForce, engine: &Engine) -> bool {
        engine.core.devices.find::<Network>().fabric.is_cut(in_force.id)
    }

    fn effect(in_force: &LinkInForce, _: &Engine) -> u64 {
        in_force.affected.count()
    }

    fn end(in_force: LinkInForce, engine: &mut Engine) {
        let (network, kernel) = engine.core.device::<Network>();
        network.fabric.heal(kernel, in_force.id);
    }

    /// Holds end after impairments and in order, so what they kept arrives in the order in which it was held.
    fn end_all(in_force: Vec<LinkInForce>, engine: &mut Engine) {
        let (holds, impairments): (Vec<_>, Vec<_>) = in_force.into_iter().partition(|in_force| in_force.is_hold);
        impairments.into_iter().chain(holds).for_each(|in_force| Self::end(in_force, engine));
    }
}

/// The parts of an impairment, as in `lose 0.05, delay 0.300s`.
fn impairment_text(by: &Impairment) -> String {
    let Impairment { loss, delay, duplicate, reorder, reorder_window } = *by;
    let ratio = |name: &str, ratio: Ratio| (ratio > Ratio::ZERO).then(|| format!("{name} {ratio}"));
    let parts = [
        ratio("lose", loss),
        (!delay.is_zero()).then(|| format!("delay {}", seconds(delay))),
        ratio("duplicate", duplicate),
        ratio("reorder", reorder).map(|text| format!("{text} by up to {}", seconds(reorder_window))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn impaired_class(draw: &Draw<'_>, by: Impairment) -> Option<Fault> {
    Some(LinkFault::ImpairLinks { links: draw.links()?, by, duration: Some(draw.length) }.into())
}

fn reordered(draw: &Draw<'_>) -> Option<Fault> {
    impaired_class(draw, Impairment { reorder: draw.ratio(), reorder_window: draw.delay(), ..Impairment::default() })
}

/// Loses or delays what a node sends to others, or also what they send to it.
fn impaired(draw: &Draw<'_>, to: Vec<String>, both_ways: bool) -> Option<Fault> {
    let (from, by) = (vec![draw.node()], draw.loss_or_delay());
    Some(LinkFault::Impair { from, to, both_ways, by, duration: Some(draw.length) }.into())
}

impl From<LinkFault> for Fault {
    fn from(fault: LinkFault) -> Self {
        Self::Link(fault)
    }
}
