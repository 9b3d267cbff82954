//! Shortest cycles in a component, by breadth-first search.

use super::anomaly::EdgeKind;
use super::graph::{Graph, Kind, Kinds, Node};

/// The bounds of searches, counted in edges looked at.
#[derive(Debug)]
pub(super) struct Limits {
    /// The edges that all searches together may still look at.
    left: u64,
    /// The edges of one search.
    search: u64,
    /// The edges of one search for a smaller cycle, once it has one.
    improvement: u64,
}

impl Limits {
    pub(super) fn for_graph(graph: &Graph) -> Self {
        let edges = graph.edges() as u64;
        Self { left: 40 * edges + 200_000_000, search: 4 * edges + 20_000_000, improvement: 1_000_000 }
    }

    #[cfg(test)]
    pub(super) fn spent() -> Self {
        Self { left: 0, search: 0, improvement: 0 }
    }
}

/// A search ended for its limits.
#[derive(Debug)]
pub(super) struct OutOfLimits;

/// Which cycles are searched for.
pub(super) struct Query<'q> {
    /// The kinds that the first edge may have.
    pub(super) first: Kinds,
    /// The kinds that all others may have.
    pub(super) rest: Kinds,
    /// Whether no two edges `rw` may follow each other.
    pub(super) apart: bool,
    /// The component of each node; a cycle stays in one.
    pub(super) component: &'q [u32],
    /// Numbers of nodes that no edge of `rest` ascends.
    pub(super) ranks: Option<&'q [u32]>,
}

/// The edges of a cycle: where each begins, and its kind.
pub(super) type CycleEdges = Vec<(Node, EdgeKind)>;

/// A node, and whether an edge `rw` led to it, which matters only where these stay apart.
type State = u32;

fn state(node: Node, overwritten: bool) -> State {
    2 * node + u32::from(overwritten)
}

/// The searches in one graph, with the memory that they share.
pub(super) struct Paths<'g> {
    graph: &'g Graph,
    /// For each state the search that reached it, from where, and by what.
    reached: Vec<(u32, State, Kind)>,
    search: u32,
    /// The states at the distance that is looked at, and those one transaction further.
    now: Vec<State>,
    next: Vec<State>,
}

impl<'g> Paths<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        let reached = vec![(0, 0, None); 2 * graph.len()];
        Self { graph, reached, search: 0, now: Vec::new(), next: Vec::new() }
    }

    /// Finds a cycle through some of these nodes, with as few transactions as the limits allow to find.
    pub(super) fn smallest_cycle(
        &mut self,
        query: &Query<'_>,
        members: &[Node],
        limits: &mut Limits,
    ) -> Result<Option<CycleEdges>, OutOfLimits> {
        let mut best: Option<CycleEdges> = None;
        let mut budget = limits.search.min(limits.left);
        for start in members.iter().copied().filter(|node| !self.graph.is_joint(*node)) {
            let shorter_than = best.as_ref().map_or(usize::MAX, Vec::len);
            let before = budget;
            let found = self.cycle_through(query, start, shorter_than, &mut budget);
            limits.left -= before - budget;
            match found {
                Ok(Some(cycle)) => {
                    budget = if best.is_none() { limits.improvement.min(limits.left) } else { budget };
                    let is_minimal = cycle.len() == 2;
                    best = Some(cycle);
                    if is_minimal {
                        break;
                    }
                }
                Ok(None) => {}
                Err(OutOfLimits) if best.is_some() => break,
                Err(OutOfLimits) => return Err(OutOfLimits),
            }
        }
        Ok(best)
    }

    /// Finds the shortest cycle through a node, if it is shorter than that.
    fn cycle_through(
        &mut self,
        query: &Query<'_>,
        start: Node,
        shorter_than: usize,
        budget: &mut u64,
    ) -> Result<Option<CycleEdges>, OutOfLimits> {
        self.search += 1;
        self.now.clear();
        self.next.clear(); // An earlier search may have ended in between.
        self.now.push(state(start, false));
        let mut distance = 0;
        while !self.now.is_empty() && distance + 1 < shorter_than {
            let mut place = 0;
            while let Some(&from) = self.now.get(place) {
                place += 1;
                if let Some(last) = self.expand(query, start, from, budget)? {
                    return Ok(Some(self.cycle_back(start, from, last)));
                }
            }
            distance += 1;
            std::mem::swap(&mut self.now, &mut self.next);
            self.next.clear();
        }
        Ok(None)
    }

    /// Reaches what a state leads to; returns the kind of the edge that closes the cycle, if one does.
    ///
    /// A joint is at the distance of what leads to it: only transactions count.
    fn expand(&mut self, query: &Query<'_>, start: Node, from: State, budget: &mut u64) -> Result<Option<Kind>, OutOfLimits> {
        let (node, overwritten) = (from / 2, from % 2 == 1);
        let kinds = if node == start { query.first } else { query.rest };
        let rank = |node: Node| query.ranks.map_or(0, |ranks| ranks[node as usize]);
        for place in self.graph.from(node) {
            *budget = budget.checked_sub(1).ok_or(OutOfLimits)?;
            let (to, kind) = self.graph.edge(place);
            let is_inside = query.component[to as usize] == query.component[start as usize] && rank(to) >= rank(start);
            let follows = overwritten && kind == Some(EdgeKind::ReadWrite);
            if !kinds.contain(kind) || !is_inside || follows {
                continue;
            }
            let overwrites = query.apart && kind.map_or(overwritten, |kind| kind == EdgeKind::ReadWrite);
            if to == start {
                if !overwrites {
                    return Ok(Some(kind));
                }
                continue;
            }
            let reached = state(to, overwrites);
            if self.reached[reached as usize].0 != self.search {
                self.reached[reached as usize] = (self.search, from, kind);
                let list = if self.graph.is_joint(to) { &mut self.now } else { &mut self.next };
                list.push(reached);
            }
        }
        Ok(None)
    }

    /// Returns the edges from the start to a state, and the last, which leads from there to the start.
    fn cycle_back(&self, start: Node, from: State, last: Kind) -> CycleEdges {
        let (mut at, mut kind) = (from, last);
        let mut edges = Vec::new();
        loop {
            // A joint has no kind: the edge that entered it has.
            edges.extend(kind.map(|kind| (at / 2, kind)));
            if at / 2 == start {
                edges.reverse();
                return edges;
            }
            let (_, before, by) = self.reached[at as usize];
            (at, kind) = (before, by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::transactions::graph::Edges;

    fn search(search: u64, improvement: u64) -> Result<Option<usize>, OutOfLimits> {
        // A ring of five, of which the last two and the first make one of three, and the last two one of two.
        let mut edges = Edges::new(5);
        for (from, to) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 3), (4, 3)] {
            edges.add(from, to, EdgeKind::WriteWrite);
        }
        let kinds = Kinds::of(&[EdgeKind::WriteWrite]);
        let query = Query { first: kinds, rest: kinds, apart: false, component: &[0; 5], ranks: None };
        let mut limits = Limits { left: u64::MAX, search, improvement };
        let found = Paths::new(&edges.into_graph()).smallest_cycle(&query, &[0, 1, 2, 3, 4], &mut limits)?;
        Ok(found.map(|cycle| cycle.len()))
    }

    /// Searches a ring of three that leads to a node with a hundred others behind it, with few steps.
    fn search_ring(component: &[u32; 104], ranks: Option<&[u32]>) -> Result<Option<usize>, OutOfLimits> {
        let mut edges = Edges::new(104);
        for (from, to) in [(0, 1), (1, 2), (2, 0), (0, 3)].into_iter().chain((4..104).map(|leaf| (3, leaf))) {
            edges.add(from, to, EdgeKind::WriteWrite);
        }
        let kinds = Kinds::of(&[EdgeKind::WriteWrite]);
        let query = Query { first: kinds, rest: kinds, apart: false, component, ranks };
        let mut limits = Limits { left: u64::MAX, search: 20, improvement: 20 };
        let found = Paths::new(&edges.into_graph()).smallest_cycle(&query, &[0, 1, 2], &mut limits)?;
        Ok(found.map(|cycle| cycle.len()))
    }

    #[test]
    fn a_search_does_not_leave_for_where_no_way_leads_back() {
        let others = |ring: u32, other: u32| std::array::from_fn(|node| if node < 3 { ring } else { other });
        assert!(matches!(search_ring(&others(0, 1), None), Ok(Some(3))), "another component");
        assert!(matches!(search_ring(&[0; 104], Some(&others(1, 0))), Ok(Some(3))), "a lower rank");
        assert!(search_ring(&[0; 104], None).is_err());
    }

    #[test]
    fn limits_end_a_search_but_keep_what_it_found() {
        assert!(matches!(search(3, 0), Err(OutOfLimits)));
        assert!(matches!(search(100, 0), Ok(Some(3))));
        assert!(matches!(search(100, 100), Ok(Some(2))));
    }
}
