//! The smallest cycle of each family in each component.

use super::anomaly::{EdgeKind, Family, TimeOrder};
use super::components::{Components, find_components};
use super::graph::{Graph, Kinds, Node};
use super::paths::{Limits, Paths, Query};

/// A cycle, as its transactions with the kind of the edge that leaves each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundCycle {
    pub(super) family: Family,
    pub(super) order: TimeOrder,
    pub(super) edges: Vec<(Node, EdgeKind)>,
}

/// The cycles that a search found.
#[derive(Debug, Default)]
pub(super) struct FoundCycles {
    pub(super) cycles: Vec<FoundCycle>,
    /// The cycles that were searched for and neither found nor excluded.
    pub(super) undecided: Vec<(Family, TimeOrder)>,
}

impl Family {
    fn kinds(self) -> Kinds {
        match self {
            Self::G0 => Kinds::of(&[EdgeKind::WriteWrite]),
            Self::G1c => Kinds::of(&[EdgeKind::WriteWrite, EdgeKind::WriteRead]),
            Self::GSingle | Self::GNonadjacent | Self::G2Item => {
                Kinds::of(&[EdgeKind::WriteWrite, EdgeKind::WriteRead, EdgeKind::ReadWrite])
            }
        }
    }

    /// Returns how its cycles are searched for in the components of its kinds; `read` are those of [`Family::G1c`].
    fn query<'q>(self, order: TimeOrder, components: &'q Components, read: &'q Components) -> Query<'q> {
        let all = self.kinds().and(order.kinds());
        let without_overwritten = Self::G1c.kinds().and(order.kinds());
        let (first, rest) = match self {
            Self::G0 | Self::G1c => (all, all),
            Self::GSingle => (Kinds::of(&[EdgeKind::ReadWrite]), without_overwritten),
            Self::GNonadjacent | Self::G2Item => (Kinds::of(&[EdgeKind::ReadWrite]), all),
        };
        let ranks = (self == Self::GSingle).then_some(read.of.as_slice());
        Query { first, rest, apart: self == Self::GNonadjacent, component: &components.of, ranks }
    }
}

impl TimeOrder {
    fn kinds(self) -> Kinds {
        match self {
            Self::None => Kinds::of(&[]),
            Self::Process => Kinds::of(&[EdgeKind::Process]),
            Self::RealTime => Kinds::of(&[EdgeKind::Process, EdgeKind::RealTime]),
        }
    }

    fn up_to(self) -> impl Iterator<Item = Self> {
        [Self::None, Self::Process, Self::RealTime].into_iter().filter(move |order| *order <= self)
    }
}

/// Finds the smallest cycle of each family in each component, with no more of the clients' orders than `max`.
///
/// A component in which a cycle of a worse family, or one that needs less of the clients' orders, is known is not searched:
/// each level that forbids the one forbids the other. `is_certain` says which transactions committed for sure; cycles of family
/// [`Family::G0`] have no others, since that family alone is forbidden where reads of uncommitted writes are not.
pub(super) fn find_cycles(graph: &Graph, max: TimeOrder, is_certain: &dyn Fn(Node) -> bool) -> FoundCycles {
    let everything = Family::G2Item.kinds().and(max.kinds());
    let mut found = FoundCycles::default();
    let mut local = vec![u32::MAX; graph.len()];
    let mut limits = Limits::for_graph(graph);
    for nodes in find_components(graph, |_, kind, _| everything.contain(kind)).cyclic {
        for (number, node) in nodes.iter().enumerate() {
            local[*node as usize] = number as u32;
        }
        let part = graph.part(&nodes, &local);
        let is_certain = |node: Node| part.is_joint(node) || is_certain(nodes[node as usize]);
        search_part(&part, max, &is_certain, &mut limits, &nodes, &mut found);
        for node in &nodes {
            local[*node as usize] = u32::MAX;
        }
    }
    found.undecided.sort_unstable();
    found.undecided.dedup();
    found
}

/// Searches one component of the whole graph, whose nodes are numbered anew; `names` has their numbers in the whole graph.
fn search_part(
    part: &Graph,
    max: TimeOrder,
    is_certain: &dyn Fn(Node) -> bool,
    limits: &mut Limits,
    names: &[Node],
    found: &mut FoundCycles,
) {
    let mut known: Vec<(Family, TimeOrder, Node)> = Vec::new();
    let mut paths = Paths::new(part);
    for order in max.up_to() {
        let in_kinds = |family: Family| {
            let kinds = family.kinds().and(order.kinds());
            find_components(part, move |_, kind, _| kinds.contain(kind))
        };
        let kinds = Family::G0.kinds().and(order.kinds());
        let written = find_components(part, |from, kind, to| kinds.contain(kind) && is_certain(from) && is_certain(to));
        let (read, all) = (in_kinds(Family::G1c), in_kinds(Family::G2Item));
        for family in Family::ALL {
            let components: &Components = match family {
                Family::G0 => &written,
                Family::G1c => &read,
                _ => &all,
            };
            let query = family.query(order, components, &read);
            for members in &components.cyclic {
                let component = components.of[members[0] as usize];
                let is_known = |(worse, less, node): &(Family, TimeOrder, Node)| {
                    *worse <= family && *less <= order && components.of[*node as usize] == component
                };
                if known.iter().any(is_known) {
                    continue;
                }
                match paths.smallest_cycle(&query, members, limits) {
                    Ok(Some(edges)) => {
                        known.push((family, order, edges[0].0));
                        let edges = edges.into_iter().map(|(node, kind)| (names[node as usize], kind)).collect();
                        found.cycles.push(FoundCycle { family, order, edges: from_lowest(edges) });
                    }
                    Ok(None) => {}
                    Err(_) => found.undecided.push((family, order)),
                }
            }
        }
    }
}

/// Turns a cycle so that it begins at the transaction that was invoked first.
fn from_lowest(mut edges: Vec<(Node, EdgeKind)>) -> Vec<(Node, EdgeKind)> {
    let lowest = (0..edges.len()).min_by_key(|place| edges[*place].0).unwrap_or_default();
    edges.rotate_left(lowest);
    edges
}
