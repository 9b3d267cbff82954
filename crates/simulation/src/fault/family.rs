//! The trait of a family of faults, and what its faults are handed when they are resolved and applied.
//!
//! A [`Fault`](super::Fault) names nodes and classes of links. [`Family::resolve`] replaces these names by numbers once, when
//! the run is built, and refuses what does not exist. A run then knows three things: when to apply a resolved fault, which
//! faults are in force, and when to end them. The file of the family says what that means.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_transport::{ClassId, Network};
use cluster_sim_types::NodeId;
use serde::{Deserialize, Serialize};

use super::draw::Drawn;
use super::error::PlanError;
use super::names::NodeNames;

/// The name and the traits that all faults of one kind share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The name of the kind, such as `heal all`, which also names its sentence.
    pub(crate) name: &'static str,
    /// The span that recordings show while it is in force.
    pub(crate) span: Option<SpanKind>,
    /// The unit of its effect, as a singular and a plural; absent if a fault either has an effect or has none.
    pub(crate) counts: Option<[&'static str; 2]>,
}

/// A family of faults. All methods are about one fault, except the last three.
pub(crate) trait Family: Sized {
    /// A fault whose names are replaced by numbers.
    type Resolved;
    /// A fault in force, with what its end and its effect need.
    type InForce;

    /// Kinds that profiles draw.
    const DRAWN: &'static [Drawn];

    /// Its kind.
    fn kind(&self) -> Kind;

    /// The parts of its sentence besides `{for}`, its duration.
    fn parts(&self) -> Vec<(&'static str, String)>;

    /// Nodes that it names; the second side of what lies between two.
    fn sides(&self) -> [&[String]; 2];

    /// The class of links that it names.
    fn links(&self) -> Option<&str> {
        None
    }

    /// How long it lasts; absent if it has no end of its own.
    fn duration(&self) -> Option<Duration>;

    /// Its duration, to shorten it.
    fn duration_mut(&mut self) -> Option<&mut Duration>;

    /// Lists of nodes that may be made smaller, but not empty.
    fn targets_mut(&mut self) -> Vec<&mut Vec<String>> {
        Vec::new()
    }

    /// Faults of the same nodes and links that do less.
    fn simpler(&self) -> Vec<Self> {
        Vec::new()
    }

    /// Whether it ends an earlier fault of the plan that has no end of its own.
    fn ends(&self, _earlier: &Self) -> bool {
        false
    }

    /// Replaces names by numbers.
    ///
    /// # Errors
    /// If a name is unknown, or the fault asks for the impossible.
    fn resolve(&self, names: &Declared<'_>) -> Result<Self::Resolved, PlanError>;

    /// Whether a fault ends one that is in force by taking its place.
    fn replaces(_fault: &Self::Resolved, _in_force: &Self::InForce) -> bool {
        false
    }

    /// Applies a fault. Those that it replaces have ended before.
    fn apply(fault: Self::Resolved, engine: &mut Engine) -> Applied<Self::InForce>;

    /// Acts again, and returns the time until the next action; for a fault that said so when it was [applied](Applied::again).
    fn act(_in_force: &mut Self::InForce, _engine: &mut Engine) -> Duration {
        unreachable!("no fault of this family acts more than once")
    }

    /// Whether nothing else has ended it: another fault, a dropped guard, the death of its node.
    fn is_in_force(in_force: &Self::InForce, engine: &Engine) -> bool;

    /// Its effect so far, beyond that which [`apply`](Self::apply) returned.
    fn effect(_in_force: &Self::InForce, _engine: &Engine) -> u64 {
        0
    }

    /// The operations of a device that it did its thing to so far, whether or not that had an effect.
    fn fired(_in_force: &Self::InForce, _engine: &Engine) -> u64 {
        0
    }

    /// The effect that ending it now will have.
    fn effect_of_end(_in_force: &Self::InForce, _engine: &Engine) -> u64 {
        0
    }

    /// Its outcome, if there is more to say than its effect.
    fn outcome(_in_force: &Self::InForce, _engine: &Engine) -> Option<String> {
        None
    }

    /// Ends a fault in force.
    fn end(in_force: Self::InForce, engine: &mut Engine);

    /// Ends all faults of the family with the fault phase.
    fn end_all(in_force: Vec<Self::InForce>, engine: &mut Engine);
}

/// How the fault phase changed the cluster, as recordings show it over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpanKind {
    /// Links between nodes were cut.
    Cut,
    /// A node was down after a crash.
    Down,
    /// A node was killed for good.
    Killed,
    /// The scenario ran without the node.
    Absent,
    /// A node was paused.
    Paused,
    /// A loss rule was in force.
    Loss,
    /// A class of links had another model than declared.
    Links,
    /// Another fault of the network was in force.
    Network,
    /// Another fault of a node was in force.
    Node,
}

/// The name of all nodes that are not on the other side.
const ALL_OTHERS: &str = "*";

/// The nodes and links that faults may name.
#[derive(Clone, Copy)]
pub(crate) struct Declared<'a> {
    pub(crate) nodes: &'a NodeNames,
    pub(crate) network: &'a Network,
    /// The position in its plan of the fault whose names are looked up.
    pub(crate) index: usize,
    /// Its kind.
    pub(crate) kind: &'static str,
}

impl<'a> Declared<'a> {
    pub(crate) fn new(nodes: &'a NodeNames, network: &'a Network) -> Self {
        Self { nodes, network, index: 0, kind: "" }
    }

    fn unknown_node(&self, name: &str, known: Vec<String>) -> PlanError {
        PlanError::UnknownNode { index: self.index, kind: self.kind, node: name.to_owned(), known }
    }

    pub(crate) fn node(&self, name: &str) -> Result<NodeId, PlanError> {
        let known = || self.nodes.nodes.keys().cloned().collect();
        self.nodes.node(name).ok_or_else(|| self.unknown_node(name, known()))
    }

    /// The nodes of these names, which may name regions, shards and groups too; each once.
    pub(super) fn nodes(&self, names: &[String]) -> Result<Vec<NodeId>, PlanError> {
        let mut nodes = Vec::new();
        let mut seen = BTreeSet::new();
        for name in names {
            let node = self.nodes.node(name).map(|node| vec![node]);
            let found = node.or_else(|| self.nodes.set(name).map(<[NodeId]>::to_vec));
            let found = found.ok_or_else(|| self.unknown_node(name, self.nodes.all()))?;
            nodes.extend(found.into_iter().filter(|node| seen.insert(*node)));
        }
        Ok(nodes)
    }

    /// The nodes of two sides, which have none in common.
    pub(super) fn sides(&self, from: &[String], to: &[String]) -> Result<[Vec<NodeId>; 2], PlanError> {
        let from_nodes = self.nodes(from)?;
        let to_nodes = match to {
            [all] if all == ALL_OTHERS => {
                let from: BTreeSet<&NodeId> = from_nodes.iter().collect();
                let mut others: Vec<NodeId> = self.nodes.nodes.values().copied().filter(|node| !from.contains(node)).collect();
                others.sort_unstable();
                others
            }
            to => self.nodes(to)?,
        };
        let sides = [from_nodes, to_nodes];
        match on_both_sides(&sides[0], &sides[1]) {
            Some(index) => {
                let node = self.nodes.name_of(sides[0][index]).unwrap_or_default().to_owned();
                Err(PlanError::OnBothSides { index: self.index, kind: self.kind, node })
            }
            None => Ok(sides),
        }
    }

    pub(super) fn failpoint(&self, name: &str) -> Result<(), PlanError> {
        let known = &self.nodes.failpoints;
        let unknown = || PlanError::UnknownFailpoint {
            index: self.index,
            kind: self.kind,
            point: name.to_owned(),
            known: known.iter().cloned().collect(),
        };
        known.contains(name).then_some(()).ok_or_else(unknown)
    }

    pub(super) fn links(&self, name: &str) -> Result<ClassId, PlanError> {
        let unknown = || PlanError::UnknownLinks {
            index: self.index,
            kind: self.kind,
            links: name.to_owned(),
            known: self.network.fabric.class_names().collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect(),
        };
        self.network.fabric.class_named(name).ok_or_else(unknown)
    }

    pub(crate) fn impossible(&self, reason: impl ToString) -> PlanError {
        PlanError::Impossible { index: self.index, kind: self.kind, reason: reason.to_string() }
    }
}

/// The position on the left side of the first node that is on the right side too.
pub(crate) fn on_both_sides(left: &[NodeId], right: &[NodeId]) -> Option<usize> {
    let right: BTreeSet<&NodeId> = right.iter().collect();
    left.iter().position(|node| right.contains(node))
}

/// The result of applying a fault.
#[derive(Debug)]
pub(crate) struct Applied<I> {
    /// Its effect so far.
    pub(crate) effect: u64,
    /// The fault, if it lasts.
    pub(crate) in_force: Option<I>,
    /// The time until it acts again, if it does so while it lasts.
    pub(crate) again: Option<Duration>,
    /// Why it has no effect, if that is known.
    pub(crate) reason: Option<&'static str>,
    /// The nodes that a fault of several hit.
    pub(crate) hit: Vec<NodeId>,
}

impl<I> Applied<I> {
    const fn none() -> Self {
        Self { effect: 0, in_force: None, again: None, reason: None, hit: Vec::new() }
    }

    /// A fault that hit these nodes, and is in force if there are any.
    pub(super) fn of_nodes(hit: Vec<NodeId>, in_force: Option<I>) -> Self {
        let in_force = in_force.filter(|_| !hit.is_empty());
        Self { effect: hit.len() as u64, in_force, hit, ..Self::none() }
    }

    /// A fault that is over at once, and whether it changed anything.
    pub(crate) fn once(changed: bool) -> Self {
        Self { effect: u64::from(changed), ..Self::none() }
    }

    /// A fault in force, whose effect is counted later.
    pub(crate) fn in_force(in_force: I) -> Self {
        Self { in_force: Some(in_force), ..Self::none() }
    }

    /// A fault that is in force if it changed something.
    pub(super) fn if_changed(changed: bool, in_force: I) -> Self {
        Self { effect: u64::from(changed), in_force: changed.then_some(in_force), ..Self::none() }
    }

    /// A fault that acts again after that time.
    pub(crate) fn again(self, after: Duration) -> Self {
        Self { again: Some(after), ..self }
    }

    /// A fault that, without an effect, had none for this reason.
    pub(crate) fn unless(self, reason: &'static str) -> Self {
        Self { reason: (self.effect == 0).then_some(reason), ..self }
    }

    pub(super) fn map<J>(self, of: impl FnOnce(I) -> J) -> Applied<J> {
        let Self { effect, in_force, again, reason, hit } = self;
        Applied { effect, in_force: in_force.map(of), again, reason, hit }
    }
}

/// The name of a value in data, such as `set_len`.
pub(super) fn data_name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
