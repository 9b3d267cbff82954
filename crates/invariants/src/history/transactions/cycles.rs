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
    find_cycles_within(&mut Limits::for_graph(graph), graph, max, is_certain)
}

fn find_cycles_within(limits: &mut Limits, graph: &Graph, max: TimeOrder, is_certain: &dyn Fn(Node) -> bool) -> FoundCycles {
    let everything = Family::G2Item.kinds().and(max.kinds());
    let mut found = FoundCycles::default();
    let mut local = vec![u32::MAX; graph.len()];
    for nodes in find_components(graph, |_, kind, _| everything.contain(kind)).cyclic {
        for (number, node) in nodes.iter().enumerate() {
            local[*node as usize] = number as u32;
        }
        let part = graph.part(&nodes, &local);
        let is_certain = |node: Node| part.is_joint(node) || is_certain(nodes[node as usize]);
        search_part(&part, max, &is_certain, limits, &nodes, &mut found);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::transactions::graph::Edges;

    use EdgeKind::{ReadWrite, WriteRead, WriteWrite};

    fn graph(nodes: usize, list: &[(Node, Node, EdgeKind)]) -> Graph {
        let mut edges = Edges::new(nodes);
        list.iter().for_each(|(from, to, kind)| edges.add(*from, *to, *kind));
        edges.into_graph()
    }

    fn found(graph: &Graph) -> Vec<(Family, Vec<(Node, EdgeKind)>)> {
        let found = find_cycles(graph, TimeOrder::None, &|_| true);
        found.cycles.into_iter().map(|cycle| (cycle.family, cycle.edges)).collect()
    }

    #[test]
    fn a_cycle_is_told_in_its_direction_from_its_first_transaction() {
        let ring = graph(5, &[(4, 1, WriteRead), (1, 3, WriteWrite), (3, 4, WriteWrite)]);
        assert_eq!(found(&ring), [(Family::G1c, vec![(1, WriteWrite), (3, WriteWrite), (4, WriteRead)])]);
    }

    #[test]
    fn of_several_cycles_the_smallest_is_told() {
        let ring = |nodes: &[Node]| {
            let next = nodes.iter().cycle().skip(1);
            nodes.iter().zip(next).map(|(from, to)| (*from, *to, WriteWrite)).collect::<Vec<_>>()
        };
        let joined = [ring(&[0, 1, 2]), ring(&[3, 4, 5, 6]), vec![(2, 3, WriteWrite), (6, 0, WriteWrite)]].concat();
        assert_eq!(found(&graph(7, &joined)), [(Family::G0, vec![(0, WriteWrite), (1, WriteWrite), (2, WriteWrite)])]);
    }

    #[test]
    fn two_cycles_of_one_family_are_both_told_beside_a_worse_one() {
        let both = [(0, 1), (1, 0), (2, 3), (3, 2)].map(|(from, to)| (from, to, WriteWrite));
        let joined = [&both[..], &[(1, 2, ReadWrite), (3, 0, ReadWrite)]].concat();
        let families: Vec<Family> = found(&graph(4, &joined)).into_iter().map(|(family, _)| family).collect();
        assert_eq!(families, [Family::G0, Family::G0]);
        let components = find_components(&graph(4, &joined), |_, kind, _| kind == Some(WriteWrite));
        assert_eq!(components.cyclic, [[0, 1], [2, 3]]);
    }

    #[test]
    fn components_are_in_the_order_of_their_first_transactions() {
        let one_way = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)].map(|(from, to)| (from, to, WriteWrite));
        assert_eq!(find_components(&graph(4, &one_way), |_, _, _| true).cyclic, [[0, 1], [2, 3]]);
    }

    #[test]
    fn a_chain_of_joints_counts_as_one_edge() {
        let mut edges = Edges::new(4);
        let joints: Vec<Node> = (0..4).map(|_| edges.joint()).collect();
        edges.add(0, joints[0], WriteWrite);
        joints.windows(2).for_each(|pair| edges.add_behind(pair[0], pair[1]));
        edges.add_behind(joints[3], 1);
        for (from, to) in [(1, 0), (0, 2), (2, 3), (3, 0)] {
            edges.add(from, to, WriteWrite);
        }
        assert_eq!(found(&edges.into_graph()), [(Family::G0, vec![(0, WriteWrite), (1, WriteWrite)])]);
    }

    #[test]
    fn a_search_without_limits_left_decides_nothing() {
        let ring = graph(2, &[(0, 1, WriteWrite), (1, 0, WriteWrite)]);
        let mut found = FoundCycles::default();
        search_part(&ring, TimeOrder::None, &|_| true, &mut Limits::spent(), &[0, 1], &mut found);
        assert_eq!(found.cycles, []);
        assert_eq!(found.undecided.first(), Some(&(Family::G0, TimeOrder::None)));
    }

    #[test]
    fn what_two_components_leave_undecided_is_told_once() {
        let rings = graph(4, &[(0, 1, WriteWrite), (1, 0, WriteWrite), (2, 3, WriteWrite), (3, 2, WriteWrite)]);
        let found = find_cycles_within(&mut Limits::spent(), &rings, TimeOrder::None, &|_| true);
        let told = |cycle: &(Family, TimeOrder)| found.undecided.iter().filter(|other| *other == cycle).count();
        assert_eq!(told(&(Family::G0, TimeOrder::None)), 1);
    }
}
